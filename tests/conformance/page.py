"""docs/conformance.md: each requirement of docs/requirements.toml, and the tests that show it or why none does.

The markers are read off the sources, so that no test has to be run or even imported for it. Run as a program it writes
the page: `make docs`.
"""

import ast
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
REQUIREMENTS = ROOT / "docs" / "requirements.toml"
PAGE = ROOT / "docs" / "conformance.md"

HEAD = """\
# Conformance

Made by `make docs` from [requirements.toml](requirements.toml) and the `@requirement` markers of the tests; a
test of the suite fails when this page is not current, and when a requirement has neither a test nor a reason.
Meanings are in own words; the RFC's are what counts.
"""
KINDS = {"MUST": "must", "SHLD": "should", "MAY": "may", "REC": "is recommended"}


def load(path=REQUIREMENTS):
    """The four lists: `rfc9293`, `unnumbered`, `companion`, `differs`."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def markers(directory=ROOT / "tests"):
    """Requirement to the tests marked with it, each as (path below `directory`, name), in the order of the sources."""
    found = {}
    for path in sorted(directory.rglob("*.py")):
        where = path.relative_to(directory).as_posix()
        for name, node in _tests(ast.parse(path.read_text(encoding="utf-8")), ""):
            for requirement in _marks(node):
                found.setdefault(requirement, []).append((where, name))
    return found


def _tests(node, prefix):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield child.name, child
            yield from _tests(child, f"{child.name}.")
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield prefix + child.name, child


def _marks(node):
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "requirement":
            yield from map(ast.literal_eval, decorator.args)


def every(requirements):
    """All entries of the four lists."""
    return [entry for entries in requirements.values() for entry in entries]


def unmet(requirements, marked):
    """The entries that have neither a test nor a reason."""
    return [entry["id"] for entry in every(requirements) if entry["id"] not in marked and not entry.get("reason")]


def unknown(requirements, marked):
    """Markers that name nothing."""
    return sorted(marked.keys() - {entry["id"] for entry in every(requirements)})


def write(requirements, marked):
    """The page."""
    parts = [HEAD, _summary(requirements["rfc9293"], marked)]
    for kind, verb in KINDS.items():
        entries = [entry for entry in requirements["rfc9293"] if entry["id"].split("-")[0] == kind]
        rows = [(entry["id"], entry["section"], entry["meaning"], _shown(entry, marked)) for entry in entries]
        parts.append(_table(f"RFC 9293: what a TCP {verb}", ("", "§", "meaning", "shown by"), rows))
    parts.append(_rules("RFC 9293 3.10: what carries no number", "§", "RFC 9293 ", requirements["unnumbered"], marked))
    parts.append(_rules("The RFCs beside it", "RFC, §", "RFC ", requirements["companion"], marked))
    rows = [
        (entry["question"], entry["freebsd"], entry["linux"], entry["here"], _shown(entry, marked))
        for entry in requirements["differs"]
    ]
    parts.append(_table("Where stacks differ", ("question", "FreeBSD", "Linux", "here", "shown by"), rows))
    return "\n".join(parts)


def _rules(title, head, prefix, entries, marked):
    rows = [(entry["id"].removeprefix(prefix), entry["meaning"], _shown(entry, marked)) for entry in entries]
    return _table(title, (head, "rule", "shown by"), rows)


def _summary(entries, marked):
    rows = []
    for kind in KINDS:
        of_kind = [entry for entry in entries if entry["id"].split("-")[0] == kind]
        reasons = sum("reason" in entry for entry in of_kind)
        tested = sum(entry["id"] in marked and "reason" not in entry for entry in of_kind)
        rows.append((kind, str(len(of_kind)), str(tested), str(reasons)))
    return _table(
        "In short", ("RFC 9293", "numbered", "met, and shown by tests", "declined, or not ours to meet"), rows
    )


def _shown(entry, marked):
    """The reason where there is one, then the tests, a file's together."""
    files = {}
    for path, name in marked.get(entry["id"], ()):
        files.setdefault(path, []).append(name)
    lines = [entry["reason"]] if entry.get("reason") else []
    lines += [f"[{path}](../tests/{path}): {', '.join(f'`{name}`' for name in names)}" for path, names in files.items()]
    return "<br>".join(lines)


def _table(title, heads, rows):
    lines = [f"## {title}", "", _row(heads), _row("---" for _ in heads), *map(_row, rows), ""]
    return "\n".join(lines)


def _row(cells):
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main():
    requirements, marked = load(), markers()
    PAGE.write_text(write(requirements, marked), encoding="utf-8")
    for name in unknown(requirements, marked):
        print(f"{name}: marked, and not in {REQUIREMENTS.name}")
    for name in unmet(requirements, marked):
        print(f"{name}: neither a test nor a reason")
    return 1 if unknown(requirements, marked) or unmet(requirements, marked) else 0


if __name__ == "__main__":
    sys.exit(main())
