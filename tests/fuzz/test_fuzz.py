"""At least 200,000 hostile inputs to `Stack.receive`, in thirteen worlds.

    HANDSHOOK_FUZZ_SEED=7 HANDSHOOK_FUZZ_INPUTS=5000000 pytest tests/fuzz

varies them; the inputs are shared out among the worlds. A failure says how to repeat it, and what came last.
"""

import gc
import os
import tracemalloc

import pytest
import segments
from fuzz.world import World

from handshook import Framing, Outcome
from handshook.tcp.flow import Flow

SEED = os.environ.get("HANDSHOOK_FUZZ_SEED", "1")
INPUTS = int(os.environ.get("HANDSHOOK_FUZZ_INPUTS", "250000"))

ETHERNET = Framing(bytes(12) + b"\x08\x00", bytes(12) + b"\x86\xdd")
VNET = Framing(bytes(10), bytes(10), vnet=True)
BOTH = Framing(bytes(10) + ETHERNET.header4, bytes(10) + ETHERNET.header6, vnet=True)

UNPRESSED = {"pressed_syn_ack_retries": 5, "host_half_open_limit": 24}
WORLDS = {
    "plain": {},
    "cookies for all": {"cookies": "always"},
    "asking for ECN": {"ecn": "ask"},
    # The wait isn't shortened where the queues are to stay full.
    "without options": {"cookies": "never", "timestamps": False, "sack": False, "window_scale": False} | UNPRESSED,
    "small windows": {"receive_window": 3000, "send_buffer": 4000, "mtu": 576},
    "large windows": {"receive_window": 1 << 24, "send_buffer": 1 << 20, "min_rto": 1.0, "congestion": "reno"},
    "keep-alive, no delay": {
        "keep_alive": 2.0,
        "keep_alive_interval": 0.5,
        "keep_alive_probes": 3,
        "delayed_ack": 0.0,
        "nagle": False,
    },
    "ethernet": {"framing": ETHERNET, "mtu": 1280},
    "vnet": {"framing": VNET},
    "the oldest goes": {"cookies": "never", "half_open_policy": "drop-oldest"},
    "a SYN cache": {"cookies": "never", "half_open_policy": "cache"},
    "vnet without options": {"cookies": "never", "framing": VNET, "timestamps": False, "sack": False} | UNPRESSED,
    "vnet and ethernet": {"framing": BOTH, "mtu": 9000, "receive_window": 1 << 18, "ecn": "ask"},
}

# What a run must have met: a fuzz that never gets past the handshake shows nothing.
MUST_MEET = {
    Outcome.IP_TRUNCATED,
    Outcome.IP_LENGTH_BAD,
    Outcome.TCP_OFFSET_BAD,
    Outcome.TCP_OPTION_BAD,
    Outcome.SYN_ANSWERED,
    Outcome.SYN_HELD,
    Outcome.CALLED_ACCEPT,
    Outcome.FLAGS_NONSENSE,
    Outcome.ESTABLISHED_PASSIVE,
    Outcome.ESTABLISHED_ACTIVE,
    Outcome.HALF_OPEN_GIVEN_UP,
    Outcome.DATA_ACCEPTED,
    Outcome.DATA_OUT_OF_ORDER,
    Outcome.ACKED,
    Outcome.CHALLENGE_ACK,
    Outcome.OUTSIDE_WINDOW,
    Outcome.FIN_ACCEPTED,
    Outcome.FIN_ACKED,
    Outcome.CONNECTION_RESET,
    Outcome.TIME_WAIT_OVER,
    Outcome.RETRANSMISSION_TIMED_OUT,
    Outcome.SENT_DATA_AGAIN,
    Outcome.SENT_RST,
}
# What a listener that answers every SYN with a cookie has none of.
NOT_BY_COOKIE = {Outcome.SYN_ANSWERED, Outcome.SYN_HELD, Outcome.HALF_OPEN_GIVEN_UP}
# What comes of a SYN for which there is no room.
FULL = {
    "drop-oldest": {Outcome.HALF_OPEN_EVICTED},
    "cache": {Outcome.SYN_CACHED},
    "never": {Outcome.DROPPED_SYN_QUEUE_FULL, Outcome.DROPPED_SYN_HOST_FULL, Outcome.DROPPED_SYN_PREFIX_FULL},
    "when-full": {Outcome.SYN_COOKIE, Outcome.COOKIE_ACCEPTED},
    "always": {Outcome.SYN_COOKIE, Outcome.COOKIE_ACCEPTED, Outcome.COOKIE_HELD},
}


def run(name, world, inputs):
    """`inputs` of them, then the end of that world; whatever goes wrong says how to have it again."""
    try:
        world.run(inputs)
        world.settle()
    except Exception as wrong:
        last = "\n".join(
            f"  {fed:>7} {now:<22} {stack:4} {what} {frame[:400].hex()}" for fed, now, stack, what, frame in world.log
        )
        raise AssertionError(
            f"{type(wrong).__name__}: {wrong}\nin world {name!r} after {world.fed} inputs; again with "
            f"HANDSHOOK_FUZZ_SEED={SEED} HANDSHOOK_FUZZ_INPUTS={INPUTS}; what came last:\n{last}"
        ) from wrong


@pytest.mark.parametrize("name", WORLDS)
def test_no_input_breaks_the_stack(name):
    world = World(f"{SEED} {name}", **WORLDS[name])
    inputs = -(-INPUTS // len(WORLDS))
    run(name, world, inputs)
    if inputs >= 10_000:
        policy = world.config.half_open_policy
        wanted = MUST_MEET | FULL[policy if policy in FULL else world.config.cookies]
        if world.config.cookies == "always":
            wanted -= NOT_BY_COOKIE
        missed = wanted - world.a.counters().keys()
        assert not missed, f"these were never met: {sorted(outcome.name for outcome in missed)}"


@pytest.mark.parametrize("name", ["plain", "vnet"])
def test_no_input_leaves_anything_behind(name):
    """The same world lives and ends several times; each end must find as little in memory as the one before."""
    gc.collect()
    before = flows()
    world = World(f"{SEED} {name} memory", **WORLDS[name])
    inputs = max(INPUTS // 150, 500)
    in_use = []
    tracemalloc.start()
    try:
        for _ in range(6):
            run(name, world, inputs)
            world.forget()
            segments.packed.cache_clear()
            segments.text.cache_clear()
            gc.collect()
            assert flows() == before, "connections that nobody knows any more are still there"
            in_use.append(tracemalloc.get_traced_memory()[0])
            world.reopen()
    finally:
        tracemalloc.stop()
    # The first rounds bring tables to their size; a leak grows with every round.
    growth = (in_use[-1] - in_use[1]) / (4 * inputs)
    assert growth < 5.0, f"{growth:.2f} bytes an input: {in_use}"


def flows():
    """How many half-open entries and connections there are, in any stack."""
    return sum(isinstance(thing, Flow) for thing in gc.get_objects())
