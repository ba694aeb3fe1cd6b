"""What may stand beside what is served: a defence with its log, a control socket, figures for Prometheus."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from ..defence import Defence, Rules
from ..host.stack import Stack
from ..link.pump import Engine
from ..session.asked import control_of, metrics_of
from ..session.outlet import Outlet
from ..session.session import Session


@dataclass(frozen=True)
class Beside:
    """`rules` are a defence's, None for no defence; `events` is the file that its log goes to; `control` a path,
    `metrics` a path or a port of 127.0.0.1."""

    rules: Rules | None = None
    events: str | None = None
    control: str | None = None
    metrics: str | int | None = None


NOTHING_BESIDE = Beside()


@dataclass
class Watched:
    """A defence, once the session has asked for it with `guard`; and where it can be asked, between."""

    beside: Beside
    log: IO[str] | None = None
    defence: Defence | None = field(default=None, init=False)

    def guard(self, stack: Stack, engine: Engine) -> Engine:
        """What the packets go through, before the engine that they were for."""
        if self.beside.rules is None:
            return engine
        self.defence = Defence(stack, self.beside.rules, engine=engine, say=self._write)
        return self.defence

    @contextlib.contextmanager
    def open(self, session: Session) -> Iterator[None]:
        """The sockets, while it is served. Raises OSError, with the socket's place as its file name."""
        with contextlib.ExitStack() as opened:
            for where, answers in ((self.beside.control, control_of), (self.beside.metrics, metrics_of)):
                if where is not None:
                    try:
                        outlet = Outlet(session, where, answers(session.stack, self.defence))
                    except OSError as error:
                        error.filename = str(where)
                        raise
                    opened.callback(outlet.close)
            yield

    def _write(self, event: dict[str, Any]) -> None:
        if self.log is not None:
            self.log.write(json.dumps(event, separators=(",", ":")) + "\n")


@contextlib.contextmanager
def watched(beside: Beside) -> Iterator[Watched]:
    """With the log open, a line at a time. Raises OSError."""
    if beside.events is None:
        yield Watched(beside)
        return
    with open(beside.events, "a", encoding="utf-8", buffering=1) as log:
        yield Watched(beside, log)
