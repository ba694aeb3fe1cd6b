"""`handshook serve`: a server on the engine, and a program beside it that uses it."""

from .job import Plan, serve

__all__ = ["Plan", "serve"]
