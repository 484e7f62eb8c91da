"""The night of the demo, as data and pure functions of the seconds since it began. Nothing in here knows an engine."""
