"""`handshook run`: any program, in a private network whose every connection ends in the engine and is carried on."""

from .entries import Entries, Entry
from .job import Ending, Plan, run

__all__ = ["Ending", "Entries", "Entry", "Plan", "run"]
