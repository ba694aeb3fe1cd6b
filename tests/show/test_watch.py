"""A watcher on a whole stack: connections apart, drops told, memory bounded."""

from io import StringIO

from show.script import Script, fetched, served

from handshook.host.step import Direction, Step
from handshook.outcomes import Outcome
from handshook.show.ink import ASCII, UNICODE, canvas_for
from handshook.show.watch import Watcher
from handshook.tcp.states import State


def watch(steps, **options):
    stream = StringIO()
    watcher = Watcher(stream, width=80, ascii=True, color=False, **options)
    for step in steps:
        watcher(step)
    watcher.close()
    return stream.getvalue(), watcher


def test_one_connection_has_one_heading():
    text, watcher = watch(served())
    assert watcher.connections == 1 and text.count("#1") == 1


def test_overlapping_connections_say_which_one_goes_on():
    one, two = served(), served(remote=("198.51.100.1", 40114))
    text, watcher = watch([step for pair in zip(one, two, strict=True) for step in pair])
    assert watcher.connections == 2
    assert text.count("#1 ") == len(one) and text.count("#2 ") == len(two)
    assert text.count("LISTEN") == 2


def test_a_four_tuple_used_again_is_another_connection():
    text, watcher = watch([*served(), *served(remote_isn=5, start=200.0)])
    assert watcher.connections == 2 and text.count("#2") == 1


def test_a_syn_dropped_and_repeated_is_one_connection():
    script = Script()
    script.state = State.LISTEN
    script.into(Outcome.DROPPED_SYN_QUEUE_FULL, "S", 0)
    script.into(Outcome.SYN_ANSWERED, "S", 0, after=State.SYN_RECEIVED)
    assert watch(script.steps)[1].connections == 1


def test_time_wait_reopened_begins_a_new_ladder():
    script = Script()
    script.state = State.TIME_WAIT
    script.into(Outcome.TIME_WAIT_REOPENED, "S", 999999, after=State.SYN_RECEIVED)
    steps = [*served()[:-1], *script.steps]
    assert watch(steps)[1].connections == 2


def test_packets_that_never_became_a_segment_are_told():
    closed = State.CLOSED
    text, _ = watch(
        [
            Step(1.0, Direction.IN, Outcome.TCP_CHECKSUM_BAD, closed, closed, frame=bytes(40)),
            Step(1.5, Direction.CALL, Outcome.CALLED_LISTEN, closed, State.LISTEN, ("198.51.100.2", 80)),
        ]
    )
    assert "0.000000 x TCP_CHECKSUM_BAD The TCP checksum is wrong (RFC 9293 3.1), 40 bytes" in text
    assert "0.500000 - CALLED_LISTEN 198.51.100.2:80 The program opens passively" in text


def test_thousands_of_connections_are_bounded_and_counted():
    def syn(port):
        script = Script(remote=("198.51.100.1", port))
        script.state = State.LISTEN
        return script.into(Outcome.SYN_ANSWERED, "S", 0, after=State.SYN_RECEIVED).steps

    text, watcher = watch([step for port in range(1000, 4000) for step in syn(port)], most=10)
    assert watcher.connections == 10 and watcher.untold == 2990
    assert "2990 more steps" in text
    # Those that are over make room.
    assert watch([s for port in range(1000, 1100) for s in served(remote=("192.0.2.1", port))], most=10)[1].untold == 0


def test_a_forgotten_connections_time_out_is_only_counted():
    assert watch(served()[-1:])[1].untold == 1


def test_a_reader_that_leaves_does_not_stop_the_engine():
    class Gone(StringIO):
        def write(self, text):
            raise BrokenPipeError

    watcher = Watcher(Gone())
    for step in fetched():
        watcher(step)
    assert isinstance(watcher.failure, BrokenPipeError)


def test_names_and_paragraphs():
    stream = StringIO()
    watcher = Watcher(stream, width=80, peer_name="kernel")
    watcher.say("A page is fetched.")
    for step in served():
        watcher(step)
    assert stream.getvalue().startswith("\nA page is fetched.\n")
    assert "kernel 198.51.100.1:40112" in stream.getvalue()


def test_what_a_stream_can_show(monkeypatch):
    for name in ("NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")

    class Terminal(StringIO):
        encoding = "utf-8"

        def isatty(self):
            return True

    assert canvas_for(StringIO()).color is False
    assert canvas_for(StringIO()).width == 80
    assert canvas_for(Terminal()).color is True
    assert canvas_for(Terminal()).glyphs is UNICODE
    Terminal.encoding = "ascii"
    assert canvas_for(Terminal()).glyphs is ASCII
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    assert canvas_for(Terminal()).color is False
    assert canvas_for(Terminal()).width == 100
    assert canvas_for(StringIO(), width=10).width == 72 and canvas_for(StringIO(), width=500).width == 120


def icmp6(kind, code, rest=bytes(4), destination="ff02::2", *, spoiled=False):
    """An ICMPv6 message from fe80::1, as a whole packet."""
    from handshook.wire.addresses import pack
    from handshook.wire.checksum import checksum

    message = bytes((kind, code, 0, 0)) + rest
    addresses = pack("fe80::1") + pack(destination)
    right = checksum(addresses + len(message).to_bytes(4, "big") + bytes((0, 0, 0, 58)) + message) ^ spoiled
    message = message[:2] + right.to_bytes(2, "big") + message[4:]
    return bytes((0x60, 0, 0, 0)) + len(message).to_bytes(2, "big") + bytes((58, 255)) + addresses + message


def ignored(packet, outcome=Outcome.ICMP_IGNORED):
    return Step(1.0, Direction.IN, outcome, State.CLOSED, State.CLOSED, frame=packet)


def test_what_was_sent_to_everybody_and_came_to_nothing_is_not_drawn():
    assert watch([ignored(icmp6(133, 0))])[0] == ""
    ipv4 = bytes((0x46, 0, 0, 32, 0, 0, 0, 0, 1, 2, 0, 0, 10, 9, 0, 1, 224, 0, 0, 22)) + bytes(12)
    assert watch([ignored(ipv4, Outcome.IP_PROTOCOL_UNKNOWN)])[0] == ""
    # A machine counts what it likes.
    assert "ICMP_IGNORED" in watch([ignored(icmp6(133, 0))], json=True)[0]


def test_why_an_icmp_message_was_ignored_is_certain():
    def told(packet):
        return " ".join(watch([ignored(packet)])[0].split())

    host = {"destination": "2001:db8::2"}
    assert "ICMP type 135, code 0, asks nothing of TCP" in told(icmp6(135, 0, **host))
    assert "checksum is wrong" in told(icmp6(135, 0, spoiled=True, **host))
    assert "this one is shorter" in told(icmp6(135, 0, b"", **host))
    udp = bytes(4) + bytes((0x60, 0, 0, 0, 0, 8, 17, 64)) + bytes(40)
    assert "about something else than a TCP segment" in told(icmp6(1, 4, udp, **host))
    assert "or a malformed one" not in told(icmp6(135, 0, **host))


def test_beside_a_shell_what_there_is_comes_at_once_and_on_lines_of_its_own():
    stream = StringIO()
    watcher = Watcher(stream, width=80, ascii=True, color=False, shared=True)
    *steps, last = served()
    for step in steps:
        watcher(step)
    assert stream.getvalue() == ""
    watcher.rest()
    watcher.rest()
    stream.write("prompt> ")
    watcher(last)
    watcher.rest()
    before, after = stream.getvalue().split("prompt> ")
    assert before == "\n" + watch(steps)[0]
    assert after.startswith("\n") and "TIME_WAIT_OVER" in after
