"""What runs as root inside a private network to lay a peer's ground; prints one line of JSON when it stands.

    inside.py tune                             only what every ground needs
    inside.py tun DEVICE MTU                   a TUN that a peer may open, with the kernel's address
    inside.py apart veth MTU COMMAND...        COMMAND in a second network, on the far end of a veth pair
    inside.py apart none 0 COMMAND...          COMMAND in a second network with nothing in it

The second network lives as long as COMMAND does; `pid` in what is printed is COMMAND's, as seen inside.
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import struct
import sys

from pyroute2 import IPRoute

from handshook.lab import libc

KERNEL, STACK = "198.51.100.1", "198.51.100.2"

# The kernel's own limits would hide the peer's, and sources that nobody routes must be let in.
TUNING = {
    "net/ipv4/ip_local_port_range": "1024 65535",
    "net/ipv4/tcp_tw_reuse": "1",
    "net/ipv4/tcp_max_tw_buckets": "2000000",
    "net/ipv4/tcp_max_syn_backlog": "200000",
    "net/core/somaxconn": "200000",
    "net/ipv4/tcp_syncookies": "0",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    "net/ipv6/conf/all/disable_ipv6": "1",
}


def tune() -> None:
    """Each is a refinement; where the machine doesn't allow it, it is told."""
    for name, value in TUNING.items():
        try:
            with open(f"/proc/sys/{name}", "w", encoding="ascii") as file:
                file.write(value)
        except OSError as error:
            print(f"{name} stays as it is: {error.strerror}", file=sys.stderr)


def lay_tun(name: str, mtu: int) -> None:
    """A persistent TUN, so that whichever program opens it next has it."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x1001))
    fcntl.ioctl(descriptor, 0x400454CB, 1)
    with IPRoute() as netlink:
        index = socket.if_nametoindex(name)
        netlink.link("set", index=index, mtu=mtu, txqlen=5000, state="up")
        _clear(netlink)
        netlink.addr("add", index=index, address=KERNEL, prefixlen=24)
    os.close(descriptor)


def apart(wire: str, mtu: int, command: list[str]) -> None:
    """Fork, part from this network, be wired to it, become the command."""
    parted, wired = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        libc.unshare(libc.CLONE_NEWNET)
        os.write(parted[1], b".")
        os.read(wired[0], 1)
        tune()
        with IPRoute() as netlink:
            netlink.link("set", index=socket.if_nametoindex("lo"), state="up")
            if wire == "veth":
                index = socket.if_nametoindex("bench")
                netlink.link("set", index=index, mtu=mtu, state="up")
                netlink.addr("add", index=index, address=STACK, prefixlen=24)
                netlink.route("add", dst="default", gateway=KERNEL)
        os.write(parted[1], b".")
        os.execvp(command[0], command)
    os.read(parted[0], 1)
    with IPRoute() as netlink:
        if wire == "veth":
            _clear(netlink)
            netlink.link("add", ifname="bench", kind="veth", mtu=mtu, peer={"ifname": "bench", "net_ns_pid": child})
            index = socket.if_nametoindex("bench")
            netlink.link("set", index=index, mtu=mtu, state="up")
            netlink.addr("add", index=index, address=KERNEL, prefixlen=24)
        else:
            # What pasta takes the guest's address and gateway from.
            netlink.route("add", dst="default", gateway=STACK)
    os.write(wired[1], b".")
    os.read(parted[0], 1)
    tell(pid=child)
    signal.pause()


def tell(**what: int) -> None:
    """The line that says that all is laid."""
    print(json.dumps(what), flush=True)


def _clear(netlink: IPRoute) -> None:
    """The lab's own device has the addresses that the peer's is to have."""
    with contextlib.suppress(OSError):
        netlink.link("set", index=socket.if_nametoindex("handshook"), state="down")
        netlink.flush_addr(index=socket.if_nametoindex("handshook"))


def main(words: list[str]) -> None:
    """One of the commands above."""
    tune()
    if words[0] == "apart":
        apart(words[1], int(words[2]), words[3:])
    elif words[0] == "tun":
        lay_tun(words[1], int(words[2]))
    tell()


if __name__ == "__main__":
    main(sys.argv[1:])
