"""What kind of private network is wanted: the one thing that goes from the tool through the keeper to init."""

import json
from dataclasses import asdict, dataclass

from . import addresses


@dataclass(frozen=True)
class Plan:
    """`links` are tried in order; see `PrivateNetwork` for the rest."""

    links: tuple[str, ...]
    mtu: int
    offload: bool = True
    far: bool = False
    queues: int = 1

    @property
    def kernel4(self) -> str:
        return addresses.ENGINE4 if self.far else addresses.KERNEL4

    @property
    def kernel6(self) -> str:
        return addresses.ENGINE6 if self.far else addresses.KERNEL6

    @property
    def engine4(self) -> str:
        return addresses.KERNEL4 if self.far else addresses.ENGINE4

    @property
    def engine6(self) -> str:
        return addresses.KERNEL6 if self.far else addresses.ENGINE6

    def as_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> "Plan":
        found = json.loads(text)
        return cls(**{**found, "links": tuple(found["links"])})
