"""The engine under httpx's client that blocks: its own transport, on the engine's connections.

httpx.Client(transport=Transport(host, {"example.test": "198.51.100.1"}))
"""

from collections.abc import Mapping
from typing import Any

import httpx

from .host import Host
from .httpcore import Backend


class Transport(httpx.HTTPTransport):
    """httpx's `HTTPTransport`, over `host`; the options are its own, `names` as for `Backend`."""

    def __init__(self, host: Host, names: Mapping[str, str] | None = None, **options: Any) -> None:
        super().__init__(**options)
        # httpx has no argument for it; its pool takes the backend of each new connection from here.
        self._pool._network_backend = Backend(host, names)
