"""The five scenes. Each says what will happen, lets it happen, and checks on facts that it did.

They are written once and played on any stage: the names of who takes part come from there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..host.step import Step
from ..io.handlers import Handler
from ..io.http import Fetch, HttpServer, answer_text
from ..outcomes import Outcome
from ..tcp.connection import Connection
from ..tcp.happened import Happened
from ..tcp.states import State
from ..tcp.verdict import Verdict
from .stage import NotAsSaid, Stage
from .teller import Teller

PAGE = "<!DOCTYPE html>\n<title>handshook</title>\n<p>One SYN, one SYN,ACK, one ACK: and here is the page.\n"
OWN_PORT = 80
CLOSED_PORT = 81
SILENT_PORT = 80

# 1 + 2 + 4 seconds: enough to see the waits double.
SYN_RETRIES = 2
FIRST_WAIT = 1.0


class Facts:
    """An observer that remembers one scene: the outcomes, and the states that our side passed through."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.states: list[State] = []

    def __call__(self, step: Step) -> None:
        self.outcomes.append(step.outcome)
        if step.after is not step.before:
            self.states.append(step.after)

    def begin(self) -> None:
        """Forget what was before."""
        self.outcomes.clear()
        self.states.clear()

    def passed(self, *states: State) -> None:
        """Raises `NotAsSaid` unless our side came through these states, in this order."""
        rest = iter(self.states)
        for state in states:
            if state not in rest:
                ways = ", ".join(passed.rfc_name for passed in self.states)
                raise NotAsSaid(f"our side never came to {state.rfc_name}; it passed {ways or 'no state'}")


@dataclass
class Play:
    """What a scene has to work with. `begin` tells of it: the title, and what to look out for."""

    stage: Stage
    teller: Teller
    facts: Facts
    begin: Callable[[str, str], None]


@dataclass
class Seen:
    """What came of a scene, in a sentence, and the verdict on its connection."""

    text: str
    verdict: Verdict | None = None


def our_server(play: Play) -> Seen:
    """Passive open, and our side finishes first."""
    stage = play.stage
    name = stage.client_name
    play.begin(
        f"{stage.client_title} fetches a page from our server",
        "The other side opens, we answer. Our FIN goes out with the page, so it is ours to wait at the end: TIME-WAIT.",
    )
    play.teller.part(name)
    served: list[Connection] = []

    def accept(connection: Connection) -> Handler:
        served.append(connection)
        return HttpServer(connection, lambda _: answer_text(200, PAGE, kind="text/html"), once=True)

    listener = stage.handlers.listen(OWN_PORT, accept)
    client = stage.client(OWN_PORT)
    if not stage.until(lambda: client.over() and bool(served) and not stage.handlers):
        raise NotAsSaid(f"{name} has not got the page in time")
    listener.close()
    if client.page() != PAGE.encode():
        raise NotAsSaid(f"{name} got something else than the page")
    play.facts.passed(State.SYN_RECEIVED, State.ESTABLISHED, State.FIN_WAIT_1, State.TIME_WAIT)
    text = f"{stage.client_title} has the page, all {len(PAGE)} bytes; our side rests in TIME-WAIT."
    return Seen(text, served[0].verdict)


def our_client(play: Play) -> Seen:
    """Active open, and the peer finishes first."""
    stage = play.stage
    with stage.server() as server:
        play.begin(
            f"Our client fetches a page from {stage.server_title}",
            "We open. The server finishes first, so the wait is its own this time, and we are done with its last ACK.",
        )
        play.teller.part(server.name)
        connection = stage.connect(stage.peer, server.port)
        fetch = Fetch(connection, server.target, f"{stage.peer}:{server.port}")
        stage.handlers.add(fetch)
        if not stage.until(lambda: fetch.over):
            raise NotAsSaid(f"no page in time: {connection.verdict}")
        if not fetch.complete or fetch.status != 200 or fetch.page != server.page:
            raise NotAsSaid(f"the page is not what it should be: {fetch.failure or connection.verdict}")
    play.facts.passed(State.SYN_SENT, State.ESTABLISHED, State.CLOSE_WAIT, State.LAST_ACK, State.CLOSED)
    return Seen(f"the page, all {fetch.size} bytes of it, and both sides finished.", connection.verdict)


def closed_port(play: Play) -> Seen:
    """RST, both ways round."""
    stage = play.stage
    play.begin(
        "Nobody listens",
        f"Port {CLOSED_PORT} is closed. That is no silence: RST answers the SYN, and the program knows at once.",
    )
    play.teller.part("nobody")
    connection = stage.connect(stage.peer, CLOSED_PORT)
    waiting = _Waiting(connection)
    stage.handlers.add(waiting)
    if not stage.until(lambda: waiting.over):
        raise NotAsSaid(f"no answer: {connection.verdict}")
    if not isinstance(connection.error, ConnectionRefusedError):
        raise NotAsSaid(f"it was not refused: {connection.verdict}")
    play.teller.part(stage.client_name, f"The other way round: {stage.client_name} tries a port of ours.")
    client = stage.client(CLOSED_PORT)
    if not stage.until(client.over):
        raise NotAsSaid(f"{client.name} still tries")
    if not client.refused():
        raise NotAsSaid(f"{client.name} was not refused")
    if Outcome.CLOSED_PORT_RESET not in play.facts.outcomes:
        raise NotAsSaid("our side has not reset anything")
    return Seen("both were refused, and told so by the first segment that came back.", connection.verdict)


def silent_address(play: Play) -> Seen:
    """SYNs that nobody answers, backed off and given up."""
    stage = play.stage
    patience = FIRST_WAIT * (2 ** (SYN_RETRIES + 1) - 1)
    play.begin(
        "Nobody is there",
        f"{stage.nobody} is no one's address. We ask {SYN_RETRIES + 1} times, wait twice as long each time, and give "
        f"up after {patience:.0f} s; the usual patience, {stage.config.syn_retries + 1} SYNs, takes three minutes.",
    )
    play.teller.part("nobody")
    config = replace(stage.config, syn_retries=SYN_RETRIES, initial_rto=FIRST_WAIT)
    connection = stage.connect(stage.nobody, SILENT_PORT, config)
    began = stage.stack.now
    waiting = _Waiting(connection)
    stage.handlers.add(waiting)
    if not stage.until(lambda: waiting.over, patience + 1):
        raise NotAsSaid(f"not given up: {connection.verdict}")
    if not isinstance(connection.error, TimeoutError):
        raise NotAsSaid(f"somebody answered: {connection.verdict}")
    tries = sum(outcome in (Outcome.SENT_SYN, Outcome.SENT_SYN_AGAIN) for outcome in play.facts.outcomes)
    if tries != SYN_RETRIES + 1:
        raise NotAsSaid(f"we asked {tries} times")
    return Seen(
        f"{tries} SYNs, no answer, given up after {stage.stack.now - began:.1f} s. Why nobody answers can't be seen "
        "from here: no such host, or something that drops what we send.",
        connection.verdict,
    )


def both_at_once(play: Play) -> Seen:
    """Simultaneous close."""
    stage = play.stage
    with stage.closer() as closer:
        play.begin(
            "Both ends close at once",
            "Two FINs cross on the wire, each sent before the other was heard of. So neither acknowledges the other, "
            "and both sides pass through CLOSING.",
        )
        play.teller.part(closer.name)
        connection = stage.connect(stage.peer, closer.port)
        waiting = _Waiting(connection)
        stage.handlers.add(waiting)
        if not stage.until(lambda: connection.state is State.ESTABLISHED):
            raise NotAsSaid(f"it did not open: {connection.verdict}")
        closer.close_both(connection)
        if not stage.until(lambda: waiting.over):
            raise NotAsSaid(f"it did not close: {connection.verdict}")
    play.facts.passed(State.ESTABLISHED, State.FIN_WAIT_1, State.CLOSING, State.TIME_WAIT)
    text = "FIN-WAIT-1, CLOSING, TIME-WAIT: both FINs were sent before either was acknowledged."
    return Seen(text, connection.verdict)


SCENES: tuple[Callable[[Play], Seen], ...] = (our_server, our_client, closed_port, silent_address, both_at_once)


class _Waiting(Handler):
    """Only waits for the end."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.over = False

    def news(self, happened: Happened) -> None:
        """Whatever it is."""

    def ended(self) -> None:
        self.over = True
