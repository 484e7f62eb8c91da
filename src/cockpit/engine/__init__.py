"""The engine: asyncio in a thread of its own, polling sources, looking at traps, executing runbooks. It knows no terminal."""
