"""A session's observer is shown everything, in order, and never before the answers have left."""

import socket

from lab.worlds import HANG
from show.script import ENGINE, KERNEL, frame

from handshook.host.step import Step
from handshook.io.services import Echo
from handshook.link.device import FrameDescriptor
from handshook.outcomes import Outcome
from handshook.session.later import Later
from handshook.session.place import Place
from handshook.session.session import Session


class Seen:
    """Notes each step, and how many frames had left by then."""

    def __init__(self, far: socket.socket) -> None:
        self.far = far
        self.steps: list[Step] = []
        self.left: list[int] = []
        self.frames: list[bytes] = []

    def __call__(self, step: Step) -> None:
        try:
            while True:
                self.frames.append(self.far.recv(70_000))
        except BlockingIOError:
            pass
        self.steps.append(step)
        self.left.append(len(self.frames))

    @property
    def outcomes(self):
        return [step.outcome for step in self.steps]


def between():
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    far.setblocking(False)
    return Place(FrameDescriptor(near.detach(), name="pair", mtu=1500), [ENGINE[0]]), far


def test_the_answer_leaves_before_the_question_is_drawn():
    place, far = between()
    with place, far:
        seen = Seen(far)
        with Session(place, observer=seen) as session:
            session.handlers.listen(ENGINE[1], Echo)
            far.send(frame(KERNEL, ENGINE, "S", 100, window=65535))
            session.turn(1)
            assert seen.steps == []
            session.turn(0.01)
            assert seen.outcomes == [Outcome.SYN_ANSWERED, Outcome.SENT_SYN_ACK]
            assert seen.left == [1, 1]
            # The time is that of the arrival, not that of the drawing.
            assert seen.steps[0].time < seen.steps[1].time


def test_all_is_shown_when_until_and_close_return():
    place, far = between()
    with place, far:
        seen = Seen(far)
        session = Session(place, observer=seen)
        session.handlers.listen(ENGINE[1], Echo)
        far.send(frame(KERNEL, ENGINE, "S", 100, window=65535))
        assert session.until(lambda: bool(session.stack.snapshot()), HANG)
        assert Outcome.SYN_ANSWERED in seen.outcomes
        far.send(frame(KERNEL, ENGINE, "R", 101))
        session.turn(1)
        session.close()
        assert seen.outcomes[-1] is Outcome.HALF_OPEN_RESET


def test_what_waits_to_be_drawn_is_bounded_and_keeps_its_order():
    place, far = between()
    with place, far:
        seen = Seen(far)
        step = Step(0.0, *(None,) * 4)  # type: ignore[arg-type]
        steps = [Step(float(number), step.direction, step.outcome, step.before, step.after) for number in range(25)]
        later = Later(seen, most=10)
        for one in steps:
            later(one)
        assert [one.time for one in seen.steps] == list(range(15))
        later.show_all()
        assert seen.steps == steps


def test_an_observer_is_told_when_it_has_seen_all():
    place, far = between()

    class Rests(Seen):
        def rest(self):
            self.rested = len(self.steps)

    with place, far:
        seen = Rests(far)
        with Session(place, observer=seen) as session:
            session.handlers.listen(ENGINE[1], Echo)
            far.send(frame(KERNEL, ENGINE, "S", 100, window=65535))
            session.turn(1)
            session.turn(0.01)
            assert seen.rested == len(seen.steps) == 2
