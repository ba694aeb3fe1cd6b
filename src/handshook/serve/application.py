"""A web application by its name, `module:attribute`: found, and told apart whether it is WSGI or ASGI."""

import importlib
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

INTERFACES = ("wsgi", "asgi")


class NoApplication(Exception):
    """It can't be had; says why, in a sentence for the user."""


@dataclass(frozen=True)
class Application:
    """`call` is it, `interface` "wsgi" or "asgi", `name` what the user called it."""

    name: str
    call: Callable[..., Any]
    interface: str


def load(name: str, interface: str | None = None) -> Application:
    """Import it, from the current directory too. Without an `interface` it is looked at which one it has.

    Raises `NoApplication`, and whatever else the module itself raises.
    """
    module_name, colon, attribute = name.partition(":")
    if not colon or not module_name or not attribute:
        raise NoApplication(f"{name}: an application is MODULE:ATTRIBUTE, such as app:application")
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name + ".").startswith(error.name + "."):
            raise NoApplication(f"{name}: there is no module {error.name} here, nor where Python looks") from None
        raise NoApplication(f"{name}: {module_name} needs a module that is not installed: {error.name}") from error
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise NoApplication(f"{name}: {module_name} has no {attribute}") from None
    if not callable(found):
        raise NoApplication(f"{name}: a {type(found).__name__} is no application, which is called for each request")
    return Application(name, found, interface or _interface_of(found))


def _interface_of(call: Callable[..., Any]) -> str:
    """ASGI 3.0: a coroutine function, or an object that is called as one. All else is WSGI, which can't be both."""
    method = getattr(call, "__call__", None)  # noqa: B004 - looked at, not asked whether there is one
    if inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(method):
        return "asgi"
    return "wsgi"
