"""What the tests lean on: a terminal, real servers, scenes."""
