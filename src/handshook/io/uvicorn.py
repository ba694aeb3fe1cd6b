"""uvicorn's own server with the engine's port in place of a kernel's; all else of it is uvicorn's.

await Server(uvicorn.Config(app, port=80), host).serve()
"""

import asyncio
import logging
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import cast

import uvicorn

from .aio import Host

# uvicorn's exit code when the application, or the port, can't be had.
STARTUP_FAILURE = 3


class Server(uvicorn.Server):
    """Serves the application of `config` at its port, on all addresses of `host`; its own host name says nothing."""

    def __init__(self, config: uvicorn.Config, host: Host) -> None:
        super().__init__(config)
        self._host = host

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(STARTUP_FAILURE)
        config = self.config
        # Which class that is, the config says; what it is made with is uvicorn's own affair.
        protocol_class: Callable[..., asyncio.Protocol] = config.http_protocol_class
        make = partial(protocol_class, config=config, server_state=self.server_state, app_state=self.lifespan.state)
        try:
            server = await self._host.create_server(make, config.port, ssl=config.ssl, backlog=config.backlog)
        except OSError as error:
            logging.getLogger("uvicorn.error").error(error)
            await self.lifespan.shutdown()
            sys.exit(STARTUP_FAILURE)
        self.servers = [cast(asyncio.Server, server)]
        self.started = True
