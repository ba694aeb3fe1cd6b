"""A rule that is in force, how often it has hit, and its count on one connection."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .forms import Moment
from .lots import lot
from .rule import Rule

if TYPE_CHECKING:
    from .passing import Passing


@dataclass(eq=False)
class Active:
    """A rule in force. `hits` counts segments that it acted on, `connections` those that it has met."""

    id: int
    rule: Rule
    seed: object
    since: float | None = None
    hits: int = 0
    connections: int = 0
    hit_connections: int = 0


@dataclass(eq=False)
class Tally:
    """One rule on one connection; `ordinal` counts the rule's connections from 1.

    `memory` is what the act has to remember from one segment to the next.
    """

    active: Active
    ordinal: int
    fitted: int = 0
    hits: int = 0
    first_hit: float = 0.0
    chosen: bool | None = None
    memory: dict[str, Any] = field(default_factory=dict)

    def chooses(self, passing: "Passing") -> bool:
        """Whether the rule acts on this segment, which fits its form; counted from now on."""
        rule = self.active.rule
        self.fitted += 1
        if not self._is_time(rule, passing):
            return False
        if rule.form.whole:
            return self.has_connection()
        skipped = rule.after if type(rule.after) is int else 0
        if self.fitted <= skipped or (rule.first is not None and self.fitted > skipped + rule.first):
            return False
        return self._may_begin(rule) and (rule.probability == 1.0 or self.draw("", passing) < rule.probability)

    def has_connection(self) -> bool:
        """Whether the whole connection is one that the rule is for."""
        if self.chosen is None:
            rule = self.active.rule
            lucky = rule.probability == 1.0 or lot(self.active.seed, rule.does, self.ordinal) < rule.probability
            self.chosen = lucky and self._may_begin(rule)
        return self.chosen

    def is_spent(self, is_open: bool) -> bool:
        """Whether it can't act on its connection any more, which may be open by now."""
        rule = self.active.rule
        if self.chosen is False or not self._may_begin(rule):
            return True
        if is_open and (rule.acts is not None and rule.acts is not Moment.OPEN):
            return rule.form.verb != "corrupt" or rule.what is not None
        return rule.first is not None and self.fitted >= rule.first + (rule.after if type(rule.after) is int else 0)

    def too_early(self, passing: "Passing") -> bool:
        """Whether the connection is not yet as old as the rule says."""
        after = self.active.rule.after
        return type(after) is float and passing.now - passing.flow.began < after

    def hit(self, now: float) -> None:
        """It has acted."""
        if not self.hits:
            self.first_hit = now
            self.active.hit_connections += 1
        self.hits += 1
        self.active.hits += 1

    def draw(self, what: str, passing: "Passing") -> float:
        """A lot, 0 to 1, on a segment."""
        return lot(what, self.active.seed, self.active.rule.does, self.ordinal, passing.way.value, *passing.place)

    def _may_begin(self, rule: Rule) -> bool:
        return type(rule.lasts) is not int or self.hits > 0 or self.active.hit_connections < rule.lasts

    def _is_time(self, rule: Rule, passing: "Passing") -> bool:
        if self.too_early(passing):
            return False
        if type(rule.lasts) is float and self.hits and passing.now - self.first_hit >= rule.lasts:
            return False
        if rule.between is not None:
            begin, end = rule.between
            return begin <= passing.now - (self.active.since or 0.0) < end
        return True
