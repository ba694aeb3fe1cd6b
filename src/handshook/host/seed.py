"""Where a stack's secrets come from: a seed, so that a run can be repeated, or the system's generator.

This is the only place of the engine that asks the system for anything.
"""

import os
from hashlib import blake2b

from ..tcp.isn import Secret


class Secrets:
    """The keys of one stack, each for one purpose."""

    __slots__ = ("_root", "challenges", "initial_sequence", "ports", "syn_cache")

    def __init__(self, seed: int | None) -> None:
        self._root = root = os.urandom(32) if seed is None else blake2b(str(seed).encode(), digest_size=32).digest()
        self.initial_sequence = Secret(blake2b(b"isn", digest_size=16, key=root).digest())
        self.challenges = Secret(blake2b(b"challenges", digest_size=16, key=root).digest())
        self.syn_cache = Secret(blake2b(b"syn cache", digest_size=16, key=root).digest())
        self.ports = Secret(blake2b(b"ports", digest_size=16, key=root).digest())

    def cookies(self, generation: int) -> Secret:
        """The secret of SYN cookies: the only one that changes, and so each generation's own."""
        return Secret(blake2b(b"cookies %d" % generation, digest_size=16, key=self._root).digest())
