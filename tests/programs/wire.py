"""Two stacks on a link in memory, with handlers on one of them and a test's own calls on the other."""

from handshook import Config, Stack
from handshook.io.handlers import Handlers
from handshook.link.memory import MemoryLink

SERVER = "198.51.100.2"
CLIENT = "198.51.100.1"


class Wire:
    """`handlers` are the server's; `client` is a bare stack."""

    def __init__(self, config: Config | None = None, **impairment):
        self.server = Stack([SERVER], seed=1, config=config)
        self.client = Stack([CLIENT], seed=2)
        self.handlers = Handlers(self.server)
        self.link = MemoryLink(self.server, self.client, **impairment)

    def run(self, done=None, seconds=None):
        until = None if seconds is None else self.link.now + seconds
        self.link.run(until=until, step=self._step, done=done)

    def _step(self):
        self.handlers.dispatch()
        self.client.events()

    def open(self, port=80):
        connection = self.client.connect((SERVER, port))
        self.run(done=lambda: connection.state.name != "SYN_SENT")
        return connection

    def read(self, connection, enough=lambda data: False, seconds=5):
        """All that comes until the peer finishes, there is enough, or time is up."""
        data = bytearray()
        finished = False

        def take():
            nonlocal finished
            while not finished and (piece := connection.recv(1 << 20)) is not None:
                finished = piece == b""
                data.extend(piece)
            return finished or enough(data)

        self.run(done=take, seconds=seconds)
        return bytes(data)
