"""One rule, read: what it does, to which connections, to which of their segments."""

from dataclasses import dataclass
from ipaddress import ip_address

from .forms import FLAGS, WHEN, Form, Moment


class RuleError(ValueError):
    """A rule that can't be read, or that contradicts itself or another."""


@dataclass(frozen=True)
class Target:
    """One end of connections: `host` is an address in its usual spelling, a name, or None for any; so is `port`."""

    host: str | None
    port: int | None

    @property
    def is_name(self) -> bool:
        """Whether somebody has to say which addresses it stands for."""
        if self.host is None:
            return False
        try:
            ip_address(self.host)
        except ValueError:
            return True
        return False

    def apart_from(self, other: "Target | None") -> bool:
        """Whether no end can be both."""
        if other is None:
            return False
        hosts = None not in (self.host, other.host) and self.host != other.host and self.is_name == other.is_name
        ports = None not in (self.port, other.port) and self.port != other.port
        return hosts or ports


@dataclass(frozen=True)
class Rule:
    """`str(rule)` is the line that it was read from. Times are seconds, counted as docs/faults.md says."""

    text: str
    form: Form
    what: str | None = None
    amount: float | None = None
    to: Target | None = None
    source: Target | None = None  # `from`
    first: int | None = None
    after: int | float | None = None  # segments, or seconds
    lasts: int | float | None = None  # `for`: connections, or seconds
    between: tuple[float, float] | None = None
    probability: float = 1.0
    seed: int | None = None

    def __str__(self) -> str:
        return self.text

    @property
    def does(self) -> str:
        """What it does, without to whom: lots are drawn by this, so that another port is no other fate."""
        return f"{self.form.pattern} {self.what} {self.amount}"

    @property
    def always(self) -> bool:
        """Whether it acts on all that it fits."""
        return (
            self.first is None
            and self.after is None
            and self.lasts is None
            and self.between is None
            and self.probability == 1.0
        )

    @property
    def acts(self) -> Moment | None:
        """How far a handshake must have come for it to act; None where that is open."""
        return WHEN.get(self.what) if self.what is not None else self.form.acts

    @property
    def flags(self) -> int:
        """A segment has one of these flags where it acts."""
        return self.form.flags if self.what is None else FLAGS[self.what]

    @property
    def stops(self) -> Moment | None:
        """What never comes to pass where it always acts."""
        if not self.always:
            return None
        if self.form.verb in ("drop", "corrupt") and self.what in WHEN:
            moment = WHEN[self.what]
            return None if moment is Moment.OPEN else moment
        return self.form.stops if self.what is None else None
