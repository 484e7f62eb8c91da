"""``cockpit --demo``: a half-hour night that was made up, over the real engine and the real screen.

``story`` is the night as pure data and functions: what every source says at a moment, and what follows from what a person did.
The rest lets the engine see it: providers, probes and channels that answer from the story, a clock that can be driven, and steps of
runbooks that pretend. Nothing here reaches a network, starts a program, or writes outside of one temporary directory.
"""
