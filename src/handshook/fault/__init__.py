"""Connections broken on purpose: rules on segments, between a stack and its link. docs/faults.md has them all."""

from .faults import Faults, between
from .forms import help_text
from .grammar import parse
from .rule import Rule, RuleError

__all__ = ["Faults", "Rule", "RuleError", "between", "help_text", "parse"]
