"""The pump, with a toy engine, and a socket pair for a device, whose queue fills when a test wants it to."""

import errno
import os
import select
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator

import pytest

from handshook.link.device import BATCH, FrameDescriptor, LinkDown
from handshook.link.pump import Pump

HANG = 120


class Recorder:
    """An engine that notes what it is told and says what the test put into `to_say`."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.batches: list[int] = []
        self.times: list[float] = []
        self.to_say: list[bytes] = []
        self.asked = 0
        self.due: float | None = None
        self.advanced: list[float] = []
        self.answers = False
        self.news = False

    def receive_many(self, frames: list[bytes], now: float) -> None:
        self.heard += frames
        self.batches.append(len(frames))
        self.times.append(now)
        if self.answers:
            self.to_say += [b"re: " + frame for frame in frames]

    def transmit(self, now: float) -> list[bytes]:
        self.asked += 1
        said, self.to_say = self.to_say, []
        return said

    def deadline(self) -> float | None:
        return self.due

    def advance(self, now: float) -> None:
        self.advanced.append(now)
        self.due = None


class Bench:
    """A pump between a Recorder and one end of a socket pair; `far` is the other end."""

    def __init__(self) -> None:
        near, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.far.setblocking(False)
        self.device = FrameDescriptor(near.detach(), name="pair", mtu=1500)
        self.engine = Recorder()
        self.pump = Pump(self.engine, self.device)

    def arrived(self) -> list[bytes]:
        frames = []
        try:
            while frame := self.far.recv(70_000):
                frames.append(frame)
        except BlockingIOError:
            pass
        return frames

    def close(self) -> None:
        self.pump.close()
        self.device.close()
        self.far.close()


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def test_frames_come_in_as_one_batch_and_answers_leave_with_the_next_turn(bench: Bench) -> None:
    bench.engine.answers = True
    for number in range(100):
        bench.far.send(b"%d" % number)
    assert bench.pump.turn(0)
    assert bench.engine.heard == [b"%d" % number for number in range(100)]
    assert bench.engine.batches == [100]
    # What the program makes of it in between leaves in the same batch.
    assert bench.arrived() == []
    bench.engine.to_say.append(b"and more")
    assert bench.pump.turn(0)
    assert bench.arrived() == [*(b"re: %d" % number for number in range(100)), b"and more"]
    assert not bench.pump.turn(0)


def test_news_for_the_program_ends_the_sleep(bench: Bench) -> None:
    bench.engine.news = True
    assert not bench.pump.turn(HANG)
    assert bench.pump.wakeups == 1


def test_what_the_caller_made_the_engine_say_leaves_before_the_sleep(bench: Bench) -> None:
    bench.engine.to_say = [b"one", b"two"]
    assert bench.pump.turn(0)
    assert bench.arrived() == [b"one", b"two"]


def test_a_turn_is_bounded_so_that_others_are_served() -> None:
    class Flood(FrameDescriptor):
        def read(self) -> list[bytes]:
            return [b"frame"] * BATCH

    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    engine, served = Recorder(), []
    with Flood(near.detach(), name="flood", mtu=1500) as device, far, Pump(engine, device) as pump:
        far.send(b"x")
        reader, writer = os.pipe()
        os.write(writer, b"x")
        pump.watch(reader, select.EPOLLIN, served.append)
        assert pump.turn()
        assert served == [select.EPOLLIN]
        assert BATCH < len(engine.heard) < 10_000
        os.close(reader)
        os.close(writer)


def test_a_full_queue_keeps_frames_in_order_and_asks_the_engine_for_no_more(bench: Bench) -> None:
    first = [b"%06d" % number + bytes(1000) for number in range(5000)]
    bench.engine.to_say = list(first)
    bench.pump.turn(0)
    kept = bench.pump.backlog
    assert 0 < kept < 5000
    bench.engine.to_say = [b"last"]
    asked = bench.engine.asked
    # No room: the pump sleeps, for all the time that it may.
    assert not bench.pump.turn(0.05)
    assert bench.pump.wakeups == 2
    assert (bench.pump.backlog, bench.engine.asked) == (kept, asked)
    arrived = bench.arrived()
    while bench.pump.backlog:
        assert bench.pump.turn(HANG)
        arrived += bench.arrived()
    assert bench.pump.turn(0)
    assert [*arrived, *bench.arrived()] == [*first, b"last"]
    # Room is no news any more.
    assert not bench.pump.turn(0)


def test_a_device_that_has_room_and_takes_nothing_is_not_asked_all_the_time() -> None:
    class Refusing(FrameDescriptor):
        asked = 0

        def write(self, frames: list[bytes]) -> int:
            self.asked += 1
            return 0

    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    engine = Recorder()
    engine.to_say = [b"x"]
    with Refusing(near.detach(), name="refusing", mtu=1500) as device, far, Pump(engine, device) as pump:
        began = time.monotonic()
        while device.asked < 20:
            pump.turn(HANG)
        # Each time but the first after a pause of a millisecond.
        assert time.monotonic() - began > 0.015
        assert pump.backlog == 1


def test_what_is_due_and_can_not_leave_is_no_reason_to_turn_all_the_time(bench: Bench) -> None:
    class Owing(Recorder):
        """As the stack: while it has something to say, that is due now."""

        def advance(self, now: float) -> None:
            self.due = now

    engine = Owing()
    engine.to_say = [bytes(1000)] * 5000
    with Pump(engine, bench.device) as pump:
        pump.turn(0)
        assert pump.backlog
        engine.due = time.monotonic()
        assert 0 < (pump.patience() or 0) < 0.1
        bench.arrived()
        # The poll tells of room, whenever there is.
        while pump.backlog:
            pump.turn(HANG)
            bench.arrived()
        assert pump.patience() == 0


def test_a_timer_may_be_further_away_than_a_poll_can_wait(bench: Bench) -> None:
    bench.engine.due = time.monotonic() + 1e9
    for timeout in (None, 1e12):
        threading.Timer(0.02, bench.pump.wake).start()
        assert bench.pump.turn(timeout)
    assert bench.engine.advanced == []


def test_timers_run_when_they_are_due_and_not_before(bench: Bench) -> None:
    bench.engine.due = time.monotonic() + HANG
    assert not bench.pump.turn(0.01)
    assert bench.engine.advanced == []
    bench.engine.due = due = time.monotonic() + 0.05
    assert bench.pump.turn(HANG)
    assert len(bench.engine.advanced) == 1
    assert bench.engine.advanced[0] >= due
    # One sleep to the deadline, not a loop around it.
    assert bench.pump.wakeups == 2


def test_an_idle_pump_sleeps(bench: Bench) -> None:
    before = time.process_time()
    assert not bench.pump.turn(0.5)
    assert bench.pump.wakeups == 1
    assert time.process_time() - before < 0.1


def test_wake_from_a_thread(bench: Bench) -> None:
    threading.Timer(0.05, bench.pump.wake).start()
    assert bench.pump.turn(HANG)
    assert bench.pump.wakeups == 1


def test_a_wake_before_the_sleep_is_not_lost(bench: Bench) -> None:
    for _ in range(3):
        bench.pump.wake()
    assert bench.pump.turn(HANG)
    assert not bench.pump.turn(0)


def test_wake_from_a_signal_handler(bench: Bench) -> None:
    previous = signal.signal(signal.SIGALRM, lambda *_: bench.pump.wake())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        assert bench.pump.turn(HANG)
    finally:
        signal.signal(signal.SIGALRM, previous)


def test_wake_and_close_after_close(bench: Bench) -> None:
    bench.pump.close()
    bench.pump.wake()
    bench.pump.close()


def test_watching(bench: Bench) -> None:
    reader, writer = os.pipe()
    told: list[tuple[str, int]] = []
    bench.pump.watch(reader, select.EPOLLIN, lambda events: told.append(("reader", events)))
    assert not bench.pump.turn(0)
    os.write(writer, b"x")
    assert bench.pump.turn(0)
    assert told == [("reader", select.EPOLLIN)]
    # Changed: for nothing but hang-ups.
    bench.pump.watch(reader, 0, lambda events: told.append(("changed", events)))
    assert not bench.pump.turn(0)
    os.close(writer)
    assert bench.pump.turn(0)
    assert told[1:] == [("changed", select.EPOLLHUP)]
    bench.pump.unwatch(reader)
    assert not bench.pump.turn(0)
    bench.pump.unwatch(reader)
    os.close(reader)


def test_a_watched_descriptor_may_be_closed_first(bench: Bench) -> None:
    reader, writer = os.pipe()
    bench.pump.watch(reader, select.EPOLLIN, lambda _: None)
    os.close(reader)
    bench.pump.unwatch(reader)
    os.close(writer)
    assert not bench.pump.turn(0)


def test_one_callback_may_unwatch_another(bench: Bench) -> None:
    first, second = os.pipe(), os.pipe()
    told: list[int] = []

    def served(mine: int, other: int) -> None:
        told.append(mine)
        bench.pump.unwatch(other)

    for mine, other in ((first, second), (second, first)):
        bench.pump.watch(mine[0], select.EPOLLIN, lambda _, m=mine[0], o=other[0]: served(m, o))
        os.write(mine[1], b"x")
    assert bench.pump.turn(0)
    assert len(told) == 1
    for descriptor in (*first, *second):
        os.close(descriptor)


def test_a_plain_file_is_always_ready(bench: Bench) -> None:
    with tempfile.TemporaryFile() as file:
        told: list[int] = []
        bench.pump.watch(file.fileno(), select.EPOLLIN, told.append)
        assert bench.pump.turn(HANG)
        assert bench.pump.turn(HANG)
        bench.pump.watch(file.fileno(), select.EPOLLOUT, told.append)
        assert bench.pump.turn(HANG)
        bench.pump.unwatch(file.fileno())
        assert not bench.pump.turn(0)
        assert told == [select.EPOLLIN, select.EPOLLIN, select.EPOLLOUT]


def test_a_link_that_is_down_is_told(bench: Bench) -> None:
    def gone() -> list[bytes]:
        raise LinkDown(errno.ENETDOWN, "down")

    bench.device.read = gone  # type: ignore[method-assign]
    bench.far.send(b"x")
    with pytest.raises(LinkDown):
        bench.pump.turn(HANG)


def test_spare_time_is_after_the_answers_and_before_the_sleep(bench: Bench) -> None:
    seen: list[list[bytes]] = []

    def work() -> bool:
        seen.append(bench.arrived())
        return len(seen) < 3

    bench.engine.to_say = [b"answer"]
    bench.pump.in_spare_time(work)
    assert bench.pump.turn(0.01)
    assert seen == [[b"answer"], [], []]
    # One that never sleeps has none to spare.
    assert not bench.pump.turn(0)
    assert len(seen) == 3


def test_whatever_waits_goes_before_spare_time(bench: Bench) -> None:
    bench.engine.answers = True
    done: list[int] = []

    def work() -> bool:
        done.append(len(bench.engine.heard))
        if len(done) == 2:
            bench.far.send(b"frame")
        return True

    bench.pump.in_spare_time(work)
    assert bench.pump.turn(HANG)
    assert (done, bench.engine.heard) == ([0, 0], [b"frame"])
    # A timer that is due, too.
    bench.engine.to_say = []
    bench.engine.due = time.monotonic() - 1
    assert bench.pump.turn(HANG)
    assert len(done) == 2 and len(bench.engine.advanced) >= 1


def test_spare_time_is_part_of_the_time_that_a_turn_may_take(bench: Bench) -> None:
    clock = [0.0]

    def work() -> bool:
        clock[0] += HANG
        return False

    with Pump(bench.engine, bench.device, clock=lambda: clock[0]) as pump:
        pump.in_spare_time(work)
        began = time.monotonic()
        assert not pump.turn(HANG)
        assert clock[0] == HANG and time.monotonic() - began < HANG


def test_a_busy_poll_finds_what_comes_within_it_and_is_over_in_time(bench: Bench) -> None:
    now, comes = 0.0, 20e-6

    def clock() -> float:
        nonlocal now
        if now < comes <= now + 1e-6:
            bench.far.send(b"frame")
        now += 1e-6
        return now

    with Pump(bench.engine, bench.device, clock, busy_poll=50e-6) as pump:
        assert pump.turn(HANG)
        # It was asked for all the time until it came, and taken at once.
        assert bench.engine.heard == [b"frame"] and 20e-6 < now < 30e-6
        comes = 1.0
        assert not pump.turn(0.01)
        assert 70e-6 < now < 90e-6
        # What may not sleep needs no busy poll.
        before = now
        assert not pump.turn(0)
        assert now < before + 10e-6


def test_each_batch_has_the_time_at_which_it_was_read() -> None:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    engine, reads = Recorder(), iter(([b"x"] * BATCH, [b"y"]))
    clock = iter(range(1000))

    class Scripted(FrameDescriptor):
        def read(self) -> list[bytes]:
            self.read_at.append(next(clock))
            return next(reads)

        read_at: list[int] = []

    with (
        Scripted(near.detach(), name="scripted", mtu=1500) as device,
        far,
        Pump(engine, device, clock=lambda: next(clock)) as pump,
    ):
        far.send(b"x")
        pump.turn(HANG)
        assert engine.batches == [BATCH, 1]
        assert engine.times == [moment + 1 for moment in device.read_at]
