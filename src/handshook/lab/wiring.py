"""Lays the wire between the kernel and the engine, from inside a fresh network namespace, over netlink.

The kernel's end is one device, `handshook`, with the kernel's two addresses. The engine's end is a
descriptor: the TUN's own, or a packet socket on the far end of a veth pair. Both are made to behave alike and
to keep quiet: no ARP, no neighbour discovery, no multicast, so that whatever the kernel sends into the subnet
simply leaves through the device, also to an address that nobody answers, and the wire carries nothing that
nobody asked for.
"""

import contextlib
import errno
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from ..link.packet import open_packet_socket
from ..link.tun import QUEUE_PACKETS, open_queue
from .addresses import PREFIX4, PREFIX6
from .control import Document
from .plan import Plan

KERNEL_DEVICE = "handshook"
ENGINE_DEVICE = "engine"

# linux/sockios.h, linux/if.h, linux/if_addr.h
_SIOCGIFINDEX = 0x8933
_IFF_UP = 0x1
_IFF_NOARP = 0x80
_IFF_MULTICAST = 0x1000
_IFA_F_NODAD = 0x02

# IPv6 usable at once and silent: no duplicate address detection, no routers asked for or believed, no
# link-local address (addr_gen_mode 1) that would want to be announced.
_QUIET_IPV6 = {
    "disable_ipv6": "0",
    "accept_dad": "0",
    "accept_ra": "0",
    "autoconf": "0",
    "router_solicitations": "0",
    "addr_gen_mode": "1",
}


@dataclass(frozen=True)
class Wire:
    """What was laid; MAC addresses as text, empty for a TUN."""

    link: str
    name: str
    mtu: int
    ipv6: bool
    offload: bool = True
    kernel_mac: str = ""
    engine_mac: str = ""

    def as_document(self) -> Document:
        return asdict(self)


class WiringFailed(Exception):
    """A step that the system refused: which one, and the errno."""

    def __init__(self, step: str, number: int) -> None:
        super().__init__(step, number)
        self.step = step
        self.number = number


def lay(plan: Plan) -> tuple[Wire, list[int]]:
    """Brings up loopback and the first of the links ("tun", "veth") that the system allows.

    Returns what it got and the engine's descriptors, one for each queue. Raises WiringFailed for the last link that
    was tried.
    """
    _set_sysctls()
    with IPRoute() as netlink:
        with _step("loopback"):
            netlink.link("set", index=_index("lo"), state="up")
        for position, link in enumerate(plan.links):
            try:
                return (_lay_tun if link == "tun" else _lay_veth)(netlink, plan)
            except WiringFailed:
                if position == len(plan.links) - 1:
                    raise
    raise ValueError("no link asked for")


def _lay_tun(netlink: IPRoute, plan: Plan) -> tuple[Wire, list[int]]:
    descriptors: list[int] = []
    try:
        with _step("tun"):
            for _ in range(plan.queues):
                descriptors.append(open_queue(KERNEL_DEVICE, offload=plan.offload, one_of_many=plan.queues > 1))
        index = _index(KERNEL_DEVICE)
        with _step("device"):
            netlink.link("set", index=index, flags=0, mask=_IFF_MULTICAST)
            netlink.link("set", index=index, mtu=plan.mtu, txqlen=QUEUE_PACKETS, state="up")
        ipv6 = _address(netlink, index, plan)
        _route(netlink, index, plan, ipv6)
        return Wire("tun", KERNEL_DEVICE, plan.mtu, ipv6, plan.offload), descriptors
    except BaseException:
        for descriptor in descriptors:
            os.close(descriptor)
        raise


def _lay_veth(netlink: IPRoute, plan: Plan) -> tuple[Wire, list[int]]:
    with _step("veth"):
        peer = {"ifname": ENGINE_DEVICE, "mtu": plan.mtu}
        netlink.link("add", ifname=KERNEL_DEVICE, kind="veth", mtu=plan.mtu, peer=peer)
    kernel, engine = _index(KERNEL_DEVICE), _index(ENGINE_DEVICE)
    _sysctl(f"net/ipv6/conf/{ENGINE_DEVICE}/disable_ipv6", "1")
    with _step("device"):
        for index in (engine, kernel):
            netlink.link("set", index=index, flags=_IFF_NOARP, mask=_IFF_NOARP | _IFF_MULTICAST)
            netlink.link("set", index=index, state="up")
        kernel_mac, engine_mac = (netlink.get_links(index)[0].get("address") for index in (kernel, engine))
    ipv6 = _address(netlink, kernel, plan)
    _route(netlink, kernel, plan, ipv6)
    with _step("packet"):
        # Only now: bound before the device is up, its first read would say that the network is down.
        descriptors = [open_packet_socket(ENGINE_DEVICE, one_of_many=plan.queues > 1) for _ in range(plan.queues)]
    return Wire("veth", ENGINE_DEVICE, plan.mtu, ipv6, plan.offload, kernel_mac, engine_mac), descriptors


def _address(netlink: IPRoute, index: int, plan: Plan) -> bool:
    with _step("address"):
        netlink.addr("add", index=index, family=socket.AF_INET, address=plan.kernel4, prefixlen=PREFIX4)
    try:
        flags = _IFA_F_NODAD
        netlink.addr("add", index=index, family=socket.AF_INET6, address=plan.kernel6, prefixlen=PREFIX6, flags=flags)
    except NetlinkError as error:
        if error.code in (errno.EOPNOTSUPP, errno.EAFNOSUPPORT, errno.EACCES, errno.EPERM):
            # A kernel built or booted without IPv6: half a network is better than none, and it is told.
            return False
        raise WiringFailed("address", error.code) from error
    return True


def _route(netlink: IPRoute, index: int, plan: Plan, ipv6: bool) -> None:
    if plan.routes:
        # A server inside that listens at its own loopback alone is reached from the engine, too: there is nobody else.
        _sysctl(f"net/ipv4/conf/{KERNEL_DEVICE}/route_localnet", "1")
    with _step("route"):
        if 4 in plan.routes:
            netlink.route("add", family=socket.AF_INET, dst="0.0.0.0/0", oif=index)
        if 6 in plan.routes and ipv6:
            netlink.route("add", family=socket.AF_INET6, dst="::/0", oif=index)


def _set_sysctls() -> None:
    for name, value in _QUIET_IPV6.items():
        _sysctl(f"net/ipv6/conf/default/{name}", value)
    # Where the host forwards (container hosts do), a new network inherits that, and an address that nobody has would be
    # answered by its router instead of by silence.
    _sysctl("net/ipv4/ip_forward", "0")
    _sysctl("net/ipv6/conf/all/forwarding", "0")
    # A server inside may take port 80 without being root: whom could it disturb in here?
    _sysctl("net/ipv4/ip_unprivileged_port_start", "0")
    # So that `ping` works inside for a user without capabilities; where only one's own group is mapped, for
    # that one.
    if not _sysctl("net/ipv4/ping_group_range", "0 2147483647"):
        _sysctl("net/ipv4/ping_group_range", f"{os.getegid()} {os.getegid()}")


def _sysctl(name: str, value: str) -> bool:
    # Each of them is a refinement: where /proc/sys is read-only or has no such entry the network works all
    # the same.
    try:
        with open(f"/proc/sys/{name}", "w", encoding="ascii") as file:
            file.write(value)
    except OSError:
        return False
    return True


def _index(name: str) -> int:
    # Not socket.if_nametoindex, for which every error is "no interface with this name", the limit on files too.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        answer = fcntl.ioctl(asker, _SIOCGIFINDEX, struct.pack("16s24x", name.encode()))
    return int(struct.unpack_from("i", answer, 16)[0])


@contextlib.contextmanager
def _step(name: str) -> Iterator[None]:
    try:
        yield
    except NetlinkError as error:
        raise WiringFailed(name, error.code) from error
    except OSError as error:
        raise WiringFailed(name, error.errno or 0) from error
