"""docs/states.md: every state and every way between them, out of the engine's own table. Run as a program it writes
the page: `make docs`."""

from pathlib import Path

from handshook.show.states import ORDERLY, SUDDEN, diagram, table

PAGE = Path(__file__).parent.parent.parent / "docs" / "states.md"

TEXT = """\
# States

Made by `make docs` from `TRANSITIONS` in [states.py](../src/handshook/tcp/states.py), which the tests walk the engine
through entry by entry; a test fails when this page is not current. The names are those of RFC 9293 (3.3.2).

## In order

```mermaid
{orderly}
```

## All at once

A RST that is believed, an abort by the program, or giving up when no answer comes.

```mermaid
{sudden}
```

A RST does not end TIME-WAIT (RFC 1337). LISTEN is a port's state, CLOSED that of everything that isn't there: where a
RST brings a passive open back to LISTEN (figure 5, note 1), a four-tuple is CLOSED again under a port that goes on
listening.

## Every entry

{table}
"""


def write():
    """The page."""
    return TEXT.format(orderly=diagram(ORDERLY), sudden=diagram(SUDDEN), table=table())


if __name__ == "__main__":
    PAGE.write_text(write(), encoding="utf-8")
