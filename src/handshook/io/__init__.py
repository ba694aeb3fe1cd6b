"""How programs use the engine: what runs on a connection, and who hears its news."""
