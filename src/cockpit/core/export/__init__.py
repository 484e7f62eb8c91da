"""Local traps in another system's words: the way out when one machine is outgrown. `cockpit.cli.export` prints them."""
