"""System calls that Python's own modules don't have (`os.unshare` only from 3.12); they raise OSError."""

import ctypes
import os

# linux/sched.h
CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

# linux/mount.h
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_BIND = 0x1000
MS_REC = 0x4000
MS_SLAVE = 0x80000

_MNT_DETACH = 2
_PR_SET_PDEATHSIG = 1

_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2

# linux/capability.h
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_NET_ADMIN = 12
_CAP_NET_RAW = 13

_library = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """unshare(2)."""
    _check(_library.unshare(ctypes.c_int(flags)))


def mount(source: str, target: str, kind: str, flags: int) -> None:
    """mount(2), without data."""
    _check(_library.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), None))


def unmount(target: str) -> None:
    """umount2(2), lazily: what is in use stays until it isn't."""
    _check(_library.umount2(target.encode(), ctypes.c_int(_MNT_DETACH)))


def die_with_parent(signal_number: int) -> None:
    """prctl(PR_SET_PDEATHSIG): this process gets the signal when the thread that made it ends."""
    _check(_library.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal_number)))


def keep_network_rights() -> None:
    """What this process becomes by exec may still open raw sockets and change devices, in this network namespace.

    Otherwise only root's programs keep rights across exec (capabilities(7)); these hold wherever this process's do,
    which for others than root is its own user namespace and nothing else.
    """
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # Effective, permitted, inheritable; then the same of the numbers from 32 on.
    sets = (ctypes.c_uint32 * 6)()
    _check(_library.capget(header, sets))
    sets[2] |= 1 << _CAP_NET_ADMIN | 1 << _CAP_NET_RAW
    _check(_library.capset(header, sets))
    for right in (_CAP_NET_ADMIN, _CAP_NET_RAW):
        words = [ctypes.c_ulong(word) for word in (_PR_CAP_AMBIENT_RAISE, right, 0, 0)]
        _check(_library.prctl(_PR_CAP_AMBIENT, *words))


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
