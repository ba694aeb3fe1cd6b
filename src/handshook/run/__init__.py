"""`handshook run`: any program, in a private network whose every connection ends in the engine and is carried on."""

from .doors import Way
from .entries import Entries, Entry
from .job import Ending, NotRun, Plan, open_place, run
from .names import Names
from .table import draw_table
from .why import Why

__all__ = ["Ending", "Entries", "Entry", "Names", "NotRun", "Plan", "Way", "Why", "draw_table", "open_place", "run"]
