"""The marker that says which requirement a test shows: `@requirement("MUST-13", "RFC 1337 3")`.

The names are those of docs/requirements.toml. `make docs` reads the markers off the sources and writes
docs/conformance.md; `pytest -m requirement` runs what is marked. On a class it stands for every test in it.
"""

import pytest


def requirement(*names):
    """Mark a test, a class of tests, or a scene of the kernel suite; it must fail where one of `names` is broken."""
    return pytest.mark.requirement(*names)
