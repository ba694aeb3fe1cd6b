"""How far the explorer goes: how often each thing may happen, and how the hosts are set up.

Everything else is free: any segment may arrive at any time, in any order, or never.
"""

from dataclasses import dataclass, fields, replace

# The budgets that a state carries, three bits each, in this order; those of the sides come once for each side.
SHARED = ("losses", "copies", "forged")
OF_A_SIDE = ("timeouts", "opens", "sends", "shutdowns", "closes", "aborts", "crashes")
SIDES = ("client", "server")
BITS = 3
MOST = (1 << BITS) - 1
MOST_IN_FLIGHT = 8
MOST_PATIENCE = 1e5  # seconds; it is without end


@dataclass(frozen=True)
class Bounds:
    """How often each thing may happen. Pairs are (client, server).

    `losses`: segments that are lost. `copies`: segments that arrive and of which a copy stays in the network, for as
    long as it likes: until TIME-WAIT has ended, that is. `forged`: segments that a stranger sends in the client's name.
    `timeouts`: time-outs that go off (not TIME-WAIT's, which always may). `opens`: active opens. `sends`: octets that
    the program sends. `shutdowns`, `closes`, `aborts`: its calls of those names. `crashes`: a host loses its
    memory and is there again at once. `in_flight`: how many segments may be in the network.

    `listens`: the server does. `slow_reader`: reading is something that may happen or not, not done at once.
    `patience`: after so many seconds without an answer a connection is given up (a time-out is one second); by default
    it never is. `tight`: a connection's numbers begin one above its predecessor's. `timestamps`: both hosts use them.
    """

    losses: int = 0
    copies: int = 0
    forged: int = 0
    timeouts: tuple[int, int] = (0, 0)
    opens: tuple[int, int] = (1, 0)
    sends: tuple[int, int] = (0, 0)
    shutdowns: tuple[int, int] = (0, 0)
    closes: tuple[int, int] = (0, 0)
    aborts: tuple[int, int] = (0, 0)
    crashes: tuple[int, int] = (0, 0)
    in_flight: int = 4
    listens: bool = True
    slow_reader: bool = False
    patience: float = MOST_PATIENCE
    tight: bool = False
    timestamps: bool = False

    def __post_init__(self) -> None:
        for name in SHARED:
            _check(name, getattr(self, name), MOST)
        for name in OF_A_SIDE:
            for value in getattr(self, name):
                _check(name, value, MOST)
        _check("in_flight", self.in_flight, MOST_IN_FLIGHT)
        if not 0 < self.patience <= MOST_PATIENCE:
            raise ValueError(f"patience={self.patience:g}: more than 0 seconds, at most {MOST_PATIENCE:,.0f}")

    def packed(self) -> int:
        """The budgets as one number, three bits each."""
        values = [getattr(self, name) for name in SHARED]
        values += [getattr(self, name)[side] for side in (0, 1) for name in OF_A_SIDE]
        return sum(value << (BITS * place) for place, value in enumerate(values))

    def sentence(self) -> str:
        """The bounds in words, as they are typed; what is 0 is left out."""
        said = []
        for name in (*OF_A_SIDE, *SHARED, "in_flight"):
            value = getattr(self, name)
            if isinstance(value, tuple):
                if any(value):
                    said.append(f"{name}={value[0]}/{value[1]}")
            elif value:
                said.append(f"{name}={value}")
        for name in ("slow_reader", "tight", "timestamps"):
            if getattr(self, name):
                said.append(f"{name}=1")
        if not self.listens:
            said.append("listens=0")
        if self.patience != Bounds.patience:
            said.append(f"patience={self.patience:g}")
        return ",".join(said)


def _check(name: str, value: int, most: int) -> None:
    if not 0 <= value <= most:
        raise ValueError(f"{name} is {value}; it is 0 to {most}")


def read_bounds(text: str, default: Bounds) -> Bounds:
    """`default`, changed by `text`: "copies=2,opens=2/1,slow_reader=1". Raises `ValueError` for anything else.

    One number for what is counted for each side goes for both.
    """
    changes: dict[str, object] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        kind: object = next((field.default for field in fields(Bounds) if field.name == name), None)
        if kind is None:
            known = ", ".join(field.name for field in fields(Bounds))
            raise ValueError(f"{name!r} is no bound; there are {known}")
        try:
            if isinstance(kind, bool):
                changes[name] = {"0": False, "1": True}[value]
            elif isinstance(kind, tuple):
                both = [int(each) for each in value.split("/")]
                changes[name] = (both[0], both[-1])
                if len(both) > 2:
                    raise ValueError
            else:
                changes[name] = float(value) if isinstance(kind, float) else int(value)
        except (ValueError, KeyError):
            raise ValueError(f"{part!r}: {name} takes {_takes(kind)}") from None
    return replace(default, **changes)  # type: ignore[arg-type]


def _takes(kind: object) -> str:
    if isinstance(kind, bool):
        return "0 or 1"
    return "a number, or two: client/server" if isinstance(kind, tuple) else "a number"
