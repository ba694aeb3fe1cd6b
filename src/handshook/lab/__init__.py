"""A private network: the machine's own kernel as the peer, in namespaces made for it and gone with it."""

from handshook.lab.network import PrivateNetwork
from handshook.lab.probe import Finding, Probe, probe
from handshook.lab.program import Program
from handshook.lab.unavailable import PrivateNetworkUnavailable

__all__ = ["Finding", "PrivateNetwork", "PrivateNetworkUnavailable", "Probe", "Program", "probe"]
