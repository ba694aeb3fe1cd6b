"""What guessing a cookie is worth, counted: RFC 4987 3.6 and appendix A.

Of the 2^32 numbers that an ACK can bring, one for each MSS index is good in each time slot that still counts, once for
each secret that was used in that slot: 8 x 2 = 16 as a rule, so a guess is right once in 2^28 times, and a million of
them once in 268 attacks. Nothing that an attacker may know (the time, the MSS, the options, other cookies) narrows it
down, for no bit of the number is anything but the MAC.
"""

from random import Random

from handshook import Config, Outcome, Stack
from handshook.tcp import connection as module
from handshook.tcp.cookie_layout import LIFE, MSS_INDICES, SLOT
from handshook.testing import Script
from handshook.wire.addresses import make_key, pack
from handshook.wire.build import Builder
from handshook.wire.flags import ACK, SYN
from handshook.wire.framing import VNET_DATA_VALID, VNET_HEADER, Framing

COMPILED = not module.__file__.endswith(".py")
GUESSES = 1_000_000 if COMPILED else 10_000
VNET = Framing(bytes(VNET_HEADER), bytes(VNET_HEADER), vnet=True)
ALWAYS = Config(cookies="always")
SLOTS = int(LIFE / SLOT)


def good_numbers(t, around):
    """Which of the numbers near these are taken, each tried at a port's own listener anew."""
    found = 0
    for isn in around:
        for off in range(-2 * MSS_INDICES, 3 * MSS_INDICES):
            t.stack_isn = isn
            outcome = t.send("ACK", seq=1, ack=1 + off)
            if outcome is Outcome.COOKIE_ACCEPTED:
                found += 1
                t.send("RST", seq=1)
            while t.receive():
                pass
    return found


def cookie_for_the_first_mss(t):
    """The MAC itself, for the index is 0."""
    t.stack_isn = None
    assert t.send("SYN", seq=0, mss=1) is Outcome.SYN_COOKIE
    return t.expect("SYN,ACK").segment.seq


def test_as_many_numbers_are_good_as_the_arithmetic_says():
    t = Script(config=ALWAYS)
    t.stack.listen(80, backlog=1000)
    earlier = cookie_for_the_first_mss(t)
    t.wait(SLOT)
    now = cookie_for_the_first_mss(t)
    assert good_numbers(t, (earlier, now)) == MSS_INDICES * SLOTS == 16
    t.stack.rotate_secrets(t.now)
    changed = cookie_for_the_first_mss(t)
    assert good_numbers(t, (earlier, now, changed)) == MSS_INDICES * (SLOTS + 1)


def test_a_million_guesses_are_taken_no_oftener_than_that():
    """The expected number is 1,000,000 x 16 / 2^32 = 0.004: that of these two would be is 1 in 140,000."""
    stack = Stack(["198.51.100.2"], seed=1, config=ALWAYS, framing=VNET)
    listener = stack.listen(80, backlog=100)
    builder = Builder(VNET)
    # As the peer of the stack would write it: the key of a packet from the stack.
    key = make_key(pack("198.51.100.2"), pack("198.51.100.1"), 80, 40000)
    builder.begin(4)
    stack.receive(builder.finish(key, 1_000_000, 0, SYN, 65535, b"", 0, 0, 0, 0), 0.0)
    assert stack.counters()[Outcome.SYN_COOKIE] == 1
    builder.begin(4)
    whole = builder.finish(key, 1_000_001, 0, ACK, 65535, b"", 0, 0, 0, 0)
    before, after = bytes((VNET_DATA_VALID,)) + whole[1 : VNET.headroom + 28], whole[VNET.headroom + 32 :]
    chance = Random(1)
    for at in range(0, GUESSES, 1000):
        stack.receive_many([before + chance.randbytes(4) + after for _ in range(1000)], at / GUESSES)
        stack.transmit(at / GUESSES)
    counters = stack.counters()
    accepted = counters.get(Outcome.COOKIE_ACCEPTED, 0)
    assert accepted <= 1
    assert counters[Outcome.COOKIE_WRONG] == GUESSES - accepted
    assert len(listener.queue) == accepted
