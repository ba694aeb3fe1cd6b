"""docs/why-three.md is what the explorer finds now."""

from prove.page import PAGE, write


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == write(), "make docs"
