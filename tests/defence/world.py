"""A server with a defence before it, in memory and in virtual time; honest clients and attackers at the other end."""

from handshook import Config, Stack
from handshook.defence import Defence
from handshook.drill.flood_packets import forge
from handshook.tcp.happened import Happened

SERVER4, SERVER6 = "198.51.100.2", "2001:db8::2"
TURN = 0.01
# A round trip of an honest client, in turns: 40 ms.
ONE_WAY = 2


class World:
    """`defence` before `stack`, which serves port 80. `turn` lets 10 ms pass; `events` is the defence's log."""

    def __init__(self, rules=None, *, config=None, wall=lambda: 1_800_000_000.0):
        self.stack = Stack([SERVER4, SERVER6], seed=1, config=config or Config())
        self.listener = self.stack.listen(80, 4096)
        self.events = []
        self.defence = Defence(self.stack, rules, say=self.events.append, wall=wall, seed=7)
        self.now = 0.0
        self.clients = []
        self.served = []
        self.sent = 0
        self._seed = 100
        self._flying = {}
        self._turns = 0

    def client(self, address, *, fate="speaks"):
        """A host that can connect: what it opens speaks, stays silent, or leaves at once."""
        host = Stack([address], seed=self._seed)
        self._seed += 1
        self.clients.append((host, fate))
        return host

    def connect(self, host, count=1):
        """So many connections of a host."""
        there = SERVER6 if ":" in host.addresses[0] else SERVER4
        for _ in range(count):
            host.connect((there, 80))

    def turn(self, forged=()):
        """10 ms: what was under way arrives, forged packets too, everyone says what there is to say."""
        self._turns += 1
        self.now = self._turns * TURN
        arriving = self._flying.pop(self._turns, [])
        self.sent += len(forged)
        self.defence.receive_many([frame for host, frame in arriving if host is None] + list(forged), self.now)
        due = self.defence.deadline()
        if due is not None and due <= self.now:
            self.defence.advance(self.now)
        self._serve()
        answers = self.defence.transmit(self.now)
        for host, fate in self.clients:
            host.receive_many([frame for to, frame in arriving if to is host], self.now)
            host.advance(self.now)
            self._use(host, fate)
            later = self._flying.setdefault(self._turns + ONE_WAY, [])
            later += [(None, frame) for frame in host.transmit(self.now)]
        later = self._flying.setdefault(self._turns + ONE_WAY, [])
        hosts = {host.addresses[0]: host for host, _ in self.clients}
        for frame in answers:
            to = _destination(frame)
            if to in hosts:
                later.append((hosts[to], frame))

    def run(self, seconds, each=lambda: ()):
        """So long; `each` gives what is forged in each turn."""
        for _ in range(round(seconds / TURN)):
            self.turn(each())

    def flood(self, attack, rate, *, version=4, seed=1):
        """What `run` takes to be attacked at a rate a second."""
        state = {"seed": seed, "owed": 0.0}

        def each():
            state["owed"] += rate * TURN
            count = int(state["owed"])
            state["owed"] -= count
            state["seed"] += 1
            return forge(attack, count, port=80, seed=state["seed"], version=version) if count else []

        return each

    def told(self, kind):
        """The events of a kind."""
        return [event for event in self.events if event["event_type"] == kind]

    def alerts(self):
        """When each alert came, by its signal."""
        return {event["defence"]["name"]: event["defence"]["time"] for event in self.told("alert")}

    def states(self):
        """The states in order."""
        return [e["defence"]["name"] for e in self.told("defence") if e["defence"]["change"] == "state"]

    def _serve(self):
        while (connection := self.listener.accept()) is not None:
            self.served.append(connection)
        for connection in [c for c in self.served if c.readable() or c.state.name == "CLOSE_WAIT"]:
            data = connection.recv(1000)
            if data:
                connection.send(data)
            elif data == b"":
                connection.close()
                self.served.remove(connection)

    def _use(self, host, fate):
        for connection, happened in host.events():
            if happened & Happened.OPENED and fate == "speaks":
                connection.send(b"hello")
            elif happened & Happened.OPENED and fate == "leaves":
                connection.close()
            if happened & Happened.READABLE and connection.recv(1000):
                connection.close()


def _destination(frame):
    from handshook.wire.addresses import unpack

    return unpack(frame[16:20] if frame[0] >> 4 == 4 else frame[24:40])
