"""A scenario played to its end, in virtual time, and judged: did every connection end as it must have?

    every byte once and in order                 each program compares what it reads (program.py)
    nothing taken from outside the window        the witness follows each packet (witness.py)
    nothing stuck while the link lives           here: programs only wake when told, and time has a limit
    timers bounded, nobody talks to the silent   here, and the witness
    memory back to where it began                `check_idle` when all is over

An end that is not the orderly one needs an excuse that the scenario holds: somebody aborted, a host lost its memory,
the link was dead for longer than a connection's patience. Without it, it is a failure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

from ..host.listener import Listener
from ..host.stack import Stack
from ..host.step import Step
from ..tcp.config import Config
from ..tcp.connection import Connection
from ..tcp.states import CLOSED
from ..wire.addresses import make_key, pack
from .invariants import check_idle
from .liar import Liar
from .network import RoughLink
from .pair import CLIENT4, CLIENT6, SERVER4, SERVER6
from .program import Leaving, Manner, Program
from .scenario import OLDEST, Plan, Restart, Scenario
from .witness import Witness

PORT = 80
FIRST_PORT = 40_000
# Seconds and packets without any progress after which a connection over a live link counts as stuck. With a loss of
# 25 % each way, and as much more by bursts, an hour's 60 repetitions don't all get lost.
STUCK = 4000.0
IDLE_PACKETS = 20_000
# A scenario that isn't over by then never will be.
LONGEST = 200_000.0
# The clock of initial sequence numbers: numbers a second (RFC 6528 3), and a little more than one of its ticks.
CLOCK = 250_000
TICK = 0.001
# How often dues and progress are looked at, in turns of the link.
EVERY = 64


@dataclass(eq=False)
class Session:
    """One opening of a plan's connection: who opens it, who answers it, whether a host was switched off in it."""

    plan: Plan
    port: int
    opening: Program
    answering: Program
    again: int
    bereft: bool = False

    @property
    def programs(self) -> tuple[Program, Program]:
        return self.opening, self.answering


class World:
    """Two hosts, the link and the programs of one scenario. `run` plays and judges it.

    `observer` is called with (side, step) for each step of both hosts. `stack` makes a host: `Stack`, or something like
    it that a test wants to be found out.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        observer: Callable[[int, Step], None] | None = None,
        stack: Callable[..., Stack] = Stack,
    ) -> None:
        self.scenario = scenario
        self._observer = observer
        self._make = stack
        self._born = 0
        self.stacks = [self._host(0), self._host(1)]
        self.link = RoughLink(
            self.stacks[0], self.stacks[1], weather=scenario.weather, seed=scenario.seed, **scenario.impairment
        )
        self.witness = Witness()
        self.liar = Liar(self.link, self.witness, Random(scenario.seed), scenario.lies, scenario.hard_lies)
        self.link.leaving = self._leaving
        self.link.arriving = lambda side, packet: self.witness.arrived(packet)
        self.sessions: list[Session] = []
        self.failed: Session | None = None
        self._listeners: list[Listener] = []
        self._programs: dict[Connection, Program] = {}
        self._answering: dict[tuple[int, int], Session] = {}
        self._turns = 0
        self._progress = (0.0, 0, -1)
        for side in (0, 1):
            self._listen(side)
        for index, plan in enumerate(scenario.plans):
            session = self._session(plan, FIRST_PORT + index, plan.again)
            self.link.at(plan.start, partial(self._open, session))
        for restart in scenario.restarts:
            self.link.at(restart.moment, partial(self._switch_off, restart))

    def run(self) -> None:
        """Play the scenario; `AssertionError` where something went as it must not."""
        self.link.run(step=self._turn, done=lambda: self.link.now >= LONGEST)
        assert self.link.now < LONGEST, "it never ends"
        for session in self.sessions:
            self.failed = session
            self._judge(session)
        self.failed = None
        self._clear()

    # --- hosts -------------------------------------------------------------------------------------------------

    def _host(self, side: int) -> Stack:
        scenario = self.scenario
        self._born += 1
        stack = self._make(
            [(CLIENT4, SERVER4)[side], (CLIENT6, SERVER6)[side]],
            config=scenario.configs[side],
            seed=scenario.seed * 16 + self._born,
            framing=scenario.framings[side],
        )
        observer = self._observer
        if observer is not None:
            stack.observe(lambda step: observer(side, step))
        return stack

    def _address(self, side: int) -> str:
        return (CLIENT6, SERVER6)[side] if self.scenario.ipv6 else (CLIENT4, SERVER4)[side]

    def _listen(self, side: int) -> None:
        self._listeners.append(self.stacks[side].listen(PORT, backlog=self.scenario.backlog))

    def _switch_off(self, restart: Restart) -> None:
        """RFC 9293 3.5.1: the other side knows nothing of it, and finds out."""
        side = restart.side
        for session in self.sessions:
            mine = session.opening if session.plan.opener == side else session.answering
            if not all(program.over for program in session.programs) and session.opening.connection is not None:
                session.bereft = True
                mine.lost = True
        self.stacks[side] = self._host(side)
        self.link.replace(side, self.stacks[side])
        self.link.off[side] = True
        self.link.at(self.link.now + restart.down, partial(self._switch_on, side))

    def _switch_on(self, side: int) -> None:
        self.link.off[side] = False
        self._listen(side)
        for session in list(self.sessions):
            if session.bereft and session.plan.opener == side and session.again == 0 and not session.plan.both:
                # The program starts with its host, from the same port: the other's half-open connection is in the way.
                self._open(self._session(session.plan, session.port, 0))

    # --- connections -------------------------------------------------------------------------------------------

    def _session(self, plan: Plan, port: int, again: int) -> Session:
        opening, answering = self._program(plan.opening), self._program(plan.answering)
        opening.peer, answering.peer = answering, opening
        session = Session(plan, port, opening, answering, again)
        self.sessions.append(session)
        return session

    def _program(self, manner: Manner) -> Program:
        return Program(manner, lambda seconds, action: self.link.at(self.link.now + seconds, action))

    def _open(self, session: Session) -> None:
        side, plan = session.plan.opener, session.plan
        if self.link.off[side] or (plan.both and self.link.off[1 - side]):
            # A program whose host is off doesn't start.
            session.bereft = session.opening.lost = session.answering.lost = True
            return
        here, there = self._address(side), self._address(1 - side)
        port = session.port if plan.both else PORT
        try:
            connection = self.stacks[side].connect((there, port), local_port=session.port)
        except OSError:
            # The last connection of these ports still rests in TIME-WAIT.
            self.link.at(self.link.now + 10.0, partial(self._open, session))
            return
        self.witness.expect(make_key(pack(here), pack(there), session.port, port), session.opening)
        self.witness.expect(make_key(pack(there), pack(here), port, session.port), session.answering)
        self._hold(session.opening, connection)
        if plan.both:
            other = self.stacks[1 - side].connect((here, session.port), local_port=port)
            self._hold(session.answering, other)
        else:
            self._answering[side, session.port] = session

    def _hold(self, program: Program, connection: Connection) -> None:
        program.connection = connection
        self._programs[connection] = program
        program.turn()

    def _accept(self, listener: Listener, side: int) -> None:
        while not listener.closed and (connection := listener.accept()) is not None:
            session = self._answering.get((1 - side, connection.remote[1]))
            assert session is not None, f"a connection from {connection.remote} that nobody opened"
            if session.answering.connection is not None or session.answering.lost:
                # An old SYN, or one whose opener has gone: nobody is at the other end any more.
                assert session.bereft or session.opening.over, "one opening was accepted twice"
                connection.abort()
                continue
            self._hold(session.answering, connection)

    # --- every turn of the link --------------------------------------------------------------------------------

    def _leaving(self, side: int, packet: bytes) -> None:
        self.witness.left(packet, self.link.now)
        if self.scenario.lies:
            self.liar.heard(side, packet)

    def _turn(self) -> None:
        for side, stack in enumerate(self.stacks):
            for source, _ in stack.events():
                if isinstance(source, Listener):
                    if self.scenario.accept_pause:
                        self.link.at(self.link.now + self.scenario.accept_pause, partial(self._accept, source, side))
                    else:
                        self._accept(source, side)
                elif isinstance(source, Connection) and (program := self._programs.get(source)) is not None:
                    program.turn()
        self._turns += 1
        if self._turns % EVERY == 0:
            self._look()
        self._open_again()

    def _open_again(self) -> None:
        for session in self.sessions:
            if session.again and session.opening.over and session.answering.over and not session.bereft:
                again, session.again = session.again, 0
                anew = self._session(session.plan, session.port, again - 1)
                orderly = all(program.error is None and not program.aborted for program in session.programs)
                # Numbers come from a clock, and who sends faster than it runs must let it catch up (RFC 9293 3.4.1).
                # Where no TIME-WAIT keeps the old packets from the new connection, only patience does (3.4.3).
                pause = TICK + session.opening.sent / CLOCK if orderly else OLDEST
                self.link.at(self.link.now + pause, partial(self._open, anew))

    def _look(self) -> None:
        """Progress, and timers: nothing is due later than the longest time that its configuration knows."""
        done = sum(program.progress for session in self.sessions for program in session.programs)
        since, carried, before = self._progress
        if done != before:
            self._progress = (self.link.now, self.link.carried, done)
        else:
            assert self.link.carried - carried < IDLE_PACKETS, f"{IDLE_PACKETS} packets, and nothing was achieved"
            patience = STUCK + max(c.keep_alive * 2 for c in self.scenario.configs)
            lives = not self.scenario.outage and not self.scenario.blind
            assert self.link.now - since < patience or not lives, f"stuck for {self.link.now - since:.0f} s"
        for stack in self.stacks:
            longest = _longest(stack.config)
            for entry in stack.snapshot():
                assert entry.due is None or entry.due <= longest, f"{entry} is due in {entry.due} s"

    # --- the end -----------------------------------------------------------------------------------------------

    def _judge(self, session: Session) -> None:
        for program in session.programs:
            if program.over:
                self._judge_end(session, program)
            else:
                self._judge_waiting(session, program)
        if not session.bereft and not self._excused(session):
            for program in session.programs:
                assert program.over, f"stuck in {_state(program)}, {program.sent} sent, {len(program.received)} read"
                assert program.error is None, f"ended by {program.error!r}"
                assert program.peer is not None
                assert bytes(program.received) == program.peer.manner.data, "something was never read"

    def _excused(self, session: Session) -> bool:
        """May this session end otherwise than in order?"""
        scenario = self.scenario
        impolite = any(p.manner.leaving in (Leaving.HASTY, Leaving.ABRUPT) for p in session.programs)
        return impolite or scenario.blind or self._impatient() or self._unheard() or self._refusable()

    def _impatient(self) -> bool:
        """Was the link dead for as long as a connection waits?"""
        patience = min(config.user_timeout for config in self.scenario.configs)
        alive = min((c.keep_alive + 600 for c in self.scenario.configs if c.keep_alive), default=patience)
        return self.scenario.outage > 0 and min(patience, alive) < 2 * self.scenario.outage + 1200

    def _unheard(self) -> bool:
        """Was the link dead for so long that the other side has forgotten who was still to hear the last ACK?"""
        return self.scenario.outage > 2 * min(config.msl for config in self.scenario.configs) - 60

    def _refusable(self) -> bool:
        """Does someone tell lies that an opening must believe?"""
        return self.scenario.hard_lies and self.scenario.lies > 0

    def _judge_end(self, session: Session, program: Program) -> None:
        error = program.error
        if error is None:
            return
        scenario = self.scenario
        if isinstance(error, TimeoutError):
            allowed = session.bereft or scenario.blind or self._impatient()
        elif isinstance(error, ConnectionRefusedError):
            # Both opened, and one gave it up before the other's SYN had come.
            allowed = session.bereft or self._refusable() or (session.plan.both and self._excused(session))
        else:
            allowed = session.bereft or self._excused(session)
        assert allowed, f"ended by {error!r} without an excuse"

    def _judge_waiting(self, session: Session, program: Program) -> None:
        """Who waits for a peer that is gone, and has nothing out, may wait for ever: RFC 9293 3.5.1."""
        connection = program.connection
        if connection is None:
            return
        assert session.bereft or self._excused(session), f"stuck in {_state(program)}"
        out = connection.verdict.evidence["bytes_unacknowledged"]
        assert out == 0, f"{out} bytes are out in {_state(program)}, and no timer runs"
        assert not connection.config.keep_alive or connection.stage == CLOSED, "keep-alive, and it still waits"

    def _clear(self) -> None:
        """All that still waits is aborted, all listeners close: both hosts must be as they began."""
        for program in self._programs.values():
            if program.connection is not None and not program.lost:
                program.connection.abort()
        for listener in self._listeners:
            listener.close()
        self.link.run(step=lambda: [stack.events() for stack in self.stacks])
        for stack in self.stacks:
            check_idle(stack)


def _longest(config: Config) -> float:
    """The longest that anything of a stack may be due in."""
    c = config
    return 1.0 + max(c.max_rto, c.keep_alive, c.keep_alive_interval, 2 * c.msl, c.fin_wait_2_timeout)


def _state(program: Program) -> str:
    return "nowhere" if program.connection is None else program.connection.state.rfc_name
