"""`handshook serve`: a server on the engine, and a program beside it that uses it."""

from .application import NoApplication, load
from .job import Plan, serve
from .workers import Workers

__all__ = ["NoApplication", "Plan", "Workers", "load", "serve"]
