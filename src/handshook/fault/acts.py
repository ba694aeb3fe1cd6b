"""What each form of rule does to a segment that it fits: one small function for each, and which segments those are."""

from collections.abc import Callable

from ..host.step import Direction
from ..wire.addresses import turned
from ..wire.alter import altered, damaged
from ..wire.flags import ACK, FIN, PSH, RST, SYN
from ..wire.word import WORD
from .forms import Moment
from .passing import Passing, bare, rst
from .tally import Tally

IN, OUT = Direction.IN, Direction.OUT

# Long enough for what follows to overtake, too short for most to give up waiting.
HELD_BACK = 0.05
# What may wait for a slow link, in seconds of it, but at least so many bytes; beyond that it loses, as routers do.
QUEUE_SECONDS = 1.0
QUEUE_BYTES = 65_536

# In a tally's memory: what happens once on a connection has happened.
DONE = "done"


def is_what(passing: Passing, what: str) -> bool:
    """Whether a segment is what a rule calls so; see fault.forms.WHATS."""
    segment = passing.segment
    flags = segment.flags
    if what == "syn":
        return flags & (SYN | ACK) == SYN
    if what == "synack":
        return flags & (SYN | ACK) == SYN | ACK
    if what == "ack":
        flow = passing.flow
        return flow.moment is Moment.LAST_ACK and passing.way is flow.opener and flags & (SYN | RST | ACK) == ACK
    if what == "data":
        return segment.data_end > segment.data_start
    if what == "fin":
        return flags & FIN != 0
    return flags & RST != 0


# --- which segments a form is about, beyond WHAT ------------------------------------------------------------------


def _always(_: Passing) -> bool:
    return True


def _is_syn(passing: Passing) -> bool:
    return is_what(passing, "syn")


def _is_syn_ack(passing: Passing) -> bool:
    return is_what(passing, "synack")


def _once_open(passing: Passing) -> bool:
    """Open with this segment, or before."""
    flow = passing.flow
    if passing.segment.flags & RST:
        return False
    return flow.moment is Moment.OPEN or is_what(passing, "ack")


def _open_before(passing: Passing) -> bool:
    return passing.flow.moment is Moment.OPEN


def _reaches_size(passing: Passing) -> bool:
    """With this segment its sender has sent as much as the rule says."""
    assert passing.tally is not None
    if DONE in passing.tally.memory:
        return True
    amount, segment = passing.tally.active.rule.amount, passing.segment
    if amount is None:
        return _once_open(passing)
    length = segment.data_end - segment.data_start
    return length > 0 and passing.flow.ways[passing.way].before(segment) + length >= amount


def _silent(passing: Passing) -> bool:
    assert passing.tally is not None
    return _open_before(passing) if passing.tally.active.rule.amount is None else _reaches_size(passing)


def _has_something(passing: Passing) -> bool:
    """Data or a FIN of ours, or a RST with which our side would give up."""
    segment = passing.segment
    return (
        passing.from_us
        and not segment.flags & SYN
        and (segment.data_end > segment.data_start or segment.flags & (FIN | RST) != 0)
    )


def _tells_window(passing: Passing) -> bool:
    flags = passing.segment.flags
    return passing.from_us and not flags & RST and flags & ACK != 0


def _our_fin(passing: Passing) -> bool:
    return passing.from_us and passing.segment.flags & FIN != 0


def _queues(passing: Passing) -> bool:
    """Data, and what must not overtake it."""
    segment = passing.segment
    waits = passing.flow.ways[passing.way].free_at > passing.now
    return waits or segment.data_end > segment.data_start


FITS: dict[str, Callable[[Passing], bool]] = {
    "refuse": _is_syn,
    "reset the handshake": _is_syn_ack,
    "stale syn": _is_syn,
    "reset": _reaches_size,
    "silence": _silent,
    "forget": _once_open,
    "mute": _has_something,
    "shut": _tells_window,
    "slow": _queues,
    "stick": _our_fin,
}


def fits(passing: Passing) -> bool:
    """Whether the segment is one that the rule whose turn it is speaks of."""
    assert passing.tally is not None
    rule = passing.tally.active.rule
    if rule.what is not None:
        return is_what(passing, rule.what)
    return FITS.get(rule.form.verb, _always)(passing)


# --- what is done -------------------------------------------------------------------------------------------------


def _amount(passing: Passing) -> float:
    assert passing.tally is not None
    return passing.tally.active.rule.amount or 0.0


def _drop(passing: Passing) -> None:
    passing.drop()


def _delay(passing: Passing) -> None:
    passing.delay(_amount(passing))


def _duplicate(passing: Passing) -> None:
    passing.copy()


def _corrupt(passing: Passing) -> None:
    assert passing.tally is not None
    passing.replace(damaged(passing.packet, passing.segment, passing.tally.draw("bit", passing)))


def _reorder(passing: Passing) -> None:
    passing.delay(HELD_BACK)


def _refuse(passing: Passing) -> None:
    passing.reset_sender()
    passing.drop()


def _reset_handshake(passing: Passing) -> None:
    """To who asked, the answer becomes a RST; who answered is told as well, or would answer again (RFC 9293 3.8.3)."""
    passing.reset_sender()
    passing.change(flags=RST | ACK)


def _stale_syn(passing: Passing) -> None:
    """A SYN from earlier, as RFC 9293 3.5, figure 9 has it; its number lies up to 2^30 before this one's."""
    assert passing.tally is not None
    older = (passing.segment.seq - 1 - int(passing.tally.draw("older", passing) * (1 << 30))) & WORD
    passing.forge_before(altered(passing.packet, passing.segment, seq=older))


def _reset(passing: Passing) -> None:
    """Both ends: at first after this segment; whoever goes on, for the number was not quite the right one, again."""
    assert passing.tally is not None
    memory, segment = passing.tally.memory, passing.segment
    if DONE in memory:
        if segment.flags & RST:
            return
        passing.drop()
        if segment.flags & ACK:
            passing.reset_sender()
        return
    memory[DONE] = True
    amount, length = passing.tally.active.rule.amount, segment.data_end - segment.data_start
    if amount is not None:
        length = min(length, max(int(amount) - passing.flow.ways[passing.way].before(segment), 0))
        passing.change(length=length)
    end = (segment.seq + length) & WORD
    passing.forge(passing.way, rst(segment.key, end, segment.ack))
    passing.forge(IN if passing.from_us else OUT, rst(turned(segment.key), segment.ack, end))


def _silence(passing: Passing) -> None:
    assert passing.tally is not None
    memory, segment, amount = passing.tally.memory, passing.segment, passing.tally.active.rule.amount
    if DONE not in memory and amount is not None:
        memory[DONE] = True
        passing.change(length=max(int(amount) - passing.flow.ways[passing.way].before(segment), 0))
        return
    passing.drop()


def _forget(passing: Passing) -> None:
    """Our side is ended as by a RST that the other knows nothing of; later it must find no connection (3.5.1)."""
    assert passing.tally is not None
    memory, segment = passing.tally.memory, passing.segment
    if DONE not in memory:
        memory[DONE] = True
        if passing.from_us:
            passing.reset_sender()
        else:
            passing.reset_receiver()
    elif passing.from_us and not segment.flags & RST:
        # Not yet: the number was not the right one.
        passing.drop()
        passing.reset_sender()


def _mute(passing: Passing) -> None:
    if passing.segment.flags & RST:
        passing.drop()
    else:
        passing.change(length=0, flags=passing.segment.flags & ~(FIN | PSH))


def _shut(passing: Passing) -> None:
    """No room; and where that ends, the other side is told of it, which would else only ask now and then."""
    assert passing.tally is not None
    tally = passing.tally
    passing.change(window=0)
    lasts = tally.active.rule.lasts
    if type(lasts) is not float:
        return
    if not tally.memory:
        passing.later(passing.now + lasts, lambda now: _open_again(tally, now))
    tally.memory["last"] = passing


def _open_again(tally: Tally, now: float) -> None:
    """What our side said last, and the window that it said; with its options, but for those of a SYN."""
    passing: Passing = tally.memory["last"]
    segment = passing.segment
    if segment.flags & SYN:
        packet = bare(segment.key, (segment.seq + 1) & WORD, segment.ack, ACK, segment.window)
    else:
        end = (segment.seq + segment.length) & WORD
        packet = altered(passing.packet, segment, flags=ACK, seq=end, length=0)
    passing.send_later(tally, OUT, packet, now)


def _slow(passing: Passing) -> None:
    rate = _amount(passing)
    way = passing.flow.ways[passing.way]
    begins = max(way.free_at, passing.now)
    if begins - passing.now > max(QUEUE_SECONDS, QUEUE_BYTES / rate):
        passing.drop()
        return
    way.free_at = begins + len(passing.packet) / rate
    passing.delay(way.free_at - passing.now)


def _stick(passing: Passing) -> None:
    passing.change(flags=passing.segment.flags & ~FIN)


ACTS: dict[str, Callable[[Passing], None]] = {
    "drop": _drop,
    "delay": _delay,
    "duplicate": _duplicate,
    "corrupt": _corrupt,
    "reorder": _reorder,
    "refuse": _refuse,
    "reset the handshake": _reset_handshake,
    "stale syn": _stale_syn,
    "reset": _reset,
    "silence": _silence,
    "forget": _forget,
    "mute": _mute,
    "shut": _shut,
    "slow": _slow,
    "stick": _stick,
}


def strike_later(passing: Passing) -> None:
    """A reset or a loss of memory that isn't due yet: it comes in time, even where nothing passes by then."""
    assert passing.tally is not None
    tally = passing.tally
    after = tally.active.rule.after
    if tally.active.rule.amount is not None or after is None:
        return
    if not tally.memory:
        passing.later(passing.flow.began + after, lambda now: _strike(tally, now))
    tally.memory["waits"] = passing


def _strike(tally: Tally, now: float) -> None:
    passing: Passing | None = tally.memory.pop("waits", None)
    if passing is None:
        return
    segment = passing.segment
    if tally.hits or not tally.has_connection():
        return
    tally.hit(now)
    tally.memory[DONE] = True
    end = (segment.seq + segment.length) & WORD
    both = tally.active.rule.form.verb == "reset"
    if both or not passing.from_us:
        passing.send_later(tally, passing.way, rst(segment.key, end, segment.ack), now)
    if both or passing.from_us:
        passing.send_later(tally, IN if passing.from_us else OUT, rst(turned(segment.key), segment.ack, end), now)
