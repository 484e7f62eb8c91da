"""Probes: one file for each kind of look. They import `cockpit.provider` and `cockpit.core` alone."""
