"""Whether the kernel would send what is for an address into a device: asked of the kernel itself, over netlink."""

import socket

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

# linux/rtnetlink.h
_RTN_UNICAST = 1
_RTN_LOCAL = 2


def objection(address: str, device: str) -> str:
    """Why an engine on the device can't have the address, "" where nothing is known against it.

    Such as that it is the kernel's own, or that packets for it would leave another way. Where netlink does not answer
    there is nothing to be known.
    """
    try:
        with IPRoute() as netlink:
            return _judge(netlink, address, device)
    except (NetlinkError, OSError):
        return ""


def _judge(netlink: IPRoute, address: str, device: str) -> str:
    index = socket.if_nametoindex(device)
    cure = f"take one of {device}'s subnet, or lay a route: ip route add {address} dev {device}"
    try:
        routes = list(netlink.route("get", dst=address, **({"oif": index} if _is_link_local(address) else {})))
    except NetlinkError:
        return f"the kernel knows no way to it; {cure}"
    if not routes:
        return ""
    route = routes[0]
    if route["type"] == _RTN_LOCAL:
        return "that is the kernel's own address; the engine is another host on that link and needs one of its own"
    if route["type"] != _RTN_UNICAST:
        return "that is not the address of one host on that link (its network's, or broadcast)"
    way = route.get("oif") or index
    if way != index:
        return f"the kernel would send what is for it to {socket.if_indextoname(way)}, not to {device}; {cure}"
    return ""


def _is_link_local(address: str) -> bool:
    return address.lower().startswith("fe80:")
