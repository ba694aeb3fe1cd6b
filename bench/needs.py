"""What the bench needs from the system, by Debian's package names, and the programs that it builds from them."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
BUILT = ROOT / "build" / "bench"

GVISOR = Path("/usr/share/gocode/src/gvisor.dev/gvisor/pkg/tcpip")
LWIP = Path("/usr/include/lwip/lwipopts.h")


@dataclass(frozen=True)
class Need:
    """A Debian package, and the program or path that shows that it is there."""

    package: str
    shows: str

    def met(self) -> bool:
        """Is it there?"""
        return os.path.exists(self.shows) if "/" in self.shows else shutil.which(self.shows) is not None


# Without these there is no bench at all.
ALWAYS = [
    Need("gcc", "gcc"),
    Need("libc6-dev", "/usr/include/stdio.h"),
    Need("util-linux", "nsenter"),
    Need("wrk", "wrk"),
]
GO = Need("golang-go", "go")
GO_GVISOR = Need("golang-gvisor-gvisor-dev", str(GVISOR))
LIBLWIP = Need("liblwip-dev", str(LWIP))
SLIRP = Need("slirp4netns", "slirp4netns")
PASST = Need("passt", "pasta")


class NotBuilt(Exception):
    """A program that the compiler refused; says what it said last."""


def build(name: str, source: str, command: list[str], environment: dict[str, str] | None = None) -> None:
    """Build a program into `BUILT` where its source is newer; `command` lacks the output and the source."""
    path, target = HERE / source, BUILT / name
    if target.exists() and target.stat().st_mtime > path.stat().st_mtime:
        return
    BUILT.mkdir(parents=True, exist_ok=True)
    words = [*command, "-o", str(target), str(path)]
    if name == "lwip":
        words.append("-llwip")
    done = subprocess.run(
        words, capture_output=True, text=True, env={**os.environ, **(environment or {})}, cwd=BUILT, check=False
    )
    if done.returncode:
        raise NotBuilt(f"{source} does not build: {done.stderr.strip().splitlines()[-1]}")


def build_drivers() -> None:
    """The load, the flood and the kernel's server."""
    for name in ("load", "flood", "serve"):
        build(name, f"drivers/{name}.c", ["gcc", "-O2", "-Wall"])


def build_responder() -> None:
    """It needs nothing but the kernel's headers."""
    build("responder", "peers/responder.c", ["gcc", "-O2", "-Wall"])


def build_gvisor() -> None:
    """As Debian builds Go: from /usr/share/gocode, with nothing downloaded."""
    environment = {
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOFLAGS": "",
        "GOCACHE": str(BUILT / "go-cache"),
    }
    build("gvisor", "peers/gvisor.go", ["go", "build"], environment)


def build_lwip() -> None:
    """Against Debian's shared library, with its own options."""
    build("lwip", "peers/lwip.c", ["gcc", "-O2", "-Wall", "-I/usr/include/lwip"])
