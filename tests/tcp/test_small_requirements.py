"""Requirements of RFC 9293 that no other file has a place for: the window's width, options anywhere, and others."""

import pytest
from requirements import requirement
from segments import option, packet, read, timestamps
from tcp.ways import PLAIN, VERSIONS, reach

from handshook import Config, Outcome, State
from handshook.testing import Script


def packets(t):
    """Everything that the stack has to say now."""
    return list(iter(t.receive, None))


class TestWindow:
    @requirement("MUST-1")
    @pytest.mark.parametrize("window", [0x7FFF, 0x8000, 0xFFFF])
    def test_its_highest_bit_is_a_bit_like_the_others(self, window):
        t = Script(config=Config(timestamps=False, sack=False))
        connection = t.connected(mss=1000)
        t.send("ACK", seq=1, ack=1, window=window)
        connection.send(bytes(200_000))
        sent = 0
        while found := packets(t):
            sent += sum(len(one.data) for one in found)
            if sent + 1000 > window:
                break
            t.send("ACK", seq=1, ack=1 + sent, window=window - sent)
        assert window - 1000 < sent <= window

    @requirement("MUST-1", "REC-1")
    def test_scaled_it_fills_more_than_31_bits_of_a_gigabyte(self):
        t = Script()
        connection = t.connected(scale=14)
        t.send("ACK", seq=1, ack=1, window=0xFFFF)
        assert connection.snd_wnd == 0xFFFF << 14
        connection.send(b"x")
        assert t.expect("ACK").data == b"x"

    @requirement("REC-1")
    def test_and_so_does_ours(self):
        most = 0xFFFF << 14
        t = Script(config=Config(receive_window=most, timestamps=False, sack=False))
        connection = t.connected(scale=0)
        assert connection.rcv_edge - connection.rcv_nxt & 0xFFFFFFFF in (0xFFFF, most)
        t.send("ACK", seq=1, ack=1, data=b"x")
        assert connection.recv(1) == b"x"
        t.wait(0.1)
        assert t.expect("ACK", ack=2).window << 14 == most
        assert t.send("ACK", seq=most - 100_000, ack=1, data=b"far") is Outcome.DATA_OUT_OF_ORDER


class TestOptionsAnywhere:
    """MUST-5: "TCP implementation MUST be able to receive a TCP Option in any segment"."""

    @requirement("MUST-5", "MUST-6")
    @VERSIONS
    @pytest.mark.parametrize("flags", ["A", "PA", "FA", "R", "RA"])
    @pytest.mark.parametrize(
        "options", [option(253, b"ab"), timestamps(1), option(254)], ids=["unknown", "TS", "empty"]
    )
    def test_they_change_nothing_where_they_mean_nothing(self, ipv6, flags, options):
        t = Script(config=PLAIN, ipv6=ipv6)
        connection = reach(t, State.ESTABLISHED)
        frame = packet(
            (t.address, t.port),
            (t.stack_address, t.stack_port),
            flags,
            seq=t.isn + 1,
            ack=t.stack_isn + 1,
            options=options,
            data=b"x" if "P" in flags else b"",
        )
        outcome = t.send_packet(frame)
        wanted = {
            "A": Outcome.ACK_NOTHING_NEW,
            "PA": Outcome.DATA_ACCEPTED,
            "FA": Outcome.FIN_ACCEPTED,
            "R": Outcome.CONNECTION_RESET,
            "RA": Outcome.CONNECTION_RESET,
        }
        assert outcome is wanted[flags]
        assert connection.readable() == ("P" in flags)


class TestWhatWeSend:
    @requirement("MUST-69")
    def test_every_option_is_padded_without_a_stray_byte(self):
        """`segments.read` fails on anything but zeros behind an EOL, on a kind twice, and on a length that lies."""
        for given in (Config(), PLAIN, Config(sack=False), Config(timestamps=False), Config(window_scale=False)):
            t = Script(config=given)
            connection = t.connecting()
            seen = [t.expect("SYN").packet]
            t.send("SYN,ACK", seq=0, ack=1, sack_permitted=True, tsval=1, scale=1)
            t.send("ACK", seq=20, ack=1, data=b"x", tsval=1 if given.timestamps else None)
            connection.send(b"y")
            connection.shutdown()
            seen += [one.packet for one in packets(t)]
            assert len(seen) > 1
            for frame in seen:
                raw = frame[20:]
                assert (raw[12] >> 4) * 4 == 20 + sum(
                    {2: 4, 3: 4, 4: 4, 8: 12}.get(kind, 4 + len(body)) for kind, body in read(frame).options
                )

    @requirement("MAY-4", "RFC 1191 3")
    def test_never_fragmented_and_numbered_0_a_repetition_too(self):
        """RFC 6864 4.1: with DF the identification says nothing."""
        t = Script(config=PLAIN)
        connection = t.connected()
        connection.send(b"x")
        first = t.expect("ACK").packet
        t.wait(1.1)
        again = t.expect("ACK").packet
        assert first[4:8] == again[4:8] == b"\x00\x00\x40\x00"

    @requirement("MUST-60")
    def test_nothing_is_kept_back_for_ever(self):
        """Nagle's wait ends with the ACK, a sliver's with the override timer: no PUSH is needed."""
        t = Script(config=PLAIN)
        connection = t.connected(mss=1000)
        connection.send(b"a")
        t.expect("ACK", data=b"a")
        connection.send(b"b")
        t.expect_nothing()
        t.send("ACK", seq=1, ack=2)
        t.expect("ACK", data=b"b")


class TestShrunkWindow:
    @requirement("SHLD-17")
    def test_an_answer_is_life_even_where_it_takes_nothing_beyond_its_edge(self):
        """The peer shrinks its window to half a segment, takes none of what reaches beyond it, and says so."""
        t = Script(config=PLAIN)
        connection = t.connected(mss=1000)
        connection.send(bytes(1000))
        t.expect("ACK", seq=1)
        while t.now < 2000:
            t.wait(1)
            for _ in packets(t):
                t.send("ACK", seq=1, ack=1, window=500)
        assert connection.state is State.ESTABLISHED

    @requirement("SHLD-17", "MUST-20")
    def test_silence_is_none(self):
        t = Script(config=PLAIN)
        connection = t.connected(mss=1000)
        connection.send(bytes(1000))
        t.send("ACK", seq=1, ack=1, window=500)
        t.wait(400)
        assert connection.verdict.outcome is Outcome.SEND_TIMED_OUT
