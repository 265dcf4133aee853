"""QObjects without widgets: they own the asyncio tasks and speak in signals."""
