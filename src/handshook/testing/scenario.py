"""What one simulation is made of, drawn at random from a seed: hosts, path, connections, and the misfortunes they meet.

A scenario is data and can be built by hand too; `World` (world.py) plays it.
"""

from dataclasses import dataclass, field
from math import inf
from random import Random

from ..tcp.config import Config
from ..wire.framing import PLAIN, VNET_HEADER, Framing
from .network import Weather
from .program import Leaving, Manner

OFFLOAD = Framing(bytes(VNET_HEADER), bytes(VNET_HEADER), vnet=True)
# No connection over a live link may be given up before this: no chance makes everything get lost for so long.
PATIENT = 5000.0
# The longest that a packet stays in the network here; every stack's MSL is more.
OLDEST = 120.0


@dataclass(frozen=True)
class Plan:
    """One connection: who opens it and when, how both ends behave, and how often it is opened again on the same ports.

    `opener` is side 0 or 1. With `both`, the other side opens it at the same moment, too, and nobody listens (RFC 9293
    3.5, figure 7).
    """

    opener: int = 0
    start: float = 0.0
    both: bool = False
    again: int = 0
    opening: Manner = field(default_factory=Manner)
    answering: Manner = field(default_factory=Manner)


@dataclass(frozen=True)
class Restart:
    """The host at `side` is switched off at `moment` and comes back after `down` seconds, its memory empty."""

    side: int
    moment: float
    down: float


@dataclass(frozen=True)
class Scenario:
    """One simulation. `configs` and `framings` are by side, `impairment` is `MemoryLink`'s keywords.

    `lies` is the share of packets about which a stranger lies, `hard_lies` lets him call a port unreachable whose SYN
    he has overheard. `backlog` and `accept_pause` are every listener's: how many may wait, for how many seconds.
    """

    seed: int
    ipv6: bool = False
    configs: tuple[Config, Config] = (Config(), Config())
    framings: tuple[Framing, Framing] = (PLAIN, PLAIN)
    impairment: dict[str, float] = field(default_factory=dict)
    weather: Weather = field(default_factory=Weather)
    plans: tuple[Plan, ...] = (Plan(),)
    restarts: tuple[Restart, ...] = ()
    lies: float = 0.0
    hard_lies: bool = False
    backlog: int = 128
    accept_pause: float = 0.0

    @property
    def outage(self) -> float:
        """The longest spell in which nothing gets through, in seconds; infinite where the path ends for ever."""
        return max((last - first for first, last in self.weather.dead), default=0.0)

    @property
    def blind(self) -> bool:
        """Is there a black hole for segments that these hosts can make?"""
        weather = self.weather
        return weather.black_hole and weather.path_mtu < min(config.mtu for config in self.configs)


def random_scenario(seed: int, worst: float = 0.25) -> Scenario:
    """Everything at random, out of the seed; `worst` is the largest share that each of the link's impairments takes."""
    chance = Random(f"scenario {seed}")
    ipv6 = chance.random() < 0.3
    weather = _random_weather(chance, ipv6)
    calm = not weather.dead
    mild = chance.random() < 0.3
    configs = (_random_config(chance, ipv6, calm), _random_config(chance, ipv6, calm))
    most = 300 * min(*(min(config.receive_window, config.send_buffer) for config in configs), 1000)
    count = chance.choice([1, 1, 1, 2, 3, 6])
    impairment = {
        "delay": chance.choice([0.0, 0.0005, 0.01, 0.05, 0.3]),
        "jitter": chance.choice([0.0, 0.0, 0.005, 0.05, 0.5]),
        "mark": chance.choice([0.0, 0.1]),
    }
    if not mild:
        impairment |= {name: chance.choice([0.0, 0.5, 1.0]) * chance.random() * worst for name in ("loss", "copy")}
        impairment["reorder"] = chance.choice([0.0, 1.0]) * chance.random() * worst
        impairment["corrupt"] = chance.choice([0.0, 0.0, 0.1]) * chance.random()
    return Scenario(
        seed,
        ipv6=ipv6,
        configs=configs,
        framings=(chance.choice([PLAIN, PLAIN, OFFLOAD]), chance.choice([PLAIN, PLAIN, OFFLOAD])),
        impairment=impairment,
        weather=weather,
        plans=tuple(_random_plan(chance, most // count) for _ in range(count)),
        restarts=_random_restarts(chance),
        lies=chance.choice([0.0, 0.0, 0.05, 0.3]),
        hard_lies=chance.random() < 0.2,
        backlog=chance.choice([1, 128]),
        accept_pause=chance.choice([0.0, 0.0, 0.5, 100.0]),
    )


def _random_weather(chance: Random, ipv6: bool) -> Weather:
    dead: tuple[tuple[float, float], ...] = ()
    fate = chance.random()
    start = chance.choice([0.0, 0.1, 1.0, 10.0]) * chance.random()
    if fate < 0.15:
        dead = ((start, start + chance.choice([1.0, 10.0, 100.0, 1000.0]) * chance.random()),)
    elif fate < 0.2:
        dead = ((start, inf),)
    elif fate < 0.25:
        dead = tuple((start + 40.0 * i, start + 40.0 * i + 30.0 * chance.random()) for i in range(5))
    narrow = chance.random()
    return Weather(
        burst=chance.choice([0.0, 0.0, 0.02]),
        burst_length=chance.choice([0.01, 0.1, 2.0]),
        old=chance.choice([0.0, 0.0, 0.05]),
        oldest=OLDEST,
        dead=dead,
        narrow_from=chance.choice([0.0, 0.1, 1.0]) * chance.random() if narrow < 0.2 else inf,
        path_mtu=1280 if ipv6 else chance.choice([552, 1000, 1400]),
        black_hole=narrow < 0.03,
    )


def _random_config(chance: Random, ipv6: bool, calm: bool) -> Config:
    return Config(
        receive_window=chance.choice([1, 100, 1000, 4096, 65536, 1 << 20, 1 << 25]),
        send_buffer=chance.choice([1, 1000, 65536, 1 << 20, 1 << 25]),
        mtu=chance.choice([1280, 1500, 9000] if ipv6 else [296, 576, 1280, 1500, 9000, 65535]),
        timestamps=chance.random() < 0.8,
        sack=chance.random() < 0.8,
        window_scale=chance.random() < 0.8,
        ecn=chance.choice(["off", "accept", "ask"]),
        congestion=chance.choice(["cubic", "cubic", "reno"]),
        nagle=chance.random() < 0.8,
        delayed_ack=chance.choice([0, 0.04, 0.2]),
        min_rto=chance.choice([0.2, 0.2, 1.0]),
        keep_alive=chance.choice([0, 0, 0, 20.0, 7200.0]),
        keep_alive_interval=10.0,
        keep_alive_probes=60,
        half_open_limit=chance.choice([1, 1024]),
        # A cookie is good for two minutes, and some of these links are dead, and programs asleep, for longer. Cookies
        # have bad links of their own (tests/host/test_cookies.py).
        cookies="never",
        user_timeout=PATIENT if calm else chance.choice([100.0, 300.0, PATIENT]),
        syn_retries=100,
        # An old copy of a SYN can make a half-open entry that only its own end ends, for the peer's true segments are
        # outside its window (RFC 9293 3.10.7.4). That must come before anybody calls the connection stuck.
        syn_ack_retries=40,
        msl=300,
    )


def _random_plan(chance: Random, most: int) -> Plan:
    both = chance.random() < 0.1
    # Only one can have the last word.
    last = chance.choice([(False, False)] * 6 + [(True, False), (False, True)])
    return Plan(
        opener=chance.randrange(2),
        start=chance.choice([0.0, 0.0, 1.0, 30.0]) * chance.random(),
        both=both,
        again=0 if both else chance.choice([0, 0, 0, 1, 3]),
        opening=_random_manner(chance, most, last[0]),
        answering=_random_manner(chance, most, last[1]),
    )


def _random_manner(chance: Random, most: int, last: bool) -> Manner:
    data = chance.randbytes(min(chance.choice([0, 1, 1000, 1000, 20_000, 20_000, 100_000]), most))
    fate = chance.random()
    leaving = Leaving.HASTY if fate < 0.08 else Leaving.ABRUPT if fate < 0.16 else Leaving.POLITE
    sleeps: tuple[tuple[int, float], ...] = ()
    if chance.random() < 0.2:
        sleeps = tuple(sorted((chance.randrange(most + 1), chance.choice([0.1, 5.0, 300.0, 2000.0])) for _ in range(2)))
    small = len(data) < 2000
    return Manner(
        data,
        chunk=chance.choice([1, 100, 5000]) if small else chance.choice([700, 3000, 1 << 20]),
        gap=chance.choice([0.0, 0.0, 0.0, 0.001, 0.3]) if len(data) < 20_000 else 0.0,
        read=chance.choice([100, 3000, 70_000]),
        sleeps=sleeps,
        leaving=Leaving.LAST if last and leaving is Leaving.POLITE else leaving,
        abort_after=chance.randrange(2 * len(data) + 1),
    )


def _random_restarts(chance: Random) -> tuple[Restart, ...]:
    if chance.random() > 0.12:
        return ()
    moment = chance.choice([0.0, 0.2, 3.0, 50.0]) * chance.random()
    down = OLDEST + chance.choice([0.0, 500.0]) * chance.random()
    return (Restart(chance.randrange(2), moment, down),)
