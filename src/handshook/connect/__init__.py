"""`handshook connect`: standard input and output on a connection of the engine's, as nc does."""

from .job import Plan, connect

__all__ = ["Plan", "connect"]
