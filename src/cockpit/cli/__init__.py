"""The command line: argv → config → engine → a listing or the screen. The only place where everything is put together."""
