"""Standing under a flood: what a stack goes through is watched, judged by stated rules, and answered."""

from .defence import Defence
from .rules import Rules, RulesWrong, read_rules, rules_text

__all__ = ["Defence", "Rules", "RulesWrong", "read_rules", "rules_text"]
