"""What this machine allows: each kind of private network is really made, and ended at once."""

from dataclasses import asdict, dataclass

from .network import PrivateNetwork
from .unavailable import PrivateNetworkUnavailable


@dataclass(frozen=True)
class Finding:
    """Whether one kind of private network can be had; where not, why and what would change that."""

    available: bool
    reason: str = ""
    cure: str = ""


@dataclass(frozen=True)
class Probe:
    """What was found."""

    tun: Finding
    veth: Finding
    own_user_namespace: bool = False
    """The network stands in a user namespace of its own, as for a user without privileges."""
    own_proc: bool = False
    """Programs inside see only each other in /proc."""
    ipv6: bool = False

    @property
    def available(self) -> bool:
        """Whether any private network can be had."""
        return self.tun.available or self.veth.available

    def as_dict(self) -> dict[str, object]:
        """For --json."""
        return {"available": self.available, **asdict(self)}


def probe() -> Probe:
    """Tries both links, in the time that two private networks take. What is missing is told, not raised."""
    findings: dict[str, Finding] = {}
    facts: dict[str, bool] = {}
    for link in ("tun", "veth"):
        try:
            with PrivateNetwork(link=link) as network:
                findings[link] = Finding(True)
                facts = {
                    "own_user_namespace": network.own_user_namespace,
                    "own_proc": network.own_proc,
                    "ipv6": network.ipv6,
                }
        except PrivateNetworkUnavailable as unavailable:
            findings[link] = Finding(False, unavailable.reason, unavailable.cure)
    return Probe(findings["tun"], findings["veth"], **facts)
