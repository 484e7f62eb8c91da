"""Cockpit: one terminal screen for the person on call."""

__version__ = "0.1.0"
