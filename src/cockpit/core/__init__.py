"""The pure heart: facts, rules and the projection of both into a view.

Nothing in here does I/O, reads a clock, awaits, or knows a terminal; it imports the standard library and msgspec alone
(an import-linter contract). Time always comes in as an argument, as an aware UTC ``datetime``.
"""
