"""What a scene holds: the engine's end and the kernel's end of a connection, and the faults between them."""

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kernel.faults import Fault, is_any
from kernel.ground import Call, Ground, Until

from handshook import Config, Connection, Listener, Outcome, State
from handshook.wire.segment import Segment

SERVER, CLIENT = "server", "client"
"""What the engine is in a scene; the kernel is the other."""

Option = tuple[int, int, int]


def pattern(seed: int, count: int) -> bytes:
    """The bytes that `send_pattern` sends."""
    return random.Random(seed).randbytes(count)


def digest(data: bytes) -> list[Any]:
    """What `recv_to_end` answers for these bytes."""
    return [len(data), hashlib.sha256(data).hexdigest()]


class Socket:
    """A socket of the kernel's, in the program inside. Each call is made at once, its answer is to be awaited."""

    def __init__(self, ground: Ground, number: int) -> None:
        self._ground = ground
        self.number = number

    def call(self, verb: str, *arguments: Any) -> Call:
        return self._ground.kernel.call(verb, self.number, *arguments)

    async def accept(self) -> "Socket":
        return Socket(self._ground, await self.call("accept"))

    def connect(self, address: str, port: int) -> Call:
        return self.call("connect", address, port)

    def send(self, text: str, flags: int = 0) -> Call:
        return self.call("send", text, flags)

    def send_each(self, *parts: str) -> Call:
        return self.call("send_each", *parts)

    def send_pattern(self, seed: int, count: int) -> Call:
        return self.call("send_pattern", seed, count)

    def recv(self, count: int = 65536) -> Call:
        return self.call("recv", count)

    def recv_to_end(self) -> Call:
        return self.call("recv_to_end")

    def shutdown(self) -> Call:
        return self.call("shutdown")

    def close(self) -> Call:
        return self.call("close")

    def reset(self) -> Call:
        return self.call("reset")

    def info(self) -> Call:
        return self.call("info")

    def set(self, *option: int) -> Call:
        return self.call("option", *option)


@dataclass
class Bench:
    """One scene's own: who plays which part, over which IP version, at which port."""

    ground: Ground
    version: int
    role: str
    port: int
    """The port of whoever listens."""

    def __post_init__(self) -> None:
        network = self.ground.network
        self.stack = self.ground.stack
        self.engine = network.engine4 if self.version == 4 else network.engine6
        self.host = network.kernel4 if self.version == 4 else network.kernel6
        self.nobody = "198.51.100.9" if self.version == 4 else "2001:db8::9"
        self.record = self.ground.record(self.port)
        self.headers = 40 if self.version == 4 else 60
        self.listener: Listener | None = None
        self.kernel_listener: Socket | None = None

    @property
    def outcomes(self) -> Any:
        """How often each outcome was reached in this scene."""
        return self.record.outcomes

    @property
    def sent_again(self) -> int:
        """How many segments with data or a FIN we have sent again, whichever timer or ACK asked for it."""
        again = (Outcome.SENT_DATA_AGAIN, Outcome.SENT_FIN_AGAIN, Outcome.SENT_TAIL_PROBE)
        return sum(self.outcomes[outcome] for outcome in again)

    # --- time ------------------------------------------------------------------------------------------------------

    def until(self, condition: Callable[[], Any], what: str = "") -> Until:
        return Until(condition, what)

    async def sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        await Until(lambda: time.monotonic() >= end)

    async def reached(self, outcome: Outcome, times: int = 1) -> None:
        await Until(lambda: self.outcomes[outcome] >= times, outcome.name)

    async def reaches(self, connection: Connection, state: State) -> None:
        await Until(lambda: connection.state is state, f"{state.rfc_name}, in {connection.state.rfc_name}")

    # --- opening ---------------------------------------------------------------------------------------------------

    async def socket(self, port: int = 0, options: Iterable[Option] = ()) -> Socket:
        number = await self.ground.kernel.call("make", self.version, self.host, port, list(options))
        return Socket(self.ground, number)

    async def kernel_listens(self, options: Iterable[Option] = ()) -> Socket:
        self.kernel_listener = await self.socket(self.port, options)
        await self.kernel_listener.call("listen")
        return self.kernel_listener

    def listen(self, config: Config | None = None, backlog: int = 128) -> Listener:
        self.listener = self.stack.listen(self.port, backlog, config=config)
        return self.listener

    async def accepted(self) -> Connection:
        assert self.listener is not None
        listener = self.listener
        found = await Until(listener.accept, "a connection to accept")
        assert isinstance(found, Connection)
        self.ground.connections.append(found)
        return found

    def connect(self, config: Config | None = None, **where: Any) -> Connection:
        connection = self.stack.connect((self.host, self.port), config=config, **where)
        self.ground.connections.append(connection)
        return connection

    async def open(self, connection: Connection) -> Connection:
        """Waits until our connect has succeeded; raises its error if it hasn't."""
        await Until(lambda: connection.state not in (State.SYN_SENT, State.SYN_RECEIVED), "our connect to end")
        if connection.error is not None:
            raise connection.error
        return connection

    async def pair(self, config: Config | None = None, options: Sequence[Option] = ()) -> tuple[Socket, Connection]:
        """An open connection: the kernel's socket (with these options from the start) and our end."""
        if self.role == SERVER:
            self.listen(config)
            kernel = await self.socket(options=options)
            connecting = kernel.connect(self.engine, self.port)
            ours = await self.accepted()
            await connecting
            return kernel, ours
        listening = await self.kernel_listens(options)
        ours = await self.open(self.connect(config))
        return await listening.accept(), ours

    # --- talking ---------------------------------------------------------------------------------------------------

    async def send(self, connection: Connection, data: bytes) -> None:
        """Hands over all of it, as there is room."""
        sent = 0
        while sent < len(data):
            await Until(connection.writable, "room to send")
            sent += connection.send(data[sent : sent + 65536])

    def push(self) -> None:
        """Puts on the link what the engine has to say, before any timer can have its turn."""
        self.ground.device.write(self.stack.transmit(time.monotonic()))

    async def recv(self, connection: Connection, count: int) -> bytes:
        """Exactly that many bytes."""
        got = b""
        while len(got) < count:
            await Until(lambda: connection.readable() or connection.error or connection.recv(0) == b"", "data")
            data = connection.recv(count - len(got))
            assert data, f"the end, after {len(got)} of {count} bytes"
            got += data
        return got

    async def recv_to_end(self, connection: Connection) -> bytes:
        got: list[bytes] = []

        def read() -> bool:
            while data := connection.recv(1 << 20):
                got.append(data)
            return data == b""

        await Until(read, "the peer's end")
        return b"".join(got)

    # --- faults ----------------------------------------------------------------------------------------------------

    def fault(self, act: str, way: str, match: Callable[[Segment], bool] = is_any, *, times: int | None = 1) -> Fault:
        """See faults.py; "swap" lets the frame pass after the next one that matches."""
        return self.ground.device.add(Fault(act, way, self.port, match, times))

    def lift(self, fault: Fault) -> None:
        """Ends a fault; what it held back goes on its way."""
        held = self.ground.device.remove(fault)
        if fault.way == "in":
            self.stack.receive_many(held, time.monotonic())
        elif held:
            self.ground.device.write_released(held)

    async def struck(self, fault: Fault, times: int = 1) -> None:
        await Until(lambda: fault.hits >= times, f"a frame to {fault.act}")

    # --- the kernel's view -----------------------------------------------------------------------------------------

    async def kernel_state(self, connection: Connection) -> str:
        """The state of the connection's other end in the kernel's table."""
        found = await self.ground.kernel.call("state", self.version, connection.remote[1], connection.local[1])
        return str(found)

    async def kernel_reaches(self, connection: Connection, state: str) -> None:
        """Waits until the kernel's table says so."""
        for _ in range(1000):
            found = await self.kernel_state(connection)
            if found == state:
                return
            await self.sleep(0.02)
        raise AssertionError(f"the kernel is in {found}, not in {state}")
