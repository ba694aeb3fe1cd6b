"""Who is who for a program that runs inside: which of its addresses stands for what of the machine.

The machine's `localhost` is at `host.handshook`; its name servers are at addresses of their own, one for each, so that
a program whose first name server is silent asks the second, as it would outside. Every other address is itself.
"""

import socket
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from pathlib import Path

from ..lab.addresses import ENGINE4, ENGINE6, KERNEL4, KERNEL6, PREFIX4, PREFIX6
from .learned import Learned

HOST_NAME = "host.handshook"
HOSTS = "/etc/hosts"
RESOLV = "/etc/resolv.conf"

# What glibc reads at most (resolv.conf(5), MAXNS).
MOST_RESOLVERS = 3
_FIRST_RESOLVER = ip_address("198.51.100.53")
_INSIDE = (ip_network(f"{KERNEL4}/{PREFIX4}", strict=False), ip_network(f"{KERNEL6}/{PREFIX6}", strict=False))


class Names:
    """What the program inside finds: `files` to lay over the machine's, and where each address leads.

    `hosts` and `resolv` are the texts of the machine's own files; read from there where they aren't given. `learned`
    are names that name servers have told the program.
    """

    def __init__(self, hosts: str | None = None, resolv: str | None = None) -> None:
        hosts = _read(HOSTS) if hosts is None else hosts
        resolv = _read(RESOLV) if resolv is None else resolv
        self.learned = Learned()
        self._listed: dict[str, list[str]] = {}
        for line in hosts.splitlines():
            address, *names = line.partition("#")[0].split() or [""]
            for name in names:
                self._listed.setdefault(name, []).append(address)
        self._outside = {ENGINE4: "127.0.0.1", ENGINE6: "::1"}
        kept = []
        servers = []
        for line in resolv.splitlines():
            words = line.split()
            if words[:1] == ["nameserver"] and len(words) > 1:
                servers.append(words[1])
            else:
                kept.append(line)
        for number, server in enumerate(servers[:MOST_RESOLVERS] or ["127.0.0.1"]):
            inside = str(_FIRST_RESOLVER + number)
            self._outside[inside] = server
            kept.append(f"nameserver {inside}")
        own = f"{ENGINE4} {HOST_NAME}\n{ENGINE6} {HOST_NAME}\n"
        self.files = {HOSTS: hosts.rstrip("\n") + "\n" + own, RESOLV: "\n".join(kept) + "\n"}

    def addresses_of(self, host: str) -> Iterable[str]:
        """Which addresses of the program's a name stands for, so far as it has been told: for rules."""
        if host == HOST_NAME:
            return (ENGINE4, ENGINE6)
        return [*self.learned.addresses_of(host), *self._listed.get(host, ())]

    def outside(self, address: str) -> str | None:
        """What the machine knows the address as, with a scope where it has one; None for nobody's."""
        found = self._outside.get(address)
        if found is None and not any(ip_address(address) in network for network in _INSIDE):
            found = address
        return found


def socket_address(address: str, port: int) -> tuple[int, tuple[str, int] | tuple[str, int, int, int]]:
    """The family and the address as the machine's sockets want it. Raises OSError for a scope that isn't there."""
    if ":" not in address:
        return socket.AF_INET, (address, port)
    plain, _, scope = address.partition("%")
    return socket.AF_INET6, (plain, port, 0, socket.if_nametoindex(scope) if scope else 0)


def routed_versions() -> tuple[int, ...]:
    """The IP versions that have a way out of the program's network: IPv4, and IPv6 where this machine has more of it
    than its own links. A program that is told at once that there is no way takes the other, inside as outside.
    """
    # proc(5): address, index, length of the prefix, scope, flags, device; scope 00 is global.
    rows = [line.split() for line in _read("/proc/net/if_inet6").splitlines()]
    return (4, 6) if any(row[3] == "00" and row[-1] != "lo" for row in rows) else (4,)


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
