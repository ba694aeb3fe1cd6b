"""What is kept of each connection, and what name servers' answers, hosts files and datagrams are read as."""

import pytest

from handshook.run import Entries, Names
from handshook.run.entries import MOST_ENTRIES
from handshook.run.learned import Learned
from handshook.wire.addresses import make_key, pack
from handshook.wire.datagram import Datagram, read_datagram, write_datagram
from handshook.wire.icmp import EchoRequest, write_echo_reply


def key(port: int) -> bytes:
    """The program's port to 192.0.2.1:80, as in its packets."""
    return make_key(pack("198.51.100.1"), pack("192.0.2.1"), port, 80)


def test_the_same_syn_again_is_no_new_connection_and_another_one_is() -> None:
    entries = Entries(lambda _: "")
    entries.asked(key(1000), 5, 0.0)
    entries.asked(key(1000), 5, 1.0)
    entries.asked(key(1000), 6, 9.0)
    first, second = entries
    assert (first.syns, second.syns) == (2, 1)
    assert (first.remote, first.program) == (("192.0.2.1", 80), ("198.51.100.1", 1000))
    assert entries.of(key(1000), 9.0) is second


def test_memory_is_bounded_and_what_was_asked_for_last_is_known() -> None:
    entries = Entries(lambda _: "")
    entries.asked(key(1), 1, 0.0)
    for port in range(2, MOST_ENTRIES + 1):
        entries.asked(key(port), 1, 0.0)
    # The same two ends once more, and then one more than are kept.
    entries.asked(key(1), 2, 1.0)
    latest = entries.of(key(1), 1.0)
    entries.asked(key(MOST_ENTRIES + 1), 1, 2.0)
    assert entries.of(key(1), 2.0) is latest
    assert (len(entries), entries.count, entries.forgotten) == (MOST_ENTRIES, MOST_ENTRIES + 2, 2)
    # What is forgotten is asked for anew, and is no error.
    assert entries.of(key(2), 3.0).number == MOST_ENTRIES + 3


def test_a_run_that_ends_says_what_was_never_carried_on() -> None:
    entries = Entries(lambda _: "")
    entries.asked(key(1), 1, 0.0)
    entries.close(2.0)
    (record,) = entries.records()
    assert (record["outcome"], record["lasted"]) == ("unheard", 2.0)
    assert "192.0.2.1:80 was never asked" in record["sentence"]


def test_hosts_and_resolvers() -> None:
    names = Names(
        "127.0.0.1 localhost\n192.0.2.7 there its-other-name # and a remark\n", "search a.test\nnameserver ::1\n"
    )
    assert names.files["/etc/hosts"].splitlines()[-2:] == ["198.51.100.2 host.handshook", "2001:db8::2 host.handshook"]
    assert names.files["/etc/resolv.conf"].splitlines() == ["search a.test", "nameserver 198.51.100.53"]
    assert names.outside("198.51.100.53") == "::1"
    assert (names.outside("198.51.100.2"), names.outside("2001:db8::2")) == ("127.0.0.1", "::1")
    assert names.outside("198.51.100.77") is names.outside("2001:db8::77") is None
    assert names.outside("203.0.113.1") == "203.0.113.1"
    assert list(names.addresses_of("its-other-name")) == ["192.0.2.7"]
    assert list(names.addresses_of("host.handshook")) == ["198.51.100.2", "2001:db8::2"]
    many = Names("", "".join(f"nameserver 192.0.2.{n}\n" for n in range(1, 6)))
    assert [many.outside(f"198.51.100.{n}") for n in (53, 54, 55, 56)] == ["192.0.2.1", "192.0.2.2", "192.0.2.3", None]
    # As the C library has it without a file.
    assert Names("", "").outside("198.51.100.53") == "127.0.0.1"


ANSWER = (
    bytes.fromhex("12348180000100020000000003")
    + b"www\x04test\x00"
    + bytes.fromhex("00010001c00c0001000100000e100004cb007101c00c001c000100000e100010")
    + pack("2001:db8:1::9")
)


def test_names_are_learned_and_nonsense_is_not() -> None:
    learned = Learned()
    learned.hear(ANSWER)
    assert learned.name_of("203.0.113.1") == learned.name_of("2001:db8:1::9") == "www.test"
    assert learned.addresses_of("WWW.test.") == ["203.0.113.1", "2001:db8:1::9"]
    other = Learned()
    for size in range(len(ANSWER)):
        other.hear(ANSWER[:size])
    for at in range(len(ANSWER)):
        other.hear(ANSWER[:at] + b"\xff" + ANSWER[at + 1 :])
    assert other.name_of("192.0.2.1") == ""


@pytest.mark.parametrize("ends", [("192.0.2.1", "198.51.100.1"), ("2001:db8:1::9", "2001:db8::1")])
def test_datagrams_are_read_as_they_were_written(ends: tuple[str, str]) -> None:
    source, destination = map(pack, ends)
    for size in (0, 1, 1000, 65_000):
        datagram = Datagram(source, destination, 53, 40_000, bytes(size))
        packet = write_datagram(datagram)
        assert read_datagram(packet) == datagram
        for cut in {0, 1, 7, 20, len(packet) - 1} - {len(packet)}:
            if cut:
                assert read_datagram(packet[:cut]) is None
    with pytest.raises(ValueError, match="more than"):
        write_datagram(Datagram(source, destination, 1, 1, bytes(65_536)))
    # An answer to a ping is no question.
    assert read_datagram(write_echo_reply(EchoRequest(source, destination, b"\0\1\0\1there?"))) is None


def test_a_fragment_is_no_datagram() -> None:
    packet = bytearray(write_datagram(Datagram(pack("192.0.2.1"), pack("192.0.2.2"), 1, 2, b"x")))
    packet[6:8] = b"\x20\x00"
    assert read_datagram(bytes(packet)) is None
