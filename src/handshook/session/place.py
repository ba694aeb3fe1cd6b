"""Where an engine stands: at its end of a private network, or on a TUN device that the user has."""

from ipaddress import ip_interface
from typing import Any

from ..host.share import ALONE, Share
from ..lab import PrivateNetwork
from ..link.device import Device


class Place:
    """A link's end, the engine's own `addresses` there, and, in a private network, `network` with its kernel.

    `share` says which of several engines with these addresses it is. Close it; what was started in the private network
    ends with it.
    """

    def __init__(
        self, device: Device, addresses: list[str], network: PrivateNetwork | None = None, share: Share = ALONE
    ) -> None:
        self.share = share
        self.device = device
        self.addresses = addresses
        self.network = network

    @classmethod
    def private(cls, link: str = "auto", queues: int = 1, **options: Any) -> "Place":
        """A private network over "tun", "veth" or the first that can be had ("auto"); options are the network's.

        Its link has so many `queues`, one of which this is; see `session.team`. Raises `PrivateNetworkUnavailable`.
        """
        network = PrivateNetwork(link=link, queues=queues, **options)
        addresses = [network.engine4, network.engine6] if network.ipv6 else [network.engine4]
        return cls(network.device, addresses, network)

    @classmethod
    def attached(cls, name: str, addresses: list[str]) -> "Place":
        """A TUN device that exists; `addresses` are the engine's, each with or without the length of its prefix.

        Raises OSError where the device can't be had, ValueError for what is no address, or none that the kernel would
        send to that device.
        """
        from ..link.tun import Tun
        from .route import objection

        own = [str(ip_interface(address).ip) for address in addresses]
        device = Tun.attach(name)
        for address in own:
            if why := objection(address, name):
                device.close()
                raise ValueError(f"{address}: {why}")
        return cls(device, own)

    @property
    def peer_name(self) -> str:
        """Who is at the other end, for the ladder."""
        return "peer" if self.network is None else "kernel"

    def close(self) -> None:
        """Lets go of the device and ends the private network. A second call does nothing."""
        if self.network is not None:
            self.network.close()
        self.device.close()

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
