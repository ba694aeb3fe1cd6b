"""`handshook demo`: five scenes of a connection's life, each of which checks that it went as it says."""

from .story import demo

__all__ = ["demo"]
