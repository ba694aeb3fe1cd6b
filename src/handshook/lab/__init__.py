"""A private network: the machine's own kernel as the peer, in namespaces made for it and gone with it."""

from .network import PrivateNetwork
from .probe import Finding, Probe, probe
from .program import Program
from .unavailable import PrivateNetworkEnded, PrivateNetworkUnavailable

__all__ = ["Finding", "PrivateNetwork", "PrivateNetworkEnded", "PrivateNetworkUnavailable", "Probe", "Program", "probe"]
