"""This engine as a server: `engine.py DESCRIPTOR DEVICE MTU BUSY`, on a TUN that was opened in a private network.

What runs is the product's own session: the stack, the pump and the handlers of `handshook.io`. BUSY is for how many
seconds it asks the device before it sleeps.
"""

import contextlib
import signal
import sys
from dataclasses import replace
from pathlib import Path

from handshook import Config
from handshook.io.handlers import Handler
from handshook.io.services import Chargen, Discard, Echo
from handshook.link.tun import Tun
from handshook.session.place import Place
from handshook.session.session import Session
from handshook.tcp.happened import Happened

sys.path.insert(0, str(Path(__file__).parents[1]))
import services


class HangUp(Handler):
    """Closes first, at once."""

    def news(self, happened: Happened) -> None:
        self.leave()


def main(descriptor: int, name: str, mtu: int, busy: float) -> None:
    """Serve until SIGTERM."""
    config = Config(nagle=False, host_half_open_limit=services.HALF_OPEN_LIMIT, prefix_half_open_limit=0)
    place = Place(Tun(descriptor, name=name, mtu=mtu), [services.STACK])
    with place, Session(place, config=config, busy_poll=busy) as session:
        handlers = session.handlers
        for port in range(services.DISCARD, services.DISCARD + services.DISCARD_PORTS):
            handlers.listen(port, Discard, backlog=services.BACKLOG)
        for port in range(services.HANGUP, services.HANGUP + services.HANGUP_PORTS):
            handlers.listen(port, HangUp, backlog=services.BACKLOG)
        handlers.listen(services.CHARGEN, Chargen)
        handlers.listen(services.ECHO, Echo)
        # With cookies a flood leaves nothing behind that could be weighed.
        many = replace(session.config, half_open_limit=services.HALF_OPEN_LIMIT, cookies="never")
        handlers.listen(services.HALF, Discard, config=many)
        while True:
            session.turn()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
