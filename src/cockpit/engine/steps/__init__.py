"""How each kind of step is done: one file for each, behind one small protocol."""
