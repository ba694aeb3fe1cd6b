"""The limits on files and processes, which any step of the set-up may meet, named as what they are."""

import errno
import os

# What the keeper, init and a program need, with room to spare.
ENOUGH_FILES = 256


def limit_met(number: int, text: str) -> tuple[str, str] | None:
    """The limit as reason and cure, a line each; None where it is no limit.

    `number` is the errno that a step has failed with. Where there is none, as of a process that could not even start,
    `text` is its last words, and they say it.
    """
    if number == errno.EMFILE or (not number and _says(text, errno.EMFILE)):
        return _few_files()
    if number == errno.ENFILE or (not number and _says(text, errno.ENFILE)):
        return "the system's limit on open files is reached (fs.file-max)", "close programs, or raise it with sysctl"
    if number == errno.EAGAIN or (not number and (_says(text, errno.EAGAIN) or "can't start new thread" in text)):
        return _few_processes()
    return None


def _says(text: str, number: int) -> bool:
    # Python's way, and the dynamic linker's.
    return f"[Errno {number}]" in text or f"error {number}" in text.lower() or os.strerror(number) in text


def _few_files() -> tuple[str, str]:
    # Only here: systems that have no such thing have no namespaces either, and may import all this.
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    mine = hard == resource.RLIM_INFINITY or hard >= ENOUGH_FILES
    return (
        f"a process may have only {soft} files open here (ulimit -n), too few for a private network",
        f"ulimit -n {ENOUGH_FILES}" + ("" if mine else f", for which the hard limit ({hard}) must be raised first"),
    )


def _few_processes() -> tuple[str, str]:
    import resource

    limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    now = "no limit" if limit == resource.RLIM_INFINITY else limit
    return (
        f"no more processes or threads may be started here (ulimit -u: {now}; or a control group's pids.max)",
        "end some of this user's processes, or raise that limit",
    )
