"""A TUN device that exists already, as for `--tun NAME`: run by root, in a network namespace of its own."""

import contextlib
import errno
import json
import socket
import sys
import threading
from pathlib import Path

from pyroute2 import IPRoute

from handshook.lab import libc
from handshook.link.device import LinkDown
from handshook.link.pump import Pump
from handshook.link.tun import Tun

sys.path.insert(0, str(Path(__file__).parent))

from toys import Echo

HANG = 120


def expect(kind: type[OSError], number: int, words: str, name: str) -> None:
    try:
        Tun.attach(name)
    except kind as error:
        assert error.errno == number and words in str(error), error
    else:
        raise AssertionError(f"{name} could be attached to")


def main() -> None:
    libc.unshare(libc.CLONE_NEWNET)
    with IPRoute() as netlink:
        for name, options in (("mine", {}), ("many", {"tun_multi_queue": 1})):
            netlink.link("add", ifname=name, kind="tuntap", mode="tun", **options)
        index = netlink.link_lookup(ifname="mine")[0]
        expect(OSError, errno.ENODEV, "no network device", "yours")
        expect(LinkDown, errno.ENETDOWN, "ip link set mine up", "mine")
        netlink.addr("add", index=index, address="192.0.2.1", prefixlen=24)
        netlink.link("set", index=index, state="up", mtu=1400)
        netlink.link("set", index=netlink.link_lookup(ifname="lo")[0], state="up")
        expect(OSError, errno.EINVAL, "lo is not a TUN device", "lo")
        with Tun.attach("mine") as device:
            assert device.mtu == 1400
            expect(OSError, errno.EBUSY, "another program holds mine", "mine")
            ping(device)
            netlink.link("set", index=index, state="down")
            try:
                device.write([device.framing.header4 + b"\x45" + bytes(39)])
                raise AssertionError("a device that is down took a frame")
            except LinkDown as error:
                assert error.errno == errno.EIO
        assert netlink.link_lookup(ifname="mine"), "it was not ours to delete"
    print(json.dumps("ok"))


def ping(device: Tun) -> None:
    ending = threading.Event()
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    with Pump(Echo(device.framing), device) as pump, raw as asker:

        def run() -> None:
            while not ending.is_set():
                pump.turn()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        # The kernel drops what it is given until it has noticed, some time after `attach`, that the device has a user.
        asker.settimeout(0.1)
        for _ in range(HANG * 10):
            asker.sendto(bytes([8, 0, 0xF7, 0xFE, 0, 0, 0, 1]), ("192.0.2.2", 0))
            with contextlib.suppress(TimeoutError):
                answer, _ = asker.recvfrom(100)
                break
        else:
            raise AssertionError("no answer to a ping")
        assert answer[20] == 0, answer
        ending.set()
        pump.wake()
        thread.join()


main()
