"""How this tool was called, so that what it suggests to type works where it is typed."""

import os
import shutil
import sys


def called() -> str:
    """`handshook` where that is on the path; else the script's own name, or the interpreter with -m."""
    script = sys.argv[0]
    name = os.path.basename(script)
    if name == "__main__.py":
        return f"{_typed(sys.executable)} -m handshook.cli"
    return _typed(script) if name == "handshook" else "handshook"


def _typed(path: str) -> str:
    """The shortest of its names that a shell started here finds it by."""
    name = os.path.basename(path)
    found = shutil.which(name)
    if found is not None and os.path.exists(path) and os.path.samefile(found, path):
        return name
    here = os.path.relpath(path)
    return here if len(here) < len(path) and os.sep in here else path
