"""How many forged SYNs a second one core answers, in memory: `python -m bench.flood [count]`.

Every SYN is from another address and port, with the options that Linux's have or with MSS alone. A batch goes in, a
batch of SYN,ACKs comes out; making the SYNs is not in the time. The best of five runs counts, for a busy machine
only ever makes it slower.
"""

import sys
import time
from random import Random

from handshook import Config, Outcome, Stack
from handshook.wire.addresses import make_key, pack, turned
from handshook.wire.build import Builder
from handshook.wire.flags import SYN

STACK4, STACK6 = "198.51.100.2", "2001:db8::2"
BATCH = 1024
RUNS = 5


def forged(count: int, options: bool, ipv6: bool = False, seed: int = 1) -> list[bytes]:
    """SYNs from random sources to port 80."""
    chance = Random(seed)
    builder = Builder()
    local = pack(STACK6 if ipv6 else STACK4)
    frames = []
    for _ in range(count):
        source = chance.randbytes(15 if ipv6 else 3)
        key = make_key((b"\x20" if ipv6 else b"\x0a") + source, local, chance.randrange(1024, 65536), 80)
        builder.begin(6 if ipv6 else 4)
        builder.add_mss(1460)
        if options:
            builder.add_sack_permitted()
            builder.add_timestamps(chance.getrandbits(32), 0)
            builder.add_scale(7)
        frames.append(builder.finish(turned(key), chance.getrandbits(32), 0, SYN, 64240, b"", 0, 0, 0, 0))
    return frames


def answer(frames: list[bytes], config: Config) -> float:
    """Seconds of processor time that one stack takes for all of them."""
    stack = Stack([STACK4, STACK6], seed=1, config=config)
    stack.listen(80)
    batches = [frames[at : at + BATCH] for at in range(0, len(frames), BATCH)]
    sent = 0
    begin = time.process_time()
    for number, batch in enumerate(batches):
        now = number / 1000
        stack.receive_many(batch, now)
        sent += len(stack.transmit(now))
    took = time.process_time() - begin
    assert sent == len(frames) == stack.counters()[Outcome.SENT_COOKIE]
    return took


def main(count: int) -> None:
    """A line for each kind of SYN."""
    for name, options, ipv6 in (("MSS alone", False, False), ("as Linux's", True, False), ("IPv6", True, True)):
        frames = forged(count, options, ipv6)
        took = min(answer(frames, Config(cookies="always")) for _ in range(RUNS))
        print(f"{name:12} {count / took:12,.0f} a second, {took / count * 1e6:.3f} µs each")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
