"""Runs a command as nobody (65534): `as_nobody.py [--tun] [--covered] -- COMMAND…`, started by root.

In a private mount namespace, so that the machine is left alone, it makes the interpreter and these files
reachable where they stand below a closed directory such as /root, and with --tun lays a TUN node over
/dev/net/tun that anybody may open; without, one that nobody may. With --covered, /proc is partly covered and
its settings are read-only, as in a container.
"""

import os
import stat
import sys
import tempfile
from pathlib import Path

from handshook.lab import libc

NOBODY = 65534
MS_RDONLY = 1
MS_REMOUNT = 32
MS_BIND = 4096
TUN_NODE = Path("/dev/net/tun")
TUN_DEVICE = os.makedev(10, 200)


def main(arguments: list[str]) -> None:
    options, command = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    libc.unshare(libc.CLONE_NEWNS)
    libc.mount("none", "/", "none", libc.MS_REC | libc.MS_SLAVE)
    open_up([Path(path) for path in (sys.prefix, sys.base_prefix, *sys.path) if path and os.path.exists(path)])
    if TUN_NODE.exists():
        lay_node(0o666 if "--tun" in options else 0o600)
    if "--covered" in options:
        cover_proc()
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    os.execv(command[0], command)


def open_up(wanted: list[Path]) -> None:
    below: dict[Path, set[Path]] = {}
    for path in {way for each in wanted for way in (each.absolute(), each.resolve())}:
        for directory in reversed(path.parents):
            if not directory.stat().st_mode & stat.S_IXOTH:
                below.setdefault(directory, set()).add(path)
                break
    for directory, paths in below.items():
        held = {path: os.open(path, os.O_PATH) for path in paths}
        libc.mount("tmpfs", str(directory), "tmpfs", 0)
        directory.chmod(0o755)
        for path, descriptor in held.items():
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            libc.mount(f"/proc/self/fd/{descriptor}", str(path), "none", MS_BIND | libc.MS_REC)
            os.close(descriptor)


def cover_proc() -> None:
    libc.mount("tmpfs", "/proc/bus", "tmpfs", MS_RDONLY)
    libc.mount("/proc/sys", "/proc/sys", "none", MS_BIND)
    libc.mount("none", "/proc/sys", "none", MS_BIND | MS_REMOUNT | MS_RDONLY)


def lay_node(mode: int) -> None:
    stage = tempfile.mkdtemp()
    libc.mount("tmpfs", stage, "tmpfs", 0)
    node = Path(stage, "tun")
    os.mknod(node, stat.S_IFCHR | mode, TUN_DEVICE)
    node.chmod(mode)
    libc.mount(str(node), str(TUN_NODE), "none", MS_BIND)
    # The node stays where it was bound; the stage goes, and with it the only trace on the machine.
    libc.unmount(stage)
    os.rmdir(stage)


main(sys.argv[1:])
