"""The peers: how each is had, put in place and started, and what it can't do."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from . import services
from .grounds import PORTS, Ground, KernelGround
from .needs import (
    BUILT,
    GO,
    GO_GVISOR,
    HERE,
    LIBLWIP,
    PASST,
    ROOT,
    SLIRP,
    Need,
    build_gvisor,
    build_lwip,
    build_responder,
)

OURS, UNCOMPILED, KERNEL, RESPONDER, BUSY = "handshook", "uncompiled", "kernel", "responder", "busy-poll"
NUMBERS = [str(port) for port in PORTS]
START = 8.0

# Known, and not to be had from Debian, PyPI or npm as something that can be put on a TUN.
NOT_TO_BE_HAD = {"smoltcp": "Rust; in none of the package registries that the bench uses"}


@dataclass(frozen=True)
class Peer:
    """One stack. `start` puts it on a ground; `half_open` is how many half-open connections it keeps at most;
    `cannot` says which rows it has no answer to, and why; `only`, where there are any, which rows it is asked for."""

    name: str
    what: str
    start: Callable[[Ground, int], None]
    needs: tuple[Need, ...] = ()
    build: Callable[[], None] | None = None
    kernel: bool = False
    half_open: int = services.HALF_OPEN_LIMIT
    cannot: dict[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()

    def put(self, mtu: int) -> tuple[Ground, float]:
        """In place and answering; also the seconds from its start to its first connection. Raises `Failed`."""
        ground = KernelGround() if self.kernel else Ground()
        try:
            self.start(ground, mtu)
            return ground, _until_first(ground)
        except BaseException:
            ground.close()
            raise


def _until_first(ground: Ground) -> float:
    """Wait for the first connection; programs that lay the ground before don't count."""
    at = ground.ask("load", "first", ground.address, str(services.DISCARD), str(START))["at"]
    return float(at) - ground.began


def python_of(name: str) -> str:
    """The interpreter that has this engine, compiled or not."""
    return sys.executable if name != UNCOMPILED else str(ROOT / ".venv-pure" / "bin" / "python")


def _engine(python: str, busy: float = 0.0) -> Callable[[Ground, int], None]:
    def start(ground: Ground, mtu: int) -> None:
        network = ground.open(mtu=mtu)
        ground.inside("tune")
        descriptor = network.device.fileno()
        ground.began = time.monotonic()
        words = [python, "-P", str(HERE / "peers" / "engine.py"), str(descriptor), network.device.name, str(mtu)]
        ground.serve_here([*words, str(busy)], descriptor)

    return start


def _on_tun(words: Callable[[int], list[str]]) -> Callable[[Ground, int], None]:
    def start(ground: Ground, mtu: int) -> None:
        ground.open()
        ground.inside("tun", "bench", str(mtu))
        ground.began = time.monotonic()
        ground.pids.append(ground.popen(words(mtu)).pid)

    return start


def _kernel(ground: Ground, mtu: int) -> None:
    ground.open()
    ground.began = time.monotonic()
    pid = ground.inside("apart", "veth", str(mtu), str(BUILT / "serve"), *NUMBERS)["pid"]
    ground.pids.append(ground.outer_pid(pid))


def _behind(ground: Ground) -> int:
    """A kernel server in the first network, and an empty second one for the client; its pid inside."""
    # pasta copies a device that has a MAC address, which a TUN hasn't.
    ground.open(link="veth")
    # pasta gives up its rights before it looks, and then may not look at a process that has more.
    nobody = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--", "sleep", "infinity"]
    inner = int(ground.inside("apart", "none", "0", *nobody)["pid"])
    ground.others.append(ground.popen([str(BUILT / "serve"), *NUMBERS]).pid)
    ground.into = ["nsenter", f"--net=/proc/{inner}/ns/net", "--"]
    return inner


def _slirp(ground: Ground, mtu: int) -> None:
    inner = _behind(ground)
    # Its MTU ends a little below the largest.
    words = ["slirp4netns", "--configure", f"--mtu={min(mtu, 65521)}", str(inner), "bench"]
    ground.began = time.monotonic()
    ground.pids.append(ground.popen(words).pid)
    ground.address = "10.0.2.2"


def _pasta(ground: Ground, mtu: int) -> None:
    inner = _behind(ground)
    none = [word for way in "tuTU" for word in (f"-{way}", "none")]
    guest = ["--address", "10.0.2.15", "--netmask", "24", "--gateway", "10.0.2.2"]
    words = ["pasta", "--foreground", "--quiet", "--config-net", "--ns-ifname", "bench", "--runas", "0"]
    words += ["--mtu", str(min(mtu, 65520)), "--ipv4-only", *guest, *none, "--netns", f"/proc/{inner}/ns/net"]
    ground.began = time.monotonic()
    ground.pids.append(ground.popen(words).pid)
    ground.address = "10.0.2.2"


PROXY = {
    "half-open": "a SYN is answered only when the program behind has accepted: its socket there is the memory",
}

PEERS = [
    Peer(OURS, "this engine, compiled, on a TUN", _engine(python_of(OURS))),
    Peer(KERNEL, "Linux to Linux over veth, offloads on", _kernel, kernel=True),
    Peer(
        "gvisor",
        "gVisor's netstack (Go), Debian's golang-gvisor-gvisor-dev, on a TUN",
        _on_tun(lambda mtu: [str(BUILT / "gvisor"), "bench", services.STACK, str(mtu), *NUMBERS]),
        (GO, GO_GVISOR),
        build_gvisor,
        half_open=900,  # beyond 1,000 it answers with cookies
    ),
    Peer(
        "lwip",
        "lwIP (C), Debian's liblwip, raw interface, on a TUN",
        _on_tun(lambda mtu: [str(BUILT / "lwip"), "bench", services.STACK, str(mtu), *NUMBERS]),
        (LIBLWIP,),
        build_lwip,
        half_open=250,  # its backlog is a byte
    ),
    Peer("slirp4netns", "libslirp (C), the client's network behind it", _slirp, (SLIRP,), cannot=PROXY),
    Peer("pasta", "passt (C), the client's network behind it", _pasta, (PASST,), cannot=PROXY),
    Peer(
        "pmd-pytcp",
        "pmd-pytcp (Python), PyPI, on a TUN",
        _on_tun(lambda mtu: [sys.executable, "-P", str(HERE / "peers" / "pytcp.py"), "bench", str(mtu)]),
    ),
    Peer(
        RESPONDER,
        "no stack: a C program that answers SYN and FIN and keeps nothing, on a TUN",
        _on_tun(lambda mtu: [str(BUILT / "responder"), "bench", services.STACK, str(mtu), *NUMBERS]),
        build=build_responder,
        only=("cycles-1", "cycles-50"),
    ),
    Peer(
        BUSY,
        "this engine, asking its TUN for 50 µs before it sleeps",
        _engine(python_of(BUSY), 50e-6),
        only=("cycles-1", "echo"),
    ),
    Peer(UNCOMPILED, "this engine, uncompiled, on a TUN", _engine(python_of(UNCOMPILED))),
]


def find(only: list[str] | None) -> tuple[list[Peer], dict[str, str]]:
    """The peers that can be had here, built; and, for those that can't, why. Ours is always first."""
    here, missing = [], {} if only else dict(NOT_TO_BE_HAD)
    for peer in PEERS:
        if only and peer.name not in only and peer.name != OURS:
            continue
        lacking = [need.package for need in peer.needs if not need.met()]
        if lacking:
            missing[peer.name] = f"bench needs {', '.join(lacking)}: apt install {' '.join(lacking)}"
            continue
        try:
            if peer.build is not None:
                peer.build()
        except Exception as error:
            missing[peer.name] = str(error)
            continue
        here.append(peer)
    return here, missing
