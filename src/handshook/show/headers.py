"""A segment as its header: RFC 9293 figure 1, every field and every flag with the value that it has here.

32 bits a row, two columns a bit, numbered above; options byte by byte as they stand. The IP header is one line.
"""

from ..host.step import Step
from ..wire import flags
from ..wire.addresses import unpack
from ..wire.flags import ACK
from ..wire.framing import VNET_NEEDS_CHECKSUM
from ..wire.kinds import OPTION_MSS, OPTION_SACK, OPTION_SACK_PERMITTED, OPTION_SCALE, OPTION_TIMESTAMPS
from ..wire.segment import Segment
from .ink import Canvas, Span, fit, printable
from .options import NAMES, Option, options_of

WIDTH = 65  # 32 bits of two columns, and the closing border
BYTE = 16  # columns of a byte, one border included
PEEK = 30  # bytes of data shown
PEEK_ROW = 15

FLAGS = sorted(flags.NAMES.items(), reverse=True)  # the highest bit stands first
RULER = (
    "".join(f" {bit // 10}" if bit % 10 == 0 else "  " for bit in range(32)),
    "".join(f" {bit % 10}" for bit in range(32)),
)
"""The numbers of the bits, as the RFC writes them above its figure."""

BEGUN = (
    "begun: so far the sum of addresses, protocol and length. Inside",
    "one machine nobody needs the rest; a real card would add it.",
)
"""Below a segment whose checksum is left to the link (checksum offload)."""

ECN = ("no ECN", "ECT(1)", "ECT(0)", "CE")  # RFC 3168 5

Cell = tuple[int, str]  # how many of the row's 32 bits, and what stands in them


def draw_headers(step: Step, canvas: Canvas) -> list[str]:
    """The rows of one segment's drawing; none for a step without a segment."""
    segment = step.segment
    if segment is None:
        return []
    indent = " " * ((canvas.width - WIDTH) // 2)
    words, raw = _fields(step, segment), segment.frame[segment.tcp_start :]
    rows: list[list[Span]] = [[(_ip_line(segment), "dim")], *([(line, "dim")] for line in RULER)]
    above: list[Cell] = []
    for cells in [*words[:3], CONTROL, words[3], *_option_rows(segment)]:
        rows.append(_rule(above, cells, canvas))
        rows.extend(_control(segment, raw, canvas) if cells is CONTROL else [_cells(cells, canvas)])
        above = cells
    data = _data_lines(segment)
    rows.append(_rule(above, [(32, "")] if data else [], canvas))
    rows.extend([_cells([(32, line)], canvas) for line in data])
    if data:
        rows.append(_rule([(32, "")], [], canvas))
    if _is_begun(step):
        rows.extend([(line, "dim")] for line in BEGUN)
    return [canvas.paint([(indent, ""), *row]) for row in rows]


def _ip_line(segment: Segment) -> str:
    packet, width = segment.packet_start, 4 if segment.version == 4 else 16
    at = packet + (12 if width == 4 else 8)
    source = unpack(segment.frame[at : at + width])
    destination = unpack(segment.frame[at + width : at + 2 * width])
    hops = "ttl" if width == 4 else "hops"
    rest = f"{hops} {segment.ttl}, {ECN[segment.ecn]}, {segment.data_end - packet} bytes"
    line = f"IPv{segment.version} {source} > {destination}  {rest}"
    return line if len(line) <= WIDTH else f"IPv{segment.version} {source} > {destination}"[:WIDTH]


def _is_begun(step: Step) -> bool:
    return bool(step.framing.vnet and step.frame and step.frame[0] & VNET_NEEDS_CHECKSUM)


def _fields(step: Step, segment: Segment) -> list[list[Cell]]:
    raw = segment.frame[segment.tcp_start : segment.data_start]
    source, destination = (int.from_bytes(raw[at : at + 2], "big") for at in (0, 2))
    ack = f"acknowledgment number {segment.ack}{'' if segment.flags & ACK else ' (unused)'}"
    checksum = f"checksum 0x{int.from_bytes(raw[16:18], 'big'):04x}"
    if _is_begun(step):
        checksum += " (begun)"
    return [
        [(16, f"source port {source}"), (16, f"destination port {destination}")],
        [(32, f"sequence number {segment.seq}")],
        [(32, ack)],
        [(16, checksum), (16, f"urgent pointer {segment.urgent}")],
    ]


# What stands where in the row of the flags; its text is `_control`'s.
CONTROL: list[Cell] = [(4, ""), (4, ""), *((1, "") for _ in FLAGS), (16, "")]


def _control(segment: Segment, raw: bytes, canvas: Canvas) -> list[list[Span]]:
    """The row of the flags: a name is written downwards, as in the RFC, its bit below it."""
    side = canvas.glyphs.corners[1]
    offset, unused = raw[12] >> 4, raw[12] & 0x0F
    texts = [("data", "", ""), ("offset", "rsrvd", "window"), ("", "", "")]
    texts.append((str(offset), str(unused), str(segment.window)))
    rows = []
    for line in range(4):
        first, second, third = texts[line]
        row: list[Span] = [(side, "dim"), (first.center(7), ""), (side, "dim"), (second.center(7), "")]
        for bit, name in FLAGS:
            on = bool(segment.flags & bit)
            sign = name[line] if line < 3 else "1" if on else "0"
            row.extend([(side, "dim"), (sign, "bold green" if on else "dim")])
        row.extend([(side, "dim"), (third.center(31), ""), (side, "dim")])
        rows.append(row)
    return rows


def _option_rows(segment: Segment) -> list[list[Cell]]:
    """The options in rows of four bytes; a value that runs over a row's end goes on in the next."""
    cells: list[tuple[int, str]] = []
    for option in options_of(segment):
        cells.extend(_option_cells(option))
    shown = sum(size for size, _ in cells)
    rest = segment.data_start - segment.tcp_start - 20 - shown
    if rest > 0:
        cells.append((rest, "padding"))
    rows: list[list[Cell]] = []
    room = 0
    for size, text in cells:
        while size:
            if not room:
                rows.append([])
                room = 4
            taken = min(size, room)
            rows[-1].append((8 * taken, text))
            size, room, text = size - taken, room - taken, "..."
    return rows


def _option_cells(option: Option) -> list[tuple[int, str]]:
    """(bytes, text) for each part of an option."""
    if option.single:
        return [(1, option.name)]
    kind = f"kind {option.kind}"
    name = "SACK ok" if option.kind == OPTION_SACK_PERMITTED else option.name
    named = f"{kind} {name}" if option.kind in NAMES else kind
    head = [(1, named if len(named) < BYTE else kind), (1, f"length {len(option.body) + 2}")]
    body = option.body
    values = [int.from_bytes(body[at : at + 4], "big") for at in range(0, len(body), 4)]
    if option.kind == OPTION_MSS:
        return [*head, (2, f"{values[0]} bytes")]
    if option.kind == OPTION_SCALE:
        return [*head, (1, f"shift {values[0]}")]
    if option.kind == OPTION_TIMESTAMPS:
        return [*head, (4, f"timestamp {values[0]}"), (4, f"echo {values[1]}")]
    if option.kind == OPTION_SACK:
        return head + [(4, f"{('left', 'right')[at % 2]} edge {value}") for at, value in enumerate(values)]
    return [*head, (len(body), body.hex())] if body else head


def _data_lines(segment: Segment) -> list[str]:
    data = segment.data[:PEEK]
    lines = []
    for at in range(0, len(data), PEEK_ROW):
        part = data[at : at + PEEK_ROW]
        lines.append(f"{part.hex(' '):<{3 * PEEK_ROW}} {printable(part.decode('ascii', 'replace'))}")
    more = segment.data_end - segment.data_start - len(data)
    if more:
        lines.append(f"{more} more bytes of data")
    # A replacement character is printable, but not ASCII.
    return [line.replace("�", ".").ljust(WIDTH - 4) for line in lines]


def _cells(cells: list[Cell], canvas: Canvas) -> list[Span]:
    side = canvas.glyphs.corners[1]
    row: list[Span] = []
    for bits, text in cells:
        room = 2 * bits - 1
        row.extend([(side, "dim"), (text[:room].center(room), "")])
    filled = sum(bits for bits, _ in cells)
    row.append((side, "dim"))
    return row if filled == 32 else fit(row, WIDTH)


def _rule(above: list[Cell], below: list[Cell], canvas: Canvas) -> list[Span]:
    """The line between two rows, with a joint wherever either has a border."""
    across, joints = canvas.glyphs.corners[0], canvas.glyphs.corners[2:]
    up, down = _borders(above), _borders(below)
    last = max(up | down)
    line = []
    for column in range(last + 1):
        if column not in up | down:
            line.append(across)
            continue
        vertical = 0 if column not in up else 2 if column not in down else 1
        horizontal = 0 if column == 0 else 2 if column == last else 1
        line.append(joints[3 * vertical + horizontal])
    return [("".join(line), "dim")]


def _borders(cells: list[Cell]) -> set[int]:
    found, at = set(), 0
    for bits, _ in cells:
        found.add(at)
        at += 2 * bits
    if cells:
        found.add(at)
    return found
