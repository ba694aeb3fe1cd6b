"""A private network: the machine's kernel and programs on one side of a link, the engine on the other.

This process stays where it is; the keeper makes the namespaces and init, inside, does the rest (see
keeper.py). What comes back is the engine's end of the link, and a socket over which programs are started.
"""

import contextlib
import errno
import os
import select
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, TypeAlias

from ..link.device import Device
from . import addresses, control
from .plan import Plan
from .program import Program
from .unavailable import PrivateNetworkEnded, Refusal, explain, not_linux

Word: TypeAlias = str | bytes | os.PathLike[str]
Stream: TypeAlias = int | IO[Any] | None

# The links that each choice tries, in order.
_CHOICES = {"auto": ("tun", "veth"), "tun": ("tun",), "veth": ("veth",)}

# What fits one message; a TUN could have 256.
MOST_QUEUES = 64

# Starting to fail and ending take milliseconds; these only bound a kernel that hangs, and a keeper that was stopped.
_PATIENCE = 10.0
_FAREWELL = 3.0

# What the socket says when init has gone, or when it was closed here.
_ENDED = (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.EBADF)


class PrivateNetwork:
    """Network, mount and pid namespaces (for others than root also a user namespace) and a link to them.

    `link` is "tun", "veth", or "auto" for the first of these that can be had. `mtu` is the link's, in bytes (1,280
    to 65,535, as IPv6 needs: RFC 8200 5). `queues` is how many devices the engine's end has, for as many engines
    behind the same addresses; the kernel keeps each connection to one of them. Without `offload` the kernel hands
    over bare packets of at most the MTU instead of units of up to 64 KB; only a TUN does that. `far` swaps the
    addresses of kernel and engine: the kernels of a network and of a far one can talk, through a relay between
    their devices. `routes` are the IP versions (4, 6) of which everything goes to the engine, whatever its address.
    `files` are laid over those of the machine that have these names, for programs inside only; each has its path
    and its text.
    Raises `PrivateNetworkUnavailable` with the reason and the cure.

    When the network is closed, or this process ends in whatever way, every program inside is killed and every
    device and namespace goes.
    """

    kernel4 = addresses.KERNEL4
    kernel6 = addresses.KERNEL6
    engine4 = addresses.ENGINE4
    engine6 = addresses.ENGINE6

    devices: list[Device]
    """The engine's end of the link, a device for each queue; `device` is the first."""
    link: str
    """Which link it is: "tun" or "veth"."""
    mtu: int
    uncovered: tuple[str, ...]
    """Those of `files` that could not be laid over the machine's own: programs inside see the machine's."""
    ipv6: bool
    """False where the kernel was built or booted without IPv6."""
    own_user_namespace: bool
    """True where root's way was closed and the network stands in a user namespace."""
    own_proc: bool
    """True where programs see a /proc of their own."""
    pid: int
    """Init's process id as this process sees it, for nsenter and the like."""

    def __init__(
        self,
        *,
        link: str = "auto",
        mtu: int = 1500,
        offload: bool = True,
        far: bool = False,
        queues: int = 1,
        routes: Iterable[int] = (),
        files: Mapping[str, str] | None = None,
    ) -> None:
        if link not in _CHOICES:
            raise ValueError(f"link is one of {', '.join(_CHOICES)}, not {link!r}")
        if not 1280 <= mtu <= 65_535:
            raise ValueError(f"the mtu is 1,280 to 65,535 bytes, not {mtu}")
        if link == "veth" and not offload:
            raise ValueError("only a tun can do without offload")
        if not 1 <= queues <= MOST_QUEUES:
            raise ValueError(f"a link has 1 to {MOST_QUEUES} queues, not {queues}")
        if sys.platform != "linux":
            raise not_linux(sys.platform)
        links = _CHOICES[link if offload else "tun"]
        plan = Plan(links, mtu, offload, far, queues, tuple(routes), dict(files or {}))
        self.kernel4, self.kernel6, self.engine4, self.engine6 = plan.kernel4, plan.kernel6, plan.engine4, plan.engine6
        self._turn = threading.Lock()
        self._serial = 0
        try:
            self._channel, self._keeper, complaints = _start_keeper(plan)
        except OSError as error:
            raise explain(Refusal("start", error.errno or 0, str(error))) from error
        self._end = weakref.finalize(self, _end, os.getpid(), self._channel, self._keeper)
        try:
            self._accept_ready(control.receive(self._channel), complaints, queues)
        except BaseException:
            self._end()
            raise
        finally:
            os.close(complaints)

    def popen(
        self,
        argv: Iterable[Word],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        stdin: Stream = None,
        stdout: Stream = None,
        stderr: Stream = None,
        network_rights: bool = False,
    ) -> Program:
        """Starts a program inside, with this process's user, terminal, environment and directory.

        The streams are as for subprocess.Popen: None for this process's own, PIPE, DEVNULL, a descriptor or
        an open file; stderr also STDOUT. With `network_rights` the program may open raw sockets and change
        devices and routes: those in there, and no others. Raises FileNotFoundError or PermissionError where the
        program can't be started, and `PrivateNetworkEnded` when the network has ended. May be called from any thread.
        """
        if isinstance(argv, (str, bytes)):
            raise TypeError("argv is a list of words; a command line needs a shell: ['sh', '-c', line]")
        words = list(argv)
        if not words:
            raise ValueError("no program named")
        environment = os.environb if env is None else {os.fsencode(k): os.fsencode(v) for k, v in env.items()}
        order = {
            "argv": [control.to_text(os.fsencode(word)) for word in words],
            "env": [(control.to_text(name), control.to_text(value)) for name, value in environment.items()],
            "network_rights": network_rights,
        }
        with _Streams(stdin, stdout, stderr) as streams, contextlib.ExitStack() as sent:
            order_file = control.write_file(order)
            sent.callback(os.close, order_file)
            directory = _open_directory(cwd)
            sent.callback(os.close, directory)
            told, status = os.pipe()
            sent.callback(os.close, status)
            try:
                answer = self._ask([order_file, directory, *streams.inside, status])
            except BaseException:
                os.close(told)
                raise
            if not answer.descriptors:
                # The kernel leaves out what this process has no room for (recvmsg(2), MSG_CTRUNC).
                os.close(told)
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            program = Program(words, answer.sender, answer.descriptors[0], told)
            program.stdin, program.stdout, program.stderr = streams.take()
        return program

    @property
    def device(self) -> Device:
        """The engine's end of the link, where it has one queue."""
        return self.devices[0]

    def fileno(self) -> int:
        """A descriptor that is readable once the network has ended from inside; for polling only."""
        return self._channel.fileno()

    @property
    def closed(self) -> bool:
        """Whether the network has ended."""
        if not self._end.alive:
            return True
        waiter = select.poll()
        waiter.register(self._channel, select.POLLRDHUP)
        return bool(waiter.poll(0))

    def close(self) -> None:
        """Kills the programs inside and returns when all is gone. A second call does nothing."""
        for device in self.__dict__.get("devices", ()):
            device.close()
        self._end()

    def __enter__(self) -> "PrivateNetwork":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, descriptors: list[int]) -> control.Message:
        with self._turn:
            self._serial += 1
            serial = self._serial
            try:
                control.send(self._channel, {"run": serial}, descriptors)
                while (answer := control.receive(self._channel)) is not None:
                    if serial in (answer.content.get("started"), answer.content.get("refused")):
                        break
                    # The answer to a request whose caller was interrupted (Ctrl-C).
                    answer.drop()
            except OSError as error:
                if error.errno not in _ENDED:
                    raise
                answer = None
        if answer is None:
            raise PrivateNetworkEnded
        if "refused" in answer.content:
            _raise_refusal(answer.content)
        return answer

    def _accept_ready(self, answer: control.Message | None, complaints: int, queues: int) -> None:
        if answer is None:
            self._keeper.wait(_PATIENCE)
            os.lseek(complaints, 0, os.SEEK_SET)
            raise explain(Refusal("keeper", 0, os.read(complaints, 65_536).decode(errors="replace")))
        if "failed" in answer.content:
            failed = answer.content["failed"]
            raise explain(Refusal(failed["step"], failed["errno"], failed["text"]))
        if len(answer.descriptors) < queues:
            answer.drop()
            raise explain(Refusal("start", errno.EMFILE))
        ready = answer.content["ready"]
        wire = ready["wire"]
        self.pid = answer.sender
        self.link, self.mtu, self.ipv6 = wire["link"], wire["mtu"], wire["ipv6"]
        self.own_proc, self.own_user_namespace = ready["own_proc"], ready["own_user_namespace"]
        self.uncovered = tuple(ready["uncovered"])
        self.devices = [_open_device(wire, descriptor) for descriptor in answer.descriptors]


def _open_directory(path: str | os.PathLike[str] | None) -> int:
    """Where a program is to start; None is where we are. An error names the directory."""
    try:
        return os.open(path or ".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        error.filename = f"working directory {path or _own_directory()}"
        raise


def _own_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return "(deleted)"


def _open_device(wire: control.Document, descriptor: int) -> Device:
    # Imported here: these modules exist only where their system calls do, and this one may be imported
    # anywhere.
    from ..link.packet import PacketSocket
    from ..link.tun import Tun

    name, mtu = wire["name"], wire["mtu"]
    if wire["link"] == "tun":
        return Tun(descriptor, name=name, mtu=mtu, offload=wire["offload"])
    kernel_mac, engine_mac = (bytes.fromhex(wire[end].replace(":", "")) for end in ("kernel_mac", "engine_mac"))
    return PacketSocket(descriptor, name=name, mtu=mtu, kernel_mac=kernel_mac, engine_mac=engine_mac)


def _start_keeper(plan: Plan) -> tuple[socket.socket, "subprocess.Popen[bytes]", int]:
    """Returns the channel, the process, and a memory file that has what it wrote to its standard error."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs, contextlib.ExitStack() as sent:
        try:
            wanted = control.write_file(plan.as_document())
            sent.callback(os.close, wanted)
            complaints = os.memfd_create("complaints", os.MFD_CLOEXEC)
        except OSError:
            ours.close()
            raise
        arguments = [str(theirs.fileno()), str(os.getpid()), str(wanted)]
        try:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            keeper = subprocess.Popen(
                # -P: the caller's directory is no place to import from. Warnings, which the caller may have
                # made errors, are not the keeper's to end of.
                [sys.executable, "-P", "-W", "ignore", "-m", "handshook.lab.keeper", *arguments],
                pass_fds=[theirs.fileno(), wanted],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path if path),
                },
            )
        except BaseException:
            ours.close()
            os.close(complaints)
            raise
    return ours, keeper, complaints


def _end(owner: int, channel: socket.socket, keeper: "subprocess.Popen[bytes]") -> None:
    if os.getpid() != owner:
        # A forked copy of the tool: the network is not its to end.
        channel.close()
        return
    with contextlib.suppress(OSError):
        # Not only close: a forked child may hold a copy of the socket.
        channel.shutdown(socket.SHUT_RDWR)
    channel.close()
    # Popen.wait with a time-out sleeps in steps of up to 50 ms; this wakes at once.
    with contextlib.suppress(ProcessLookupError):
        ended = os.pidfd_open(keeper.pid)
        try:
            waiter = select.poll()
            waiter.register(ended, select.POLLIN)
            if not waiter.poll(_FAREWELL * 1000):
                keeper.kill()
        finally:
            os.close(ended)
    keeper.wait()


def _raise_refusal(refused: control.Document) -> None:
    if not refused["errno"]:
        raise ValueError(refused["text"])
    filename = os.fsdecode(control.to_bytes(refused["filename"])) or None
    raise OSError(refused["errno"], os.strerror(refused["errno"]), filename)


class _Streams:
    """The three standard streams of a program to be: the ends that go inside, and the ends that stay here."""

    def __init__(self, stdin: Stream, stdout: Stream, stderr: Stream) -> None:
        self.inside: list[int] = []
        self._here: list[IO[bytes] | None] = []
        self._ours: list[int] = []
        try:
            for standard, stream in enumerate((stdin, stdout, stderr)):
                self._add(standard, stream)
        except BaseException:
            self.__exit__()
            raise

    def take(self) -> Iterator[IO[bytes] | None]:
        """The files that stay here, which are the caller's from now on."""
        here, self._here = self._here, []
        return iter(here)

    def __enter__(self) -> "_Streams":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._here:
            if file is not None:
                file.close()
        for descriptor in self._ours:
            os.close(descriptor)
        self._here, self._ours = [], []

    def _add(self, standard: int, stream: Stream) -> None:
        here: IO[bytes] | None = None
        if stream == subprocess.PIPE:
            reader, writer = os.pipe()
            inside, kept = (reader, writer) if standard == 0 else (writer, reader)
            self._ours.append(inside)
            here = os.fdopen(kept, "wb" if standard == 0 else "rb")
        elif stream == subprocess.STDOUT:
            if standard != 2:
                raise ValueError("only stderr can go where stdout goes")
            inside = self.inside[1]
        elif stream == subprocess.DEVNULL or (stream is None and not _is_open(standard)):
            inside = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
            self._ours.append(inside)
        elif stream is None:
            inside = standard
        else:
            inside = stream if isinstance(stream, int) else stream.fileno()
        self._here.append(here)
        self.inside.append(inside)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
