"""Ways to tell people: one file for each kind. They know the public kit and the core, and nothing else of the cockpit."""
