"""A private network: the machine's own kernel as the peer, in namespaces made for it and gone with it."""

from handshook.lab.network import PrivateNetwork
from handshook.lab.probe import Finding, Probe, probe
from handshook.lab.program import Program
from handshook.lab.unavailable import PrivateNetworkEnded, PrivateNetworkUnavailable

__all__ = ["Finding", "PrivateNetwork", "PrivateNetworkEnded", "PrivateNetworkUnavailable", "Probe", "Program", "probe"]
