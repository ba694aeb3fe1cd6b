"""echo, discard, chargen, and what a handler may do wrong; in virtual time."""

import sys

from programs.wire import Wire

from handshook import Config, State
from handshook.io.handlers import Handler
from handshook.io.services import PATTERN, Chargen, Discard, Echo

SMALL = Config(send_buffer=1 << 16, receive_window=1 << 16)


def test_echo_sends_back_all_and_finishes_after_the_peer():
    wire = Wire(loss=0.05, seed=3)
    wire.handlers.listen(7, Echo)
    connection = wire.open(7)
    data = bytes(range(256)) * 4000
    sent = 0
    back = bytearray()

    def talk():
        nonlocal sent
        if sent < len(data):
            sent += connection.send(data[sent:])
            if sent == len(data):
                connection.shutdown()
        while piece := connection.recv(1 << 16):
            back.extend(piece)
        return connection.state is State.TIME_WAIT

    wire.run(done=talk, seconds=300)
    wire.run(seconds=5)
    assert bytes(back) == data
    assert len(wire.handlers) == 0


def test_echo_reads_no_more_than_it_can_send():
    wire = Wire(SMALL)
    served = []
    wire.handlers.listen(7, lambda connection: served.append(connection) or Echo(connection))
    connection = wire.open(7)
    sent = 0

    def push():
        nonlocal sent
        sent += connection.send(bytes(1 << 16))

    # The client writes and never reads; its own receive window is 1 MiB, so as much can be echoed at first.
    for _ in range(20):
        wire.run(done=push, seconds=1)
    (end,) = served
    assert end.readable() <= SMALL.receive_window
    assert end.writable() == 0
    everything = (1 << 20) * 2 + SMALL.receive_window + SMALL.send_buffer + (1 << 16)
    assert sent <= everything
    before = sent
    for _ in range(20):
        wire.run(done=push, seconds=1)
    assert sent == before
    # It goes on when the client reads.
    got = wire.read(connection, lambda data: len(data) > 1 << 20, seconds=60)
    assert len(got) > 1 << 20


def test_discard_reads_to_the_end_and_closes():
    wire = Wire()
    wire.handlers.listen(9, Discard)
    connection = wire.open(9)
    connection.send(bytes(100_000))
    connection.shutdown()
    assert wire.read(connection) == b""
    wire.run(seconds=1)
    assert connection.state is State.TIME_WAIT
    assert len(wire.handlers) == 0 and wire.handlers.failed == 0


def test_chargen_is_the_pattern_of_rfc_864():
    assert len(PATTERN) % (95 * 74) == 0
    lines = PATTERN.split(b"\r\n")
    assert lines[0] == bytes(range(0x20, 0x20 + 72))
    assert lines[1][:71] == lines[0][1:]
    assert lines[95] == lines[0]
    assert all(len(line) == 72 for line in lines[:-1])


def test_chargen_writes_on_for_a_peer_that_has_only_finished_sending_and_stops_at_a_reset():
    for config in (None, SMALL):
        wire = Wire(config)
        wire.handlers.listen(19, Chargen)
        connection = wire.open(19)
        connection.send(b"ignored")
        connection.shutdown()
        got = wire.read(connection, lambda data: len(data) > 3_000_000, seconds=60)
        assert got[: len(PATTERN) * 20] == PATTERN * 20
        assert len(wire.handlers) == 1
        connection.abort()
        wire.run(seconds=1)
        assert len(wire.handlers) == 0 and wire.handlers.failed == 0


def test_chargen_for_a_reader_that_never_reads_holds_references_and_no_bytes():
    wire = Wire()
    wire.handlers.listen(19, Chargen)
    before = sys.getrefcount(PATTERN)
    wire.open(19)
    wire.run(seconds=5)
    # The client's window is full, and so is the send buffer: with the same object over and over.
    assert sys.getrefcount(PATTERN) - before >= Config().send_buffer // len(PATTERN)


def test_a_handler_that_raises_loses_its_connection_and_no_other():
    class Broken(Handler):
        def news(self, happened):
            if self.connection.readable():
                raise ZeroDivisionError("a mistake")

    wire = Wire()
    wire.handlers.listen(7, Echo)
    wire.handlers.listen(8, Broken)
    good, bad = wire.open(7), wire.open(8)
    bad.send(b"x")
    good.send(b"still here")
    assert wire.read(good, lambda data: len(data) == 10) == b"still here"
    assert isinstance(bad.error, ConnectionResetError)
    assert wire.handlers.failed == 1
    assert isinstance(wire.handlers.failure, ZeroDivisionError)
    assert len(wire.handlers) == 1


def test_a_handler_that_cannot_be_made_loses_its_connection():
    def refuse(connection):
        raise ValueError("no")

    wire = Wire()
    wire.handlers.listen(7, refuse)
    connection = wire.open(7)
    wire.run(seconds=1)
    assert isinstance(connection.error, ConnectionResetError)
    assert wire.handlers.failed == 1 and len(wire.handlers) == 0


def test_a_peer_that_resets_is_no_fault_of_the_handler():
    wire = Wire()
    for port, make in ((7, Echo), (9, Discard), (19, Chargen)):
        wire.handlers.listen(port, make)
    connections = [wire.open(port) for port in (7, 9, 19)]
    for connection in connections:
        connection.send(b"hello")
    wire.run(seconds=0.1)
    for connection in connections:
        connection.abort()
    wire.run(seconds=1)
    assert len(wire.handlers) == 0 and wire.handlers.failed == 0


def test_closing_all_resets_what_is_open_and_listens_no_more():
    wire = Wire()
    wire.handlers.listen(7, Echo)
    connection = wire.open(7)
    wire.run(seconds=1)
    wire.handlers.close()
    wire.run(seconds=1)
    assert isinstance(connection.error, ConnectionResetError)
    refused = wire.open(7)
    wire.run(seconds=1)
    assert isinstance(refused.error, ConnectionRefusedError)


def test_a_thousand_at_once():
    wire = Wire()
    wire.handlers.listen(7, Echo)
    connections = [wire.client.connect(("198.51.100.2", 7)) for _ in range(1000)]
    for number, connection in enumerate(connections):
        connection.send(f"I am number {number}".encode())
        connection.shutdown()
    wire.run(seconds=10)
    for number, connection in enumerate(connections):
        assert connection.recv(100) == f"I am number {number}".encode()
    assert len(wire.handlers) == 0
