"""What kind of private network is wanted: the one thing that goes from the tool through the keeper to init."""

from dataclasses import asdict, dataclass, field

from . import addresses
from .control import Document


@dataclass(frozen=True)
class Plan:
    """`links` are tried in order; see `PrivateNetwork` for the rest. What it has is what JSON can hold."""

    links: tuple[str, ...]
    mtu: int
    offload: bool = True
    far: bool = False
    queues: int = 1
    routes: tuple[int, ...] = ()
    files: dict[str, str] = field(default_factory=dict)

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

    def as_document(self) -> Document:
        return asdict(self)

    @classmethod
    def from_document(cls, found: Document) -> "Plan":
        return cls(**{**found, "links": tuple(found["links"]), "routes": tuple(found["routes"])})
