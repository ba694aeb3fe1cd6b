"""docs/conformance.md is current, and no requirement of RFC 9293 is left without a test or a reason."""

from conformance.page import PAGE, every, load, markers, unknown, unmet, write

REQUIREMENTS = load()
MARKED = markers()


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == write(REQUIREMENTS, MARKED), "make docs"


def test_every_requirement_has_a_test_or_a_reason():
    assert unmet(REQUIREMENTS, MARKED) == []


def test_every_marker_names_a_requirement():
    assert unknown(REQUIREMENTS, MARKED) == []


def test_all_of_rfc_9293s_numbers_are_there():
    counts = {"MUST": 69, "SHLD": 31, "MAY": 18, "REC": 1}
    numbered = [f"{kind}-{n}" for kind, count in counts.items() for n in range(1, count + 1)]
    assert [entry["id"] for entry in REQUIREMENTS["rfc9293"]] == numbered


def test_each_call_each_state_of_an_arrival_and_the_time_outs_are_there():
    """RFC 9293 3.10.1 to 3.10.8; an id begins with its section, and a word may tell the steps of it apart."""
    sections = {entry["id"].split()[2] for entry in REQUIREMENTS["unnumbered"]}
    arrivals = {f"3.10.7.{n}" for n in range(1, 5)}
    assert sections == {f"3.10.{n}" for n in (1, 2, 3, 4, 5, 6, 8)} | arrivals
    steps = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"]
    ids = {entry["id"] for entry in REQUIREMENTS["unnumbered"]}
    assert {f"RFC 9293 3.10.7.4 {step}" for step in steps} <= ids


def test_no_name_stands_for_two():
    names = [entry["id"] for entry in every(REQUIREMENTS)]
    assert len(set(names)) == len(names)


def test_every_mark_is_on_something_that_pytest_or_the_kernel_suite_runs():
    wrong = [
        (path, name)
        for tests in MARKED.values()
        for path, name in tests
        if not path.startswith("kernel/") and not name.split(".")[-1].startswith(("test_", "Test"))
    ]
    assert wrong == []


class TestTheReader:
    """Of markers, on sources made for it."""

    def read(self, tmp_path, source):
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep" / "test_x.py").write_text(source)
        return markers(tmp_path)

    def test_functions_methods_and_classes(self, tmp_path):
        source = """
@requirement("A", "B")
def test_one(): pass
@other("C")
@requirement("B")
class TestAll:
    @requirement("D")
    async def test_two(self): pass
"""
        one, everything, two = [("deep/test_x.py", name) for name in ("test_one", "TestAll", "TestAll.test_two")]
        assert self.read(tmp_path, source) == {"A": [one], "B": [one, everything], "D": [two]}

    def test_what_lacks_both_is_told_and_so_is_what_is_marked_wrongly(self, tmp_path):
        marked = self.read(tmp_path, '@requirement("MUST-1", "MUST-99")\ndef test_one(): pass\n')
        entry = {"section": "3.1", "meaning": "x"}
        numbered = [{"id": "MUST-1", **entry}, {"id": "MUST-2", **entry}]
        requirements = {"rfc9293": numbered, "unnumbered": [], "companion": [], "differs": []}
        assert unmet(requirements, marked) == ["MUST-2"]
        assert unknown(requirements, marked) == ["MUST-99"]
        numbered[1]["reason"] = "not done"
        assert unmet(requirements, marked) == []
        assert "| MUST-2 | 3.1 | x | not done |" in write(requirements, marked)
        assert "[deep/test_x.py](../tests/deep/test_x.py): `test_one`" in write(requirements, marked)
