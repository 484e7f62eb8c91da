"""Providers: one file for each system. They import `cockpit.provider` and `cockpit.core` alone."""
