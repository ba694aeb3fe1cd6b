"""What is recorded of a session, beside what is drawn while it runs: a capture, a picture, a page.

    with Recording(watcher, pcap="a.pcapng", svg="a.svg") as recording, Session(place, observer=recording.observer):
        ...

Nothing that can't be written stops a connection: it is told at the end, in `complaints`.
"""

from collections.abc import Callable
from typing import Protocol

from ..host.step import Step
from ..show.capture import Capture
from ..show.drawing import Drawing


class Observer(Protocol):
    """Whoever is shown steps."""

    def __call__(self, step: Step, /) -> None: ...


class Recording:
    """Files that steps are written to; `watcher` is shown them as well. Raises OSError where one can't be begun.

    `observer` is None where nobody wants to see anything, and so an engine is not asked to tell. `page` is the title of
    the page; `notes` are its paragraphs, and may be added to until it is closed. Close it.
    """

    def __init__(
        self,
        watcher: Observer | None = None,
        *,
        pcap: str | None = None,
        svg: str | None = None,
        html: str | None = None,
        page: str = "handshook",
        peer_name: str = "peer",
        msl: float | None = None,
    ) -> None:
        self.watcher = watcher
        self.complaints: list[str] = []
        self.notes: list[str] = []
        self._page = page
        self._paths = svg, html
        self.drawing = Drawing(peer_name=peer_name, msl=msl) if svg or html else None
        for path in self._paths:
            if path:
                # Now, when there is still time to say another.
                with open(path, "w", encoding="utf-8"):
                    pass
        self.capture = Capture(pcap) if pcap else None
        observers = (self.capture, self.drawing, watcher)
        found: list[Callable[[Step], None]] = [each for each in observers if each is not None]
        self.observer: Callable[[Step], None] | None = None
        if found:
            self.observer = found[0] if len(found) == 1 else _Both(found, getattr(watcher, "rest", None))
        self._closed = False

    def close(self) -> None:
        """Writes what is written at the end. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        if self.capture is not None:
            self.capture.close()
            if self.capture.failure is not None:
                self._complain(self.capture.path, self.capture.failure, f"after {self.capture.packets} packets")
        if self.drawing is not None:
            svg, html = self._paths
            if svg:
                self._write(svg, self.drawing.svg())
            if html:
                self._write(html, self.drawing.html(self._page, self.notes))

    def __enter__(self) -> "Recording":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, path: str, text: str) -> None:
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            self._complain(path, error, "as it was written")

    def _complain(self, path: str, error: OSError, when: str) -> None:
        self.complaints.append(f"{path} is not whole: {error.strerror or error}, {when}")


class _Both:
    """Steps for several."""

    def __init__(self, observers: list[Callable[[Step], None]], rest: Callable[[], None] | None) -> None:
        self._observers = observers
        self._rest = rest

    def __call__(self, step: Step) -> None:
        for observer in self._observers:
            observer(step)

    def rest(self) -> None:
        """There is nothing more for now."""
        if self._rest is not None:
            self._rest()
