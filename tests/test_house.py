"""The rules of the house, read off the sources: what the core may import, which way imports go, how long things are."""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "handshook"
MODULES = sorted(PACKAGE.rglob("*.py"))

# From the ground up. A folder may import those below its own floor, and itself; nothing else.
FLOORS = [
    {"outcomes"},
    {"wire"},
    {"tcp"},
    {"host"},
    {""},  # the package itself: what it offers is the host's
    {"link"},
    {"show", "fault"},
    {"defence"},
    {"io"},
    {"testing"},
    {"lab"},
    {"session", "target"},
    {"demo", "serve", "connect", "run", "drill", "prove", "read", "guard", "web", "peer"},
    {"cli", "pytest_plugin"},
]
FLOOR = {folder: height for height, floor in enumerate(FLOORS) for folder in floor}
CORE = {"outcomes", "wire", "tcp", "host"}
# The core does no I/O, reads no clock and draws no lots.
FORBIDDEN = {
    "socket",
    "time",
    "asyncio",
    "threading",
    "random",
    "select",
    "selectors",
    "subprocess",
    "secrets",
    "ssl",
    "multiprocessing",
    "datetime",
    "signal",
    "concurrent",
    "_thread",
    "_socket",
}
# The one place where secrets come from.
ASKS_THE_SYSTEM = {"host/seed.py"}

LONGEST_FILE = 600
LONGEST_FUNCTION = 60


def where(path):
    return path.relative_to(PACKAGE).as_posix()


def name_of(path):
    """`handshook.tcp.states` for its file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path) for path in MODULES}


def folder_of(name):
    """The folder right below the package that a module is in; "" for the package itself."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


def trees():
    return [(path, ast.parse(path.read_text(), str(path))) for path in MODULES]


def imports(path, tree, everywhere=True):
    """Every module that this one imports, by its full name; with `everywhere` also those that functions import."""
    found = []
    package = name_of(path).split(".") if path.name == "__init__.py" else name_of(path).split(".")[:-1]
    nodes = ast.walk(tree) if everywhere else at_import(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from . import x` names the module x where there is one.
            found += [f"{module}.{a.name}" if f"{module}.{a.name}" in NAMES else module for a in node.names]
    return found


def at_import(node):
    """The statements that run when a module is imported: no function's body, nothing for type checkers only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from at_import(child)


def test_there_is_something_to_look_at():
    assert {"handshook.wire.segment", "handshook.tcp.connection", "handshook.host.stack"} <= NAMES


def test_the_core_imports_nothing_that_does_io_tells_the_time_or_draws_lots():
    wrong = [
        f"{where(path)} imports {name}"
        for path, tree in trees()
        if folder_of(name_of(path)) in CORE
        for name in imports(path, tree)
        if name.split(".")[0] in FORBIDDEN or (name == "os" and where(path) not in ASKS_THE_SYSTEM)
    ]
    assert not wrong


def test_the_core_opens_and_prints_nothing():
    wrong = [
        f"{where(path)}:{node.lineno} calls {node.func.id}"
        for path, tree in trees()
        if folder_of(name_of(path)) in CORE
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"open", "print", "input", "exec", "eval", "__import__"}
    ]
    assert not wrong


def test_imports_only_go_down():
    wrong = []
    for path, tree in trees():
        here = folder_of(name_of(path))
        assert here in FLOOR, f"{where(path)} stands on no floor of the design"
        for name in imports(path, tree):
            if name.split(".")[0] != "handshook":
                continue
            there = folder_of(name)
            if there != here and FLOOR[there] >= FLOOR[here]:
                wrong.append(f"{where(path)} imports {name}")
    assert not wrong


def test_only_the_standard_library_below_the_tools():
    """The engine has no dependency at run time, and neither has what carries its packets."""
    wrong = [
        f"{where(path)} imports {name}"
        for path, tree in trees()
        if folder_of(name_of(path)) in CORE | {"", "link"}
        for name in imports(path, tree)
        if name.split(".")[0] not in sys.stdlib_module_names | {"handshook"}
    ]
    assert not wrong


def test_no_module_imports_itself_in_a_circle():
    # A module also runs its packages' __init__ first, but those may import from their own folder.
    graph = {
        name_of(path): {name for name in imports(path, tree, everywhere=False) if name in NAMES}
        for path, tree in trees()
    }
    done, path = set(), []

    def visit(name):
        assert name not in path, "a circle: " + " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            path.append(name)
            for other in sorted(graph[name]):
                visit(other)
            path.pop()
            done.add(name)

    for name in sorted(graph):
        visit(name)


@pytest.mark.parametrize("path", MODULES, ids=where)
def test_no_file_is_longer_than_one_idea_needs(path):
    lines = len(path.read_text().splitlines())
    assert lines <= LONGEST_FILE, f"{where(path)} has {lines} lines"


@pytest.mark.parametrize("path", MODULES, ids=where)
def test_no_function_is_longer_than_a_screen(path):
    wrong = [
        f"{where(path)}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not wrong


@pytest.mark.parametrize("path", [path for path in MODULES if path.read_text().strip()], ids=where)
def test_every_file_says_which_idea_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text())), f"{where(path)} has no first paragraph"
