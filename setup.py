"""What pyproject.toml can't say: which modules become C, and what happens where they can't.

Every module with a `.pxd` beside it is compiled by Cython from its plain Python source. All or nothing: a
module that takes another's C types can't load beside an uncompiled one, so wherever something is missing or
goes wrong the same sources are installed as they are. The environment decides the rest:

    HANDSHOOK_PURE=1        compile nothing
    HANDSHOOK_PURE=0        compile, and fail where that can't be done
    HANDSHOOK_SANITIZE=...  for debugging: -O1 -g and the C compiler's -fsanitize=...; see `make sanitize`
"""

import os
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten

from setuptools import Distribution, Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

SOURCE = Path("src")
PURE = os.environ.get("HANDSHOOK_PURE", "")
SANITIZE = os.environ.get("HANDSHOOK_SANITIZE", "")
WORKERS = os.cpu_count() or 1

# One folder for each kind of build: what is out of date is told by the sources' times, never by the options.
KIND = "pure" if PURE == "1" else f"sanitized-{SANITIZE}" if SANITIZE else "fast"
BUILD = Path("build", KIND)

# What keeps both builds doing the same; C arithmetic is the one difference that the sources allow for.
DIRECTIVES = {
    "language_level": 3,
    "binding": True,
    # Else an annotation of `float` becomes a C type and one of `int` a check: only the .pxd decides.
    "annotation_typing": False,
    # Division by zero and the sign of a remainder as Python has them.
    "cdivision": False,
    # These govern lists, tuples and bytes, never C pointers, which nothing checks. Without them `items[-1]`
    # reads wild memory, of any list, and an IndexError never comes.
    "boundscheck": True,
    "wraparound": True,
    # Without it an attribute of None is read from wild memory, and a method of None ends the process.
    "nonecheck": True,
}


def say(line: str) -> None:
    """One line to whoever installs; pip shows it with -v and keeps it with --log."""
    print(f"handshook: {line}", file=sys.stderr, flush=True)


class Modules(build_py):
    """Leaves out what earlier builds left behind: setuptools would ship a module whose source is gone."""

    def run(self) -> None:
        """Sweep, then copy."""
        for built in Path(self.build_lib).rglob("*"):
            source = SOURCE / built.relative_to(self.build_lib)
            if built.suffix == ".so":
                source = source.with_name(built.name.split(".")[0] + ".pxd")
            if built.is_file() and not source.exists():
                built.unlink()
        super().run()


class Compiled(build_ext):
    """Compiles every module, or none."""

    def run(self) -> None:
        """Translate and compile; on any failure take back what was made."""
        try:
            from Cython.Build import cythonize

            translated = cythonize(
                self.extensions,
                build_dir=str(BUILD / "c"),
                include_path=[str(SOURCE)],
                compiler_directives=DIRECTIVES,
                nthreads=WORKERS,
            )
            sources = {module.name: module.sources for module in translated}
            for module in self.extensions:
                module.sources = sources[module.name]
            super().run()
        except Exception as error:
            if PURE == "0":
                raise
            for module in self.extensions:
                Path(self.get_ext_fullpath(module.name)).unlink(missing_ok=True)
            self.extensions = []
            say(f"installed uncompiled: compiling failed: {shorten(f'{type(error).__name__}: {error}', 160)}")


def missing() -> str:
    """What compiling lacks here, with the cure; empty when a trivial extension compiles and links."""
    try:
        import Cython.Build  # noqa: F401
    except ImportError as error:
        return f"Cython can't be imported ({error})"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return f"the C headers of {sys.executable} are missing (Debian, Ubuntu: apt install python3-dev)"
    with TemporaryDirectory() as folder:
        probe = Path(folder, "probe.c")
        probe.write_text("#include <Python.h>\nPyMODINIT_FUNC PyInit_probe(void) { return NULL; }\n")
        command = build_ext(Distribution({"ext_modules": [extension("probe", probe)]}))
        command.build_lib = command.build_temp = folder
        try:
            command.ensure_finalized()
            command.run()
        except Exception as error:
            return f"no working C compiler: {error} (Debian, Ubuntu: apt install gcc libc6-dev)"
    return ""


def extension(name: str, source: Path) -> Extension:
    """One module as a C extension."""
    if not SANITIZE:
        return Extension(name, [str(source)], extra_compile_args=["-O3", "-g0"])
    sanitize = [f"-fsanitize={SANITIZE}"]
    flags = ["-O1", "-g", "-fno-omit-frame-pointer", *sanitize]
    return Extension(name, [str(source)], extra_compile_args=flags, extra_link_args=sanitize)


def extensions() -> list[Extension]:
    """Every module that has a .pxd beside it, unless this is to be, or can only be, an uncompiled install."""
    reason = "HANDSHOOK_PURE=1" if PURE == "1" else missing()
    if reason:
        if PURE == "0":
            sys.exit(f"handshook: can't be compiled here: {reason}")
        say(f"installed uncompiled: {reason}")
        return []
    modules = sorted(declaration.with_suffix(".py") for declaration in SOURCE.rglob("*.pxd"))
    return [
        extension(".".join(module.relative_to(SOURCE).with_suffix("").parts), module)
        for module in modules
        # A package's __init__.pxd only makes it one in Cython's eyes.
        if module.exists() and module.stem != "__init__"
    ]


# Cython's worker processes may import this file again.
if __name__ == "__main__":
    BUILD.mkdir(parents=True, exist_ok=True)
    setup(
        ext_modules=extensions(),
        cmdclass={"build_ext": Compiled, "build_py": Modules},
        options={
            "build": {"build_base": str(BUILD)},
            "build_ext": {"parallel": WORKERS},
            "egg_info": {"egg_base": "build"},
        },
    )
