"""TCP options (RFC 9293 3.1, 3.2; 7323; 2018): each kind, unknown kinds, any alignment, and lengths that lie."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from requirements import requirement
from segments import EOL, NOP, SACK_PERMITTED, ip4, ip6, mss, option, packed, sack, scale, tcp, timestamps

from handshook.outcomes import Outcome
from handshook.wire.segment import Segment, parse

A4, B4 = packed("198.51.100.1"), packed("198.51.100.2")
A6, B6 = packed("2001:db8::1"), packed("2001:db8::2")
U32 = st.integers(0, 2**32 - 1)

KNOWN = {2: 4, 3: 3, 4: 2, 8: 10}
EVERY = {
    "mss": mss(1460),
    "scale": scale(7),
    "sack permitted": SACK_PERMITTED,
    "timestamps": timestamps(1, 2),
    "sack": sack((1, 2)),
}


def read(options, data=b"", version=4):
    segment = Segment()
    if version == 4:
        frame = ip4(A4, B4, tcp(A4, B4, "SA", options=options, data=data))
    else:
        frame = ip6(A6, B6, tcp(A6, B6, "SA", options=options, data=data))
    return Outcome(parse(frame, 0, False, segment)), segment


def read_exactly(options, data=b""):
    """Without padding after them: options whose last byte is the header's last."""
    assert len(options) % 4 == 0
    return read(options, data)


@st.composite
def some_options(draw):
    """Options in any order, with NOPs anywhere between them, and what they say."""
    unknown = st.builds(option, st.integers(9, 255), st.binary(max_size=8))
    said = {}
    raw = b""
    for kind in draw(st.permutations(["mss", "scale", "permitted", "timestamps", "sack", "unknown"])):
        if kind == "mss":
            said["mss"] = draw(st.integers(0, 0xFFFF))
            piece = mss(said["mss"])
        elif kind == "scale":
            said["scale"] = draw(st.integers(0, 255))
            piece = scale(said["scale"])
        elif kind == "permitted":
            said["sack_permitted"] = True
            piece = SACK_PERMITTED
        elif kind == "timestamps":
            said["tsval"], said["tsecr"] = draw(U32), draw(U32)
            said["timestamps"] = True
            piece = timestamps(said["tsval"], said["tsecr"])
        elif kind == "sack":
            said["sack"] = tuple(draw(st.lists(st.tuples(U32, U32), min_size=1, max_size=2)))
            piece = sack(*said["sack"])
        else:
            piece = draw(unknown)
        raw += NOP * draw(st.integers(0, 3)) + piece
        if draw(st.booleans()):
            break
    assume(len(raw) <= 40)
    return raw, said


class TestReading:
    @requirement("MUST-4", "MUST-64")
    @given(some_options(), st.binary(max_size=10), st.sampled_from([4, 6]))
    def test_must_64_options_are_read_wherever_they_stand(self, options, data, version):
        raw, said = options
        outcome, s = read(raw, data, version)
        assert outcome is Outcome.NOTHING
        assert s.data == data
        for name, value in said.items():
            assert getattr(s, name) == value
        unsaid = {"mss": 0, "scale": -1, "sack_permitted": False, "timestamps": False, "sack": None}
        for name in unsaid.keys() - said.keys():
            assert getattr(s, name) == unsaid[name]

    @requirement("MUST-6")
    @given(st.integers(9, 255), st.binary(max_size=38))
    def test_must_6_unknown_options_are_skipped_by_their_length(self, kind, body):
        outcome, s = read(option(kind, body) + (mss(1234) if len(body) <= 34 else b""))
        assert outcome is Outcome.NOTHING
        assert s.mss == (1234 if len(body) <= 34 else 0)

    @requirement("MUST-68")
    @pytest.mark.parametrize("kind", [0, 1])
    def test_must_68_only_eol_and_nop_have_no_length(self, kind):
        assert read_exactly(bytes((kind,)) * 4)[0] is Outcome.NOTHING

    @requirement("MUST-4")
    @given(st.binary(min_size=39, max_size=39))
    def test_nothing_after_eol_is_read(self, rest):
        outcome, s = read_exactly(EOL + rest)
        assert outcome is Outcome.NOTHING
        assert (s.mss, s.scale, s.sack_permitted, s.timestamps, s.sack) == (0, -1, False, False, None)

    @pytest.mark.parametrize("name", EVERY)
    def test_an_option_before_eol_counts_and_one_after_it_does_not(self, name):
        nothing = read(b"")[1]
        attribute = name.replace(" ", "_")
        before, after = read(EVERY[name] + EOL)[1], read(EOL + EVERY[name])[1]
        assert getattr(before, attribute) != getattr(nothing, attribute)
        assert getattr(after, attribute) == getattr(nothing, attribute)

    def test_the_last_of_two_of_a_kind_is_the_one_that_counts(self):
        assert read(mss(1000) + mss(2000))[1].mss == 2000

    @given(U32, U32, st.booleans())
    def test_rfc7323_appendix_a_the_usual_layout_and_every_other_say_the_same(self, value, echo, eol):
        usual = NOP + NOP + timestamps(value, echo)
        unusual = timestamps(value, echo) + (EOL + EOL if eol else NOP + NOP)
        for options in (usual, unusual):
            outcome, s = read_exactly(options)
            assert outcome is Outcome.NOTHING
            assert (s.timestamps, s.tsval, s.tsecr) == (True, value, echo)

    @requirement("RFC 2018 3")
    @pytest.mark.parametrize("blocks", [1, 2, 3, 4])
    def test_rfc2018_3_up_to_four_sack_blocks_are_read(self, blocks):
        edges = tuple((1000 * n, 0xFFFFFFFF - n) for n in range(blocks))
        assert read(NOP + NOP + sack(*edges))[1].sack == edges


class TestLengthsThatLie:
    """MUST-7: an illegal length is survived; here it costs the segment."""

    @requirement("MUST-7")
    @pytest.mark.parametrize("kind", range(2, 256))
    def test_length_zero_and_one_are_refused(self, kind):
        for length in (0, 1):
            assert read(option(kind, length=length))[0] is Outcome.TCP_OPTION_BAD
            assert read_exactly(NOP * 2 + option(kind, length=length))[0] is Outcome.TCP_OPTION_BAD

    @requirement("MUST-7")
    @pytest.mark.parametrize("kind", range(2, 256))
    def test_a_length_beyond_the_header_is_refused(self, kind):
        # Data follows that the option must not reach into.
        assert read_exactly(option(kind, b"\x00\x00", length=5), data=bytes(40))[0] is Outcome.TCP_OPTION_BAD
        assert read_exactly(NOP + NOP + option(kind, length=3), data=bytes(40))[0] is Outcome.TCP_OPTION_BAD
        assert read_exactly(NOP * 38 + option(kind, length=255))[0] is Outcome.TCP_OPTION_BAD

    @pytest.mark.parametrize("kind", range(2, 256))
    def test_a_kind_without_room_for_its_length_is_refused(self, kind):
        assert read_exactly(NOP * 3 + bytes((kind,)), data=b"\x02")[0] is Outcome.TCP_OPTION_BAD
        assert read_exactly(NOP * 39 + bytes((kind,)))[0] is Outcome.TCP_OPTION_BAD

    @pytest.mark.parametrize("kind", KNOWN)
    def test_a_length_that_is_not_its_kinds_is_refused(self, kind):
        for length in range(2, 41):
            expected = Outcome.NOTHING if length == KNOWN[kind] else Outcome.TCP_OPTION_BAD
            assert read(option(kind, bytes(length - 2)))[0] is expected, length

    def test_a_sack_option_holds_whole_blocks_and_at_least_one(self):
        for length in range(2, 41):
            expected = Outcome.NOTHING if length in (10, 18, 26, 34) else Outcome.TCP_OPTION_BAD
            assert read(option(5, bytes(length - 2)))[0] is expected, length

    def test_the_usual_layouts_short_cut_believes_no_length_either(self):
        for length in (0, 1, 2, 9, 11, 255):
            assert read_exactly(NOP + NOP + option(8, bytes(8), length=length))[0] is Outcome.TCP_OPTION_BAD

    @requirement("MUST-7")
    @given(st.integers(1, 10).flatmap(lambda words: st.binary(min_size=4 * words, max_size=4 * words)))
    def test_random_option_bytes_are_judged_and_never_raise(self, options):
        assert read_exactly(options, data=b"data")[0] in (Outcome.NOTHING, Outcome.TCP_OPTION_BAD)
