"""Files of the machine's, such as /etc/hosts, that programs inside see otherwise than the machine does.

A file is laid over another by a bind mount, which this mount namespace alone has. It comes from a file system in memory
that is mounted for as long as that takes, on a directory that every system has; what was bound stays when it goes.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from . import libc

_STAGE = "/proc"


def lay_over(files: Mapping[str, str]) -> list[str]:
    """Lays each text over the file of that path; returns the paths where that can't be had, such as of no file."""
    if not files:
        return []
    try:
        # What is mounted here is seen nowhere else, while what the machine mounts later is seen here too.
        libc.mount("none", "/", "none", libc.MS_REC | libc.MS_SLAVE)
        libc.mount("tmpfs", _STAGE, "tmpfs", libc.MS_NOSUID | libc.MS_NODEV)
    except OSError:
        return list(files)
    try:
        return [path for number, (path, text) in enumerate(files.items()) if not _bind(number, path, text)]
    finally:
        libc.unmount(_STAGE)


def _bind(number: int, path: str, text: str) -> bool:
    made = Path(_STAGE, str(number))
    try:
        made.write_text(text, encoding="utf-8", errors="surrogateescape")
        os.chmod(made, 0o644)
        libc.mount(str(made), os.path.realpath(path), "none", libc.MS_BIND)
    except OSError:
        return False
    return True
