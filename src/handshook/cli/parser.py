"""A parser that says first what is most wrong, with the usage of the command that it is about.

argparse would name a missing word before a misspelt option, show the whole tool's usage for a word too many, and keep
silent where its help can't be written.
"""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from typing import IO, Any


class Help(argparse.HelpFormatter):
    """Fills what is prose; what has indented lines, such as examples, stays as it is."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n  " in text else super()._fill_text(text, width, indent)


class Parser(argparse.ArgumentParser):
    """As argparse's; with subcommands, only the words before the first of them are its own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=Help, allow_abbrev=False, **options)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        words = list(sys.argv[1:] if args is None else args)
        for word in words:
            if word.startswith("-") and len(word) > 1:
                if word.partition("=")[0] not in self._option_string_actions:
                    self.error(f"unrecognized arguments: {word}")
            elif self._subparsers is not None:
                break
        found, unknown = super().parse_known_args(words, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def _print_message(self, message: str, file: Any = None) -> None:
        stream: IO[str] = file or sys.stderr
        # What was asked for and can't be written is an error; a complaint that can't is only unheard.
        with contextlib.suppress(*[OSError, ValueError] if stream is sys.stderr else []):
            stream.write(message)
            stream.flush()
