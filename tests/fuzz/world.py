"""A small hostile world around one stack.

The stack under test has listeners, half-open entries, connections that are open, closing and resting. Some of its peers
are honest: another stack, behind a link that loses and copies. Most are not: they send noise, mangled copies of real
packets, and segments forged to fit the connections that they overhear. All the while a program calls whatever there is
to call, and the clock moves on, mostly a little.

After every batch that leaves, each packet is read by `segments.read`, which believes nothing; now and then the tables
are held against their limits; and at the end everybody goes home, after which nothing may be left.
"""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from fuzz.mutate import mend, mutate
from segments import MASK, Read, icmp, mss, packed, packet, read, sack, scale, timestamps

from handshook import PLAIN, Config, Happened, Held, Outcome, Stack, State
from handshook.host.syn_cache import ROWS

A4, A6, B4, B6 = "198.51.100.2", "2001:db8::2", "198.51.100.1", "2001:db8::1"
STRANGERS4 = [f"192.0.2.{n}" for n in range(1, 9)]
STRANGERS6 = [f"2001:db8:bad::{n}" for n in range(1, 5)]
PORTS = [80, 81, 82, 83, 7]

# Small limits and short waits, so that queues fill up and entries live, rest and die within a run.
TIGHT = {
    "half_open_limit": 12,
    "msl": 2.0,
    "user_timeout": 15.0,
    "fin_wait_2_timeout": 4.0,
    "syn_retries": 3,
    "syn_ack_retries": 2,
    "initial_rto": 0.3,
    "hold_timeout": 3.0,
    "host_half_open_limit": 16,
    "prefix_half_open_limit": 10,
}
MOST_HELD = 48
MOST_FRAMES = 10_000
TABLES_EVERY = 200
LEGAL = frozenset(State) - {State.CLOSED}
REMEMBERED = 25

FLAGS = (
    ["A"] * 8
    + ["PA"] * 5
    + ["AE", "AC", "AEC", "SEC", "SAE", "FA", "FPA", "S", "SA", "SA", "R", "RA", "F", "", "UA", "SF", "SRA"]
)
NEAR = [0] * 12 + [1, -1, 2, -2, 100, -100, 1460, -1460, 65535, -65535, 1 << 20, 1 << 30, 1 << 31, -(1 << 31)]


@dataclass
class Overheard:
    """What the engine last said on one four-tuple: enough to forge an answer that fits."""

    read: Read
    next_seq: int  # the engine's
    expects: int  # of us
    acked: int  # what we acknowledged last


class World:
    """`run(inputs)` feeds the stack; `AssertionError` or whatever the engine raised carries how to repeat it."""

    def __init__(self, seed, framing=PLAIN, **config):
        self.random = Random(seed)
        self.framing = framing
        self.config = Config(**TIGHT | config)
        self.a = Stack([A4, A6], config=self.config, seed=self.random.getrandbits(30), framing=framing)
        self.b = Stack([B4, B6], config=self.config, seed=self.random.getrandbits(30), framing=framing)
        self.now = self.random.choice([0.0, 1000.0, 1.7e9])
        self.queues = {self.a: deque(), self.b: deque()}  # what is on its way to each
        self.corpus = {self.a: deque(maxlen=300), self.b: deque(maxlen=300)}
        self.heard = {}  # by four-tuple, the one that spoke last at the end
        self.focus = None
        self.held = {self.a: [], self.b: []}
        self.listeners = {self.a: {}, self.b: {}}
        self.undecided = {self.a: [], self.b: []}
        self.log = deque(maxlen=REMEMBERED)
        self.fed = 0
        for stack in (self.a, self.b):
            self.listen(stack)
        self.corpus[self.a].extend(self.wrap(raw) for raw in self.sound_packets())

    # --- the loop ----------------------------------------------------------------------------------------------

    def run(self, inputs):
        until = self.fed + inputs
        tables = self.fed + TABLES_EVERY
        while self.fed < until:
            self.act()
            if self.fed >= tables:
                tables += TABLES_EVERY
                self.check_tables(self.a)
                self.check_tables(self.b)

    def act(self):
        chance = self.random.random()
        if chance < 0.002:
            for _ in range(20):
                self.feed(self.a, "flood", self.wrap(self.syn(80)))
        elif chance < 0.55:
            self.feed(self.a, *self.make_input())
        elif chance < 0.80:
            self.carry(self.a if chance < 0.70 else self.b)
        elif chance < 0.94:
            self.call(self.a if chance < 0.88 else self.b)
        else:
            self.pass_time()
        if self.random.random() < 0.4:
            self.flush(self.a)
        if self.random.random() < 0.25:
            self.flush(self.b)

    def feed(self, stack, kind, frame):
        """One input. A tenth of them as another kind of bytes."""
        self.fed += 1
        self.log.append((self.fed, self.now, "a" if stack is self.a else "b", kind, frame))
        if self.random.random() < 0.1:
            frame = self.random.choice([bytearray, memoryview])(frame)
        stack.receive(frame, self.now)

    def carry(self, stack):
        """The honest link: the next frame arrives, or is lost, or arrives twice, or mangled as well."""
        queue = self.queues[stack]
        if not queue:
            return
        frame = queue.popleft()
        chance = self.random.random()
        if chance < 0.1:
            return
        self.feed(stack, "honest", frame)
        if chance < 0.2:
            self.feed(stack, "copy", frame)
        elif chance < 0.4:
            self.feed(stack, "mangled", self.mangle(frame, self.corpus[stack]))
        elif chance < 0.45:
            queue.append(frame)

    def pass_time(self):
        chance = self.random.random()
        if chance < 0.90:
            self.now += self.random.expovariate(30)
        elif chance < 0.97:
            self.now += self.random.expovariate(1)
        elif chance < 0.99:
            self.now += self.random.expovariate(1 / 10)
        now = self.now if chance < 0.99 else self.now - 5.0  # a caller whose clock steps back
        self.log.append((self.fed, now, "both", "advance", b""))
        for stack in (self.a, self.b):
            stack.advance(now)
            self.hear(stack)

    # --- what strangers send ------------------------------------------------------------------------------------

    def make_input(self):
        chance = self.random.random()
        if chance < 0.12:
            return "noise", self.noise()
        if chance < 0.42:
            return "mangled", self.mangle(self.random.choice(self.corpus[self.a]), self.corpus[self.a])
        if chance < 0.52:
            return "syn", self.wrap(self.syn())
        if chance < 0.57:
            return "icmp", self.wrap(self.icmp())
        return "forged", self.wrap(self.forged())

    def noise(self):
        raw = bytearray(self.random.randbytes(int(self.random.expovariate(1 / 60))))
        headroom = self.framing.headroom
        if len(raw) > headroom and self.random.random() < 0.7:
            raw[headroom] = self.random.choice([0x45, 0x46, 0x4F, 0x60])
        return bytes(raw)

    def mangle(self, frame, corpus):
        headroom = self.framing.headroom
        link, raw = frame[:headroom], frame[headroom:]
        raw = mutate(self.random, raw, lambda: self.random.choice(corpus)[headroom:])
        if self.random.random() < 0.75:
            raw = mend(raw)
        if headroom and self.random.random() < 0.1:
            return mutate(self.random, link, lambda: link) + raw
        if self.framing.vnet and self.random.random() < 0.5:
            link = bytes((self.random.getrandbits(2),)) + link[1:]
        return link + raw

    def syn(self, port=None):
        version = 4 if self.random.random() < 0.7 else 6
        source = self.random.choice(STRANGERS4 if version == 4 else STRANGERS6), self.random.randint(1024, 1100)
        destination = A4 if version == 4 else A6, port or self.random.choice(PORTS)
        options = b""
        if self.random.random() < 0.8:
            options += mss(self.random.choice([0, 1, 64, 536, 1220, 1435, 1460, 9000, 65535]))
        if self.random.random() < 0.5:
            options += timestamps(self.random.getrandbits(32))
        if self.random.random() < 0.5:
            options += b"\x04\x02"
        if self.random.random() < 0.5:
            options += scale(self.random.choice([0, 1, 7, 14, 15, 255]))
        data = self.random.choice([b"", b"", b"", b"", b"hello", bytes(1400)])
        window = self.random.choice([65535, 65535, 1000, 1, 0])
        return packet(
            source, destination, "S", seq=self.random.getrandbits(32), options=options, data=data, window=window
        )

    def forged(self):
        """A segment for a connection that was overheard: its numbers fit, or nearly."""
        if self.focus not in self.heard or self.random.random() < 0.3:
            if not self.heard:
                return self.syn()
            recent = list(self.heard)
            self.focus = self.random.choice(recent[-6:] if self.random.random() < 0.7 else recent)
        said = self.heard[self.focus]
        if self.random.random() < 0.3:
            return self.polite(said)
        seq = said.expects + self.random.choice(NEAR)
        ack = said.next_seq + (self.random.choice(NEAR) if self.random.random() < 0.6 else 0)
        if said.read.flags in ("S", "SA") and self.random.random() < 0.7:
            flags = "SA" if said.read.flags == "S" else "A"
            seq, ack = (said.expects or self.random.getrandbits(32)), said.next_seq
        elif self.random.random() < 0.03:
            flags = self.random.getrandbits(8)
        else:
            flags = self.random.choice(FLAGS)
        size = self.random.choice([0, 0, 0, 1, 2, 10, 100, 536, 1448, 1460])
        if self.random.random() < 0.03:
            size = self.random.choice([3000, 20_000, 65_000])
        return packet(
            said.read.destination,
            said.read.source,
            flags,
            seq=seq,
            ack=ack,
            options=self.forged_options(said),
            window=self.random.choice([65535, 65535, 65535, 1000, 1, 0]),
            data=b"z" * size,
            urgent=self.random.choice([0, 0, 0, 0xFFFF]),
            ip=self.marks(said),
        )

    def marks(self, said):
        """The ECN bits, as routers and liars set them (RFC 3168)."""
        mark = self.random.choice([0, 0, 0, 0, 1, 2, 3, 3])
        return {"traffic_class" if ":" in said.read.source[0] else "tos": mark}

    def polite(self, said):
        """A segment that an honest peer could have sent: new acknowledgments, the same again and again, data, a FIN."""
        flags = self.random.choice(["A", "A", "A", "PA", "FA"])
        ack = self.random.choice([said.next_seq, said.next_seq, said.acked, said.acked, said.read.seq])
        if said.read.flags in ("S", "SA"):
            flags, ack = "SA" if said.read.flags == "S" else "A", said.next_seq
        said.acked = ack
        data = b"y" * (self.random.choice([1, 500, 1400]) if flags == "PA" else 0)
        # Data out of order now and then, so that there is something to acknowledge selectively.
        seq = said.expects + (self.random.choice([1400, 2800, 4200]) if data and self.random.random() < 0.3 else 0)
        return packet(
            said.read.destination,
            said.read.source,
            flags,
            seq=seq,
            ack=ack,
            data=data,
            options=self.true_stamps(said),
        )

    def true_stamps(self, said):
        stamps = said.read.option(8)
        if stamps is None:
            return b""
        return timestamps(int.from_bytes(stamps[4:8], "big"), int.from_bytes(stamps[0:4], "big"))

    def forged_options(self, said):
        options = b""
        stamps = said.read.option(8)
        if said.read.flags == "S":
            options += mss(self.random.choice([1, 536, 1435, 1460]))
            if self.random.random() < 0.5:
                options += b"\x04\x02"
            if self.random.random() < 0.5:
                options += scale(self.random.choice([0, 7, 14]))
        if stamps is not None and self.random.random() < 0.95:
            echo = int.from_bytes(stamps[4:8], "big") + self.random.choice([0, 0, 0, 1, 50, 1 << 20, -1, 1 << 31])
            options += timestamps(echo, int.from_bytes(stamps[0:4], "big"))
        if self.random.random() < 0.15:
            edges = [said.next_seq + self.random.choice(NEAR) for _ in range(self.random.choice([2, 4, 6]))]
            options += sack(*pairwise(edges))[: 40 - len(options)]
        if self.random.random() < 0.05:
            options += self.random.randbytes(self.random.randint(0, 12))
        return options[:40]

    def icmp(self):
        """A ping, or an error about a packet of the engine's, now and then a true one."""
        if self.random.random() < 0.2:
            if self.random.random() < 0.5:
                return icmp(B4, A4, 8, 0, self.random.randbytes(8))
            return icmp(B6, A6, 128, 0, self.random.randbytes(8))
        corpus = self.corpus[self.b]
        quote = self.random.choice(corpus)[self.framing.headroom :] if corpus else self.syn()
        rest = self.random.choice([bytes(4), b"\x00\x00\x02\x40", b"\x00\x00\x05\x78", b"\x00\x00\xff\xff"])
        rest += quote[: self.random.choice([28, 48, 60, 10, 500])]
        if quote[0] >> 4 == 4:
            return icmp(
                "192.0.2.1", A4, self.random.choice([3, 3, 3, 4, 11, 12]), self.random.choice([0, 1, 2, 3, 4]), rest
            )
        return icmp("2001:db8:9::1", A6, self.random.choice([1, 2, 2, 3, 4]), self.random.choice([0, 0, 1, 4]), rest)

    def sound_packets(self):
        """To begin with; what the stacks say to each other is added as they say it."""
        raw = [icmp(B4, A4, 8, 0, bytes(8)), icmp(B6, A6, 128, 0, bytes(8))]
        for source, destination in (((B4, 1025), (A4, 80)), ((B6, 1025), (A6, 80))):
            version = {} if ":" not in source[0] else {"extensions": [(0, bytes(7)), (44, bytes(7)), (60, bytes(7))]}
            raw.append(packet(source, destination, "S", options=mss(1460) + b"\x04\x02" + timestamps(1) + scale(7)))
            raw.append(packet(source, destination, "A", seq=1, ack=1, options=sack((5, 6), (8, 9)), ip=version))
            raw.append(packet(source, destination, "FPA", seq=1, ack=1, data=b"bye"))
            raw.append(packet(source, destination, "RA", seq=1, ack=1))
        return raw

    def wrap(self, raw):
        """What the link would put before it."""
        header = self.framing.header6 if raw[:1] >= b"\x60" else self.framing.header4
        return header + raw

    # --- what leaves --------------------------------------------------------------------------------------------

    def flush(self, stack):
        frames = stack.transmit(self.now)
        assert len(frames) <= MOST_FRAMES, f"{len(frames)} frames at once"
        own, other = ([A4, A6], self.b) if stack is self.a else ([B4, B6], self.a)
        for frame in frames:
            try:
                self.check_frame(frame, own, other)
            except AssertionError as wrong:
                raise AssertionError(f"{wrong} in a frame that left: {frame.hex()}") from wrong

    def check_frame(self, frame, own, other):
        got = read(frame, self.framing)
        size = len(frame) - self.framing.headroom
        if not isinstance(got, Read):
            assert got.source in own
            assert got.destination not in own
            return
        assert got.source[0] in own, "a source that is not ours"
        assert got.destination[0] not in own, "to ourselves"
        first = packed(got.destination[0])[0]
        assert 0 < first < 224 if ":" not in got.destination[0] else first != 0xFF, "to nobody"
        on_wire = size - len(got.data) + got.gso if got.gso else size
        assert on_wire <= self.config.mtu, f"{on_wire} bytes on a link of {self.config.mtu}"
        assert size <= 65535, "longer than any packet"
        to_other = got.destination[0] in (A4, A6, B4, B6)
        if to_other:
            if len(self.queues[other]) < 500:
                self.queues[other].append(frame)
            self.corpus[other].append(frame)
        if other is self.b and got.flags not in ("R", "RA"):
            key = got.source, got.destination
            before = self.heard.pop(key, None)
            acked = got.seq if before is None else before.acked
            self.heard[key] = Overheard(got, (got.seq + got.length) & MASK, got.ack, acked)
            if len(self.heard) > 60:
                del self.heard[next(iter(self.heard))]

    # --- the program --------------------------------------------------------------------------------------------

    def listen(self, stack):
        for port in PORTS[:4]:
            if port not in self.listeners[stack]:
                address = (A6 if stack is self.a else B6) if port == 82 else None
                self.listeners[stack][port] = stack.listen(
                    port, backlog=2 if port == 81 else 16, address=address, hold=port == 83
                )

    def hear(self, stack):
        """What is held waits for the program; a little later it is decided, for good or not."""
        for source, happened in stack.events():
            if isinstance(source, Held):
                assert happened & (Happened.HELD | Happened.ENDED)
                if happened & Happened.HELD:
                    self.undecided[stack].append(source)
                assert source.gone or not happened & Happened.ENDED

    def decide(self, stack, name):
        """One of those that wait; some are forgotten."""
        self.hear(stack)
        waiting = self.undecided[stack]
        if not waiting:
            return
        held = waiting.pop(self.random.randrange(len(waiting)))
        how = self.random.choice(["accept"] * 5 + ["refuse", "ignore", "unreachable", "forget"])
        self.log.append((self.fed, self.now, name, f"{how} {held.remote}", b""))
        gone = held.gone
        if how != "forget":
            assert getattr(held, how)() is not gone

    def call(self, stack):
        held = self.held[stack]
        held[:] = [connection for connection in held if connection.state is not State.CLOSED]
        while len(held) > MOST_HELD:
            connection = held.pop(self.random.randrange(len(held)))
            self.leave(connection) if self.random.random() < 0.8 else connection.abort()
        what = self.random.random()
        name = "a" if stack is self.a else "b"
        if self.random.random() < 0.2:
            self.decide(stack, name)
        if what < 0.25:
            self.log.append((self.fed, self.now, name, "accept", b""))
            for listener in self.listeners[stack].values():
                connection = listener.accept()
                if connection is not None:
                    held.append(connection)
        elif what < 0.33:
            self.connect(stack)
        elif what < 0.34:
            port = self.random.choice(list(self.listeners[stack]))
            self.log.append((self.fed, self.now, name, f"listener {port} closes", b""))
            self.listeners[stack].pop(port).close()
            if self.random.random() < 0.7 or not self.listeners[stack]:
                self.listen(stack)
        elif what < 0.35:
            self.listen(stack)
        elif held:
            self.use(name, self.random.choice(held))

    def connect(self, stack):
        version = self.random.choice([4, 4, 6])
        if self.random.random() < 0.5:
            address = {4: B4, 6: B6}[version] if stack is self.a else {4: A4, 6: A6}[version]
        else:
            address = self.random.choice(STRANGERS4 if version == 4 else STRANGERS6)
        # Few ports of our own, so that four-tuples come again, also while they rest.
        local_port = self.random.choice([None, None, 5000, 5001, 5002])
        self.log.append((self.fed, self.now, "a" if stack is self.a else "b", f"connect {address} {local_port}", b""))
        try:
            self.held[stack].append(
                stack.connect((address, self.random.choice([80, 80, 81, 83])), local_port=local_port)
            )
        except OSError:
            pass  # in use

    def use(self, name, connection):
        what = self.random.random()
        size = self.random.choice([0, 1, 10, 1000, 1460, 5000, 70_000])
        verb = (
            "send"
            if what < 0.40
            else "recv"
            if what < 0.82
            else "shutdown"
            if what < 0.88
            else "close"
            if what < 0.90
            else "leave"
            if what < 0.97
            else "abort"
            if what < 0.98
            else "look"
        )
        self.log.append((self.fed, self.now, name, f"{verb} {size} on {connection.local} {connection.remote}", b""))
        try:
            if verb == "send":
                assert 0 <= connection.send(bytes(size)) <= size
            elif verb == "recv":
                data = connection.recv(size)
                assert data is None or len(data) <= size
            elif verb == "leave":
                self.leave(connection)
            elif verb == "look":
                str(connection.verdict), connection.error, connection.readable(), connection.writable()
            else:
                getattr(connection, verb)()
        except (OSError, RuntimeError):
            pass  # what a program may be told; anything else is a bug

    @staticmethod
    def leave(connection):
        """Read all there is and close: no reset."""
        try:
            while connection.recv(1 << 20):
                pass
        except (OSError, RuntimeError):
            pass
        connection.close()

    # --- what must always be true ------------------------------------------------------------------------------

    def check_tables(self, stack):
        for _ in range(8):
            stack.advance(self.now)
            self.flush(stack)
            due = stack.deadline()
            if due is None or due > stack.now:
                break
        else:
            raise AssertionError(f"never at rest: due {due} at {stack.now}")
        entries = stack.snapshot()
        half_open = 0
        names = {(entry.local, entry.remote) for entry in entries}
        assert len(names) == len(entries), "a four-tuple twice"
        for entry in entries:
            assert entry.state in LEGAL, entry
            half_open += entry.state is State.SYN_RECEIVED
            assert (entry.policy != "") >= (entry.state is State.LISTEN)
            assert entry.age >= -1e-5, entry  # the difference of two large floats
            assert 0 <= entry.send_queue <= self.config.send_buffer, entry
            assert 0 <= entry.receive_queue <= self.config.receive_window, entry
            assert 0 <= entry.retries <= 60, entry
            assert entry.due is None or entry.due <= 400, entry
        cached = ROWS if self.config.half_open_policy == "cache" else 0
        assert half_open <= len(PORTS) * self.config.half_open_limit + MOST_HELD + cached, f"{half_open} half-open"
        for listener in self.listeners[stack].values():
            assert listener.proved >= 0 and len(listener.queue) + listener.proved <= listener.backlog
        for queue in stack.queues():
            assert queue.fill >= 0, queue
            # Where there are cookies, a peer whose last connection still rests gets an entry whatever the bounds.
            beyond = queue.name == "held" or (queue.name.startswith("half-open") and self.config.cookies != "never")
            assert beyond or queue.limit is None or queue.fill <= queue.limit, queue
        for connection in self.held[stack]:
            check_connection(connection)
        assert stack.counters().get(Outcome.NOTHING, 0) == 0, "a frame whose fate has no name"

    # --- the end ------------------------------------------------------------------------------------------------

    def settle(self):
        """Everybody goes home: time alone must empty every table."""
        for stack in (self.a, self.b):
            for connection in self.held[stack]:
                (connection.close if self.random.random() < 0.8 else connection.abort)()
            for listener in self.listeners[stack].values():
                listener.close()
            self.held[stack].clear()
            self.listeners[stack].clear()
            self.hear(stack)
            assert all(held.gone or not held.waits for held in self.undecided[stack])
            self.undecided[stack].clear()
            self.queues[stack].clear()
        self.heard.clear()
        for stack in (self.a, self.b):
            for _ in range(5000):
                self.flush(stack)
                due = stack.deadline()
                if due is None:
                    break
                self.now = max(self.now, due)
                stack.advance(self.now)
            else:
                raise AssertionError(f"still something to do: {stack.snapshot()}")
            self.queues[self.a].clear()
            self.queues[self.b].clear()
            assert stack.snapshot() == [], f"no timer will ever end these: {stack.snapshot()}"
            stack.events()
            assert stack.events() == []
            assert stack.transmit(self.now) == []
            assert stack.deadline() is None

    def forget(self):
        """What the world itself remembers, so that only what the stacks hold is left."""
        self.heard.clear()
        self.log.clear()
        for corpus in self.corpus.values():
            corpus.clear()
        self.corpus[self.a].extend(self.wrap(raw) for raw in self.sound_packets())

    def reopen(self):
        """After `settle`, from the beginning."""
        for stack in (self.a, self.b):
            self.listen(stack)


def before_or_at(a, b):
    return (b - a) & MASK < 1 << 31


def check_connection(c):
    """RFC 9293 3.3.1: the order of the sequence variables, and the buffers within their sizes."""
    state = c.state
    assert state in State
    if state in (State.CLOSED, State.SYN_SENT, State.TIME_WAIT):
        return
    assert before_or_at(c.snd_una, c.snd_nxt), f"SND.UNA {c.snd_una} beyond SND.NXT {c.snd_nxt}"
    assert before_or_at(c.iss, c.snd_una) or (c.snd_una - c.iss) & MASK > 1 << 31
    assert before_or_at(c.rcv_nxt, c.rcv_edge), f"RCV.NXT {c.rcv_nxt} beyond the window's edge {c.rcv_edge}"
    assert (c.rcv_edge - c.rcv_nxt) & MASK <= max(c.config.receive_window, 65535) + (1 << c.rcv_scale)
    if c.scoreboard is not None:
        check_scoreboard(c, c.scoreboard)
    assert c.snd_wnd <= c.max_window <= 65535 << 14
    assert c.outgoing is None or 0 <= c.outgoing.size <= c.config.send_buffer
    assert 0.0 < c.rto <= c.config.max_rto
    assert c.mss >= 1
    assert c.congestion is None or 1 <= c.congestion.cwnd <= 1 << 30
    if c.incoming is not None:
        check_kept(c, c.incoming)


def check_scoreboard(c, board):
    """What is out lies between SND.UNA and SND.NXT without a gap, and the sums are those of its stretches."""
    stretches = board.records[board.head :]
    sums = {"out": 0, "lost": 0, "sacked": 0}
    at = c.snd_una
    for stretch in stretches:
        assert stretch.seq == at, f"a gap in what is out: {at} to {stretch.seq}"
        at = stretch.end
        size = (stretch.end - stretch.seq) & MASK
        assert 0 < size < 1 << 31, "an empty stretch"
        assert not (stretch.sacked and stretch.lost), "arrived and lost"
        sums["sacked" if stretch.sacked else "lost" if stretch.lost else "out"] += size
    assert not stretches or at == c.snd_nxt, "what is out does not end at SND.NXT"
    assert sums == {"out": board.out, "lost": board.lost, "sacked": board.sacked}, sums
    assert 0 <= board.in_flight() <= board.out


def check_kept(c, incoming):
    kept = incoming.beyond or []
    assert len(kept) <= 512
    assert sum(len(data) for _, data in kept) <= max(c.config.receive_window, 65535)
    for (seq, data), (following, _) in pairwise(kept):
        assert before_or_at((seq + len(data)) & MASK, following), "pieces that overlap"
    for seq, data in kept:
        assert data
        assert before_or_at(c.rcv_nxt, seq), "kept, and behind RCV.NXT"
