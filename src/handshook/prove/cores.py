"""Several explorations at once, each in a process of its own: they share nothing, so that is all the gain there is.

One exploration is not divided. A core meets hundreds of thousands of states a second, and telling another process of a
state costs more than to meet it.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from .job import Result, prove
from .scopes import Scope
from .variants import Variant

Told = Callable[[str, int, int, float, int], None]
"""Called with an exploration's name and what `job.Progress` is called with."""


def prove_all(
    variant: Variant, scopes: list[Scope], *, cores: int = 1, most: int | None = None, told: Told | None = None
) -> Iterator[Result]:
    """The result of each, in their order, as soon as it and those before it are there.

    Raises `ChildProcessError` when a process ends without one, and what `prove` raises.
    """
    if cores == 1 or len(scopes) == 1:
        for scope in scopes:
            yield prove(variant, scope, most=most, progress=_under(scope.name, told))
        return
    # The tool's own script can't be imported a second time, as a spawned process would; and there is one thread here.
    context = multiprocessing.get_context("fork")
    waiting = list(range(len(scopes)))
    running: dict[Pipe, tuple[int, BaseProcess]] = {}
    results: dict[int, Result] = {}
    following = 0
    try:
        while following < len(scopes):
            while waiting and len(running) < cores:
                number = waiting.pop(0)
                mine, theirs = context.Pipe(duplex=False)
                child: BaseProcess = context.Process(
                    target=_work, args=(variant.name, scopes[number], most, theirs, os.getpid()), daemon=True
                )
                child.start()
                theirs.close()
                running[mine] = number, child
            for pipe in wait(list(running)):
                assert isinstance(pipe, Pipe)
                _hear(pipe, running, results, told)
            while following in results:
                yield results.pop(following)
                following += 1
    finally:
        for _, child in running.values():
            child.terminate()
            child.join()


def _hear(
    pipe: Pipe,
    running: dict[Pipe, tuple[int, BaseProcess]],
    results: dict[int, Result],
    told: Told | None,
) -> None:
    """What a process says: how far it is, its result, or what went wrong."""
    number, child = running[pipe]
    try:
        said = pipe.recv()
    except EOFError:
        child.join()
        code = child.exitcode or 0
        why = f"signal {-code}" if code < 0 else f"code {code}"
        raise ChildProcessError(
            f"an exploration was ended without a result ({why}): was there too little memory?"
        ) from None
    if isinstance(said, tuple):
        if told is not None:
            told(*said)
        return
    del running[pipe]
    pipe.close()
    child.join()
    if isinstance(said, Exception):
        raise said
    results[number] = said


def _work(name: str, scope: Scope, most: int | None, pipe: Pipe, leader: int) -> None:
    """In a process of its own."""
    import signal

    from .variants import BY_NAME

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who leads

    def tell(*far: Any) -> None:
        if os.getppid() != leader:
            os._exit(1)  # it was killed, and nobody wants to know any more
        pipe.send((scope.name, *far))

    try:
        pipe.send(prove(BY_NAME[name], scope, most=most, progress=tell))
    except Exception as error:
        pipe.send(error)


def _under(name: str, told: Told | None) -> "Callable[[int, int, float, int], None] | None":
    if told is None:
        return None
    return lambda *far: told(name, *far)
