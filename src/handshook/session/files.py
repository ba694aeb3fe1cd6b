"""How many files this process may have open: each connection that is carried on, or served from a file, is one."""

import resource


def allow_many_files() -> None:
    """As many open files as this user may have."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError):
        # Refused, it stays as it is, and who comes beyond it waits or is turned away.
        return
