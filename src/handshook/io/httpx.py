"""The engine under httpx: its own transport, on the engine's connections.

httpx.AsyncClient(transport=AsyncTransport(host, {"example.test": "198.51.100.1"}))
"""

from collections.abc import Mapping
from typing import Any

import httpx

from .driver import Driver
from .httpcore import AsyncBackend


class AsyncTransport(httpx.AsyncHTTPTransport):
    """httpx's `AsyncHTTPTransport`, over `host`; the options are its own, `names` as for `AsyncBackend`."""

    def __init__(self, host: Driver, names: Mapping[str, str] | None = None, **options: Any) -> None:
        super().__init__(**options)
        # httpx has no argument for it; its pool takes the backend of each new connection from here.
        self._pool._network_backend = AsyncBackend(host, names)
