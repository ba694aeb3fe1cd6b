"""Flags that no sound stack sends together, or not at all: SYN,FIN; SYN,RST; none; a Christmas tree. State by state.

RFC 9293 3.10.7 has an answer for each, found by looking at RST, SYN, ACK and FIN in its order; where it has none there
is silence. Scanners read stacks by these answers, so they are laid down here one by one.
"""

import pytest
from peer import Peer, engine, hear
from requirements import requirement
from segments import packet

from handshook import Config, Outcome, State

NULL = ""
XMAS = "FPU"
TREE_WITH_ALL_LIGHTS = "SFRPAUEC"
VERSIONS = pytest.mark.parametrize("version", [4, 6])


@requirement("RFC 9293 3.10.7.1")
class TestClosedPort:
    """RFC 9293 3.10.7.1."""

    @VERSIONS
    @pytest.mark.parametrize(
        "flags, answer, ack",
        [
            (NULL, "RA", 0),
            ("P", "RA", 0),
            ("U", "RA", 0),
            ("F", "RA", 1),
            (XMAS, "RA", 1),
            ("S", "RA", 1),
            ("SF", "RA", 2),
            ("SFPUEC", "RA", 2),
        ],
    )
    def test_without_ack_it_is_reset_with_what_it_held_acknowledged(self, version, flags, answer, ack):
        stack = engine()
        heard = Peer(stack, version=version).says(flags, seq=1000)
        assert heard.outcome is Outcome.CLOSED_PORT_RESET
        assert (heard.answer.flags, heard.answer.seq) == (answer, 0)
        assert Peer(stack).ack_of(heard.answer) == 1000 + ack

    @VERSIONS
    @pytest.mark.parametrize("flags", ["A", "SA", "FA", "PA", "SFA", "FPUA"])
    def test_with_ack_it_is_reset_where_it_says_we_are(self, version, flags):
        stack = engine()
        heard = Peer(stack, version=version).says(flags, seq=1000, ack=77)
        assert heard.outcome is Outcome.CLOSED_PORT_RESET
        assert (heard.answer.flags, heard.answer.seq, heard.answer.ack) == ("R", 77, 0)

    @VERSIONS
    @pytest.mark.parametrize("flags", ["R", "RA", "SR", "SRA", "FR", "SFR", TREE_WITH_ALL_LIGHTS])
    def test_a_rst_is_never_answered(self, version, flags):
        assert Peer(engine(), version=version).says(flags, ack=77).silently(Outcome.CLOSED_PORT_IGNORED)

    def test_data_counts_as_held(self):
        heard = Peer(engine()).says("SF", data=b"12345")
        assert Peer(engine()).ack_of(heard.answer) == 7


class TestListen:
    """RFC 9293 3.10.7.2."""

    @requirement("DIFF-SYN-FIN")
    @VERSIONS
    @pytest.mark.parametrize(
        "flags, outcome",
        [
            (NULL, Outcome.LISTEN_IGNORED),
            ("P", Outcome.LISTEN_IGNORED),
            ("U", Outcome.LISTEN_IGNORED),
            ("F", Outcome.LISTEN_IGNORED),
            (XMAS, Outcome.LISTEN_IGNORED),
            ("R", Outcome.LISTEN_RST_IGNORED),
            ("RA", Outcome.LISTEN_RST_IGNORED),
            ("FR", Outcome.LISTEN_RST_IGNORED),
            ("SF", Outcome.FLAGS_NONSENSE),
            ("SR", Outcome.FLAGS_NONSENSE),
            ("SFA", Outcome.FLAGS_NONSENSE),
            ("SRA", Outcome.FLAGS_NONSENSE),
            ("SFR", Outcome.FLAGS_NONSENSE),
            ("SFPUEC", Outcome.FLAGS_NONSENSE),
            (TREE_WITH_ALL_LIGHTS, Outcome.FLAGS_NONSENSE),
        ],
    )
    def test_is_dropped_in_silence_and_keeps_nothing(self, version, flags, outcome):
        stack = engine()
        stack.listen(80)
        assert Peer(stack, version=version).says(flags, ack=77, data=b"x").silently(outcome)
        assert stack.snapshot() == []

    @VERSIONS
    @pytest.mark.parametrize("flags", ["A", "SA", "FA", "PA", "FPUA"])
    def test_any_other_ack_is_reset(self, version, flags):
        stack = engine()
        stack.listen(80)
        heard = Peer(stack, version=version).says(flags, ack=77)
        assert heard.outcome is Outcome.LISTEN_ACK_RESET
        assert (heard.answer.flags, heard.answer.seq) == ("R", 77)
        assert stack.snapshot() == []

    @pytest.mark.parametrize("flags", ["S", "SP", "SU", "SE", "SC", "SEC", "SPUEC"])
    def test_a_syn_is_a_syn_whatever_else_is_lit(self, flags):
        stack = engine()
        stack.listen(80)
        heard = Peer(stack).says(flags)
        assert heard.outcome is Outcome.SYN_ANSWERED
        # A SYN with ECE and CWR asks for ECN, and ECE in the answer grants it (RFC 3168 6.1.1).
        assert heard.answer.flags in ("SA", "SAE")


class TestSynSent:
    """RFC 9293 3.10.7.3."""

    @pytest.mark.parametrize(
        "flags, outcome",
        [
            (NULL, Outcome.SYN_SENT_IGNORED),
            ("P", Outcome.SYN_SENT_IGNORED),
            ("F", Outcome.SYN_SENT_IGNORED),
            (XMAS, Outcome.SYN_SENT_IGNORED),
            ("R", Outcome.SYN_SENT_RST_IGNORED),
            ("SR", Outcome.SYN_SENT_RST_IGNORED),
            ("FR", Outcome.SYN_SENT_RST_IGNORED),
            ("SFR", Outcome.SYN_SENT_RST_IGNORED),
        ],
    )
    def test_without_ack_only_a_syn_means_anything(self, flags, outcome):
        stack = engine()
        peer = Peer(stack, to=80)
        connection = peer.is_called()
        assert peer.says(flags).silently(outcome)
        assert connection.state is State.SYN_SENT

    @pytest.mark.parametrize("flags", ["", "P", "F", XMAS])
    def test_a_good_ack_without_syn_or_rst_is_ignored(self, flags):
        stack = engine()
        peer = Peer(stack)
        connection = peer.is_called()
        assert peer.says(flags + "A", 0, 1).silently(Outcome.SYN_SENT_IGNORED)
        assert connection.state is State.SYN_SENT

    @pytest.mark.parametrize("flags", ["RA", "SRA", "FRA", TREE_WITH_ALL_LIGHTS])
    def test_a_rst_with_a_good_ack_refuses_whatever_else_is_lit(self, flags):
        stack = engine()
        peer = Peer(stack)
        connection = peer.is_called()
        assert peer.says(flags, 0, 1).silently(Outcome.CONNECTION_REFUSED)
        assert connection.state is State.CLOSED
        assert isinstance(connection.error, ConnectionRefusedError)

    @pytest.mark.parametrize("flags", ["RA", "SRA"])
    @pytest.mark.parametrize("ack", [0, 2, -1, 0x80000000])
    def test_a_rst_with_a_bad_ack_proves_nothing(self, flags, ack):
        stack = engine()
        peer = Peer(stack)
        connection = peer.is_called()
        assert peer.says(flags, 0, ack).silently(Outcome.SYN_SENT_RST_IGNORED)
        assert connection.state is State.SYN_SENT

    @pytest.mark.parametrize("flags", ["A", "SA", "FA", "SFA"])
    @pytest.mark.parametrize("ack", [0, 2, -1, 0x80000000])
    def test_any_other_bad_ack_is_reset_and_the_syn_goes_on(self, flags, ack):
        stack = engine()
        peer = Peer(stack)
        connection = peer.is_called()
        heard = peer.says(flags, 0, ack)
        assert heard.outcome is Outcome.SYN_SENT_ACK_BAD
        assert (heard.answer.flags, peer.seq_of(heard.answer)) == ("R", ack & 0xFFFFFFFF)
        assert connection.state is State.SYN_SENT

    def test_syn_fin_opens_both_at_once_and_the_fin_is_not_taken(self):
        """RFC 9293 3.10.7.4, eighth: "do not process the FIN if the state is CLOSED, LISTEN, or SYN-SENT"."""
        stack = engine()
        peer = Peer(stack)
        connection = peer.is_called()
        heard = peer.says("SF")
        assert heard.outcome is Outcome.SIMULTANEOUS_SYN
        assert heard.answer.flags == "SA"
        assert peer.ack_of(heard.answer) == 1
        assert connection.state is State.SYN_RECEIVED


class TestSynReceived:
    """RFC 9293 3.10.7.4, for a half-open entry."""

    @pytest.mark.parametrize("flags", [NULL, "P", "F", XMAS])
    def test_without_ack_it_is_dropped(self, flags):
        stack = engine()
        stack.listen(80)
        peer = Peer(stack)
        peer.half_opens()
        assert peer.says(flags, 1).silently(Outcome.WITHOUT_ACK_DROPPED)
        assert stack.snapshot()[0].state is State.SYN_RECEIVED

    @pytest.mark.parametrize("flags", ["SF", "SFA", "SFPU"])
    def test_syn_fin_is_answered_with_an_ack_and_changes_nothing(self, flags):
        stack = engine()
        stack.listen(80)
        peer = Peer(stack)
        peer.half_opens()
        heard = peer.says(flags, 0, 1)
        assert heard.outcome is Outcome.CHALLENGE_ACK
        assert (heard.answer.flags, peer.seq_of(heard.answer), peer.ack_of(heard.answer)) == ("A", 1, 1)
        assert stack.snapshot()[0].state is State.SYN_RECEIVED

    @pytest.mark.parametrize("flags", ["SR", "SFR", "FR", TREE_WITH_ALL_LIGHTS])
    def test_with_rst_and_the_exact_number_the_entry_is_removed(self, flags):
        stack = engine()
        stack.listen(80)
        peer = Peer(stack)
        peer.half_opens()
        assert peer.says(flags, 1, 1).silently(Outcome.HALF_OPEN_RESET)
        assert stack.snapshot() == []

    @pytest.mark.parametrize("flags", ["R", "SR", "FR"])
    def test_with_rst_and_another_number_it_is_not(self, flags):
        stack = engine()
        stack.listen(80)
        peer = Peer(stack)
        peer.half_opens()
        assert peer.says(flags, 2).outcome is Outcome.CHALLENGE_ACK
        assert peer.says(flags, -5000).silently(Outcome.RST_OUTSIDE_WINDOW)
        assert stack.snapshot()[0].state is State.SYN_RECEIVED


class TestEstablished:
    """RFC 9293 3.10.7.4, RFC 5961."""

    def opened(self, version=4):
        stack = engine()
        peer = Peer(stack, version=version)
        return stack, peer, peer.opens(stack.listen(80))

    @VERSIONS
    @pytest.mark.parametrize("flags", [NULL, "P", "U", "F", XMAS])
    def test_without_ack_it_is_dropped_in_silence(self, version, flags):
        _, peer, connection = self.opened(version)
        assert peer.says(flags, 1, data=b"x").silently(Outcome.WITHOUT_ACK_DROPPED)
        assert connection.state is State.ESTABLISHED
        assert connection.recv(10) is None

    @pytest.mark.parametrize("flags", [NULL, "P", XMAS])
    def test_without_ack_and_outside_the_window_it_is_told_where_we_stand(self, flags):
        _, peer, connection = self.opened()
        heard = peer.says(flags, -1000)
        assert heard.outcome in (Outcome.OUTSIDE_WINDOW, Outcome.DUPLICATE_SEGMENT)
        assert (heard.answer.flags, peer.ack_of(heard.answer)) == ("A", 1)
        assert connection.state is State.ESTABLISHED

    @VERSIONS
    @pytest.mark.parametrize("flags", ["S", "SF", "SA", "SFA", "SFPU"])
    @pytest.mark.parametrize("seq", [0, 1, 1000, -100_000, 0x70000000])
    def test_any_syn_is_challenged(self, version, flags, seq):
        _, peer, connection = self.opened(version)
        heard = peer.says(flags, seq, 1)
        assert heard.outcome is Outcome.CHALLENGE_ACK
        assert (heard.answer.flags, peer.seq_of(heard.answer), peer.ack_of(heard.answer)) == ("A", 1, 1)
        assert connection.state is State.ESTABLISHED

    @pytest.mark.parametrize("flags", ["R", "RA", "SR", "SRA", "FR", "SFR", TREE_WITH_ALL_LIGHTS])
    def test_rst_comes_before_anything_else_that_is_lit(self, flags):
        for seq, outcome in ((2, Outcome.CHALLENGE_ACK), (-100_000, Outcome.RST_OUTSIDE_WINDOW)):
            _, peer, connection = self.opened()
            assert peer.says(flags, seq, 1).outcome is outcome
            assert connection.state is State.ESTABLISHED
        _, peer, connection = self.opened()
        assert peer.says(flags, 1, 1).silently(Outcome.CONNECTION_RESET)
        assert connection.state is State.CLOSED
        assert isinstance(connection.error, ConnectionResetError)

    @requirement("RFC 5961 7")
    def test_rfc5961_7_a_storm_of_them_gets_few_answers(self):
        _, peer, connection = self.opened()
        answers = sum(len(peer.says(flags, 1, 1).answers) for flags in ["S", "SF", "SFA"] * 100)
        assert answers == 10
        assert connection.state is State.ESTABLISHED


class TestTimeWait:
    """RFC 9293 3.10.7.4, RFC 1337, RFC 6191. Whatever comes, the wait goes on."""

    def waiting(self, version=4):
        stack = engine()
        peer = Peer(stack, version=version)
        listener = stack.listen(80)
        connection = peer.opens(listener)
        connection.close()
        stack.transmit(0.0)
        peer.says("FA", 1, 2)
        assert connection.state is State.TIME_WAIT
        return stack, peer

    @VERSIONS
    @pytest.mark.parametrize(
        "flags, outcome",
        [
            (NULL, Outcome.TIME_WAIT_IGNORED),
            ("P", Outcome.TIME_WAIT_IGNORED),
            ("A", Outcome.TIME_WAIT_IGNORED),
            ("R", Outcome.TIME_WAIT_RST_IGNORED),
            ("RA", Outcome.TIME_WAIT_RST_IGNORED),
            ("SR", Outcome.TIME_WAIT_RST_IGNORED),
            ("SFR", Outcome.TIME_WAIT_RST_IGNORED),
            (TREE_WITH_ALL_LIGHTS, Outcome.TIME_WAIT_RST_IGNORED),
            ("SF", Outcome.FLAGS_NONSENSE),
            ("SFA", Outcome.FLAGS_NONSENSE),
            ("SFPU", Outcome.FLAGS_NONSENSE),
        ],
    )
    def test_silence(self, version, flags, outcome):
        stack, peer = self.waiting(version)
        for seq in (0, 1, 2, 1000):
            assert peer.says(flags, seq, 2).silently(outcome)
        assert [entry.state for entry in stack.snapshot()] == [State.TIME_WAIT]

    def test_a_christmas_tree_has_no_ack_and_gets_none(self):
        stack, peer = self.waiting()
        assert peer.says(XMAS, 2).silently(Outcome.TIME_WAIT_IGNORED)
        assert [entry.state for entry in stack.snapshot()] == [State.TIME_WAIT]

    @pytest.mark.parametrize("listening", [True, False])
    def test_a_syn_that_may_be_old_is_dropped(self, listening):
        stack, peer = self.waiting()
        for seq in (-1, 0, 1):
            assert peer.says("S", seq).silently(Outcome.TIME_WAIT_SYN_DROPPED)
        assert [entry.state for entry in stack.snapshot()] == [State.TIME_WAIT]

    def test_a_new_syn_to_a_port_where_nobody_listens_does_not_end_the_wait(self):
        """The usual TIME-WAIT is the active opener's: a forged SYN to its port would assassinate it (RFC 1337)."""
        stack = engine()
        peer = Peer(stack, port=80)
        connection = peer.is_called()
        peer.says("SA", 0, 1)
        connection.close()
        stack.transmit(0.0)
        peer.says("FA", 1, 2)
        assert [entry.state for entry in stack.snapshot()] == [State.TIME_WAIT]
        peer.says("S", 100_000)
        assert [entry.state for entry in stack.snapshot()] == [State.TIME_WAIT]

    def test_a_new_syn_that_finds_the_queue_full_does_not_end_the_wait(self):
        stack = engine(
            config=Config(timestamps=False, sack=False, window_scale=False, half_open_limit=1, cookies="never")
        )
        peer = Peer(stack)
        connection = peer.opens(stack.listen(80))
        connection.close()
        stack.transmit(0.0)
        peer.says("FA", 1, 2)
        Peer(stack, port=40001).half_opens()
        assert peer.says("S", 100_000).silently(Outcome.DROPPED_SYN_QUEUE_FULL)
        assert State.TIME_WAIT in [entry.state for entry in stack.snapshot()]

    @pytest.mark.parametrize("seq", [-100_000, 50, 0x70000000])
    def test_a_fin_that_is_not_the_peers_does_not_start_2_msl_anew(self, seq):
        """RFC 9293 3.10.7.4: only "a retransmission of the remote FIN" does; guesses must not prolong it for ever."""
        stack, peer = self.waiting()
        hear(stack, peer.frame("FA", seq, 2), now=30.0)
        stack.advance(61.0)
        assert stack.snapshot() == []


def test_every_combination_of_flags_in_every_state_has_a_name_and_a_sound_answer():
    """256 combinations, at and around the numbers that count; `hear` reads every answer strictly."""
    states = {
        "closed port": lambda stack, peer: None,
        "listen": lambda stack, peer: stack.listen(80),
        "syn-received": lambda stack, peer: (stack.listen(80), peer.half_opens()),
        "syn-sent": lambda stack, peer: peer.is_called(),
        "established": lambda stack, peer: peer.opens(stack.listen(80)),
        "fin-wait-1": lambda stack, peer: (peer.opens(stack.listen(80)).close(), stack.transmit(0.0)),
        "fin-wait-2": lambda stack, peer: (
            peer.opens(stack.listen(80)).close(),
            stack.transmit(0.0),
            peer.says("A", 1, 2),
        ),
        "close-wait": lambda stack, peer: (peer.opens(stack.listen(80)), peer.says("FA", 1, 1)),
        "closing": lambda stack, peer: (
            peer.opens(stack.listen(80)).close(),
            stack.transmit(0.0),
            peer.says("FA", 1, 1),
        ),
        "time-wait": lambda stack, peer: (
            peer.opens(stack.listen(80)).close(),
            stack.transmit(0.0),
            peer.says("FA", 1, 2),
        ),
    }
    for make in states.values():
        for flags in range(256):
            for seq, ack in ((0, 0), (1, 1), (2, 2), (1000, 0), (-70_000, -70_000)):
                stack = engine()
                peer = Peer(stack)
                make(stack, peer)
                heard = hear(stack, peer.frame(flags, seq, ack))
                assert heard.outcomes, (flags, seq, ack)
                assert Outcome.NOTHING not in heard.outcomes, (flags, seq, ack)
                assert len(heard.answers) <= 1


def test_the_land_of_all_flags_from_port_to_port():
    """The oldest trick: source and destination the same, every combination of flags."""
    stack = engine()
    stack.listen(80)
    for flags in range(256):
        frame = packet(("198.51.100.2", 80), ("198.51.100.2", 80), flags)
        assert hear(stack, frame).silently(Outcome.SOURCE_INVALID)
