"""A step as data for machines: one JSON object a line.

Every line has: `time` (seconds of the caller's clock), `direction` ("in", "out", "timer", "call"),
`outcome`, `section`, `meaning`, `before`, `after` (states by their RFC names). A step of a connection adds:
`connection` (counted from 1), `elapsed` (seconds since its first step), `local`, `remote` (each `address`
and `port`), `peer_inferred` (a state, or null). A segment adds: `flags` (names), `seq`, `ack` (as sent;
`ack` is null without the ACK flag), `seq_relative`, `ack_relative` (counted from the SYN; null where that
was not seen), `length` (bytes of data), `window` (as sent), `window_scaled` (bytes; null where the scale is
unknown), `ttl`, `ecn`, `options` (`mss`, `scale`, `sack_permitted`, `timestamps` [value, echo], `sack`
[[left, right], ...], `unknown` [kinds]; only those that are there). An ICMP error adds `icmp` (`trouble`,
`seq`, `mtu`). What didn't come about by itself adds `injected` (`effect`, and the `rule` as it was given). With
sentences asked for: `sentence`.
"""

from typing import Any

from ..host.step import Step
from ..wire.flags import ACK, NAMES
from ..wire.segment import Segment
from .conversation import Moment
from .explain import explain
from .options import unknown_kinds


def record(moment: Moment, *, connection: int | None = None, sentence: bool = False) -> dict[str, Any]:
    """The step as a dictionary that `json.dumps` takes; `connection` is its connection's number."""
    step, segment = moment.step, moment.segment
    row: dict[str, Any] = {
        "time": step.time,
        "direction": step.direction.value,
        "outcome": step.outcome.name,
        "section": step.outcome.section,
        "meaning": step.outcome.meaning,
        "before": step.before.rfc_name,
        "after": step.after.rfc_name,
    }
    if connection is not None:
        row["connection"] = connection
        row["elapsed"] = round(moment.elapsed, 9)
        row["peer_inferred"] = None if moment.peer_after is None else moment.peer_after.rfc_name
    _add_ends(row, step)
    if segment is not None:
        _add_segment(row, moment, segment)
    if moment.icmp is not None:
        row["icmp"] = {"trouble": moment.icmp.trouble.value, "seq": moment.icmp.seq, "mtu": moment.icmp.mtu}
    if step.injected is not None:
        row["injected"] = {"effect": step.injected.effect.value, "rule": step.injected.rule}
    if sentence:
        row["sentence"] = explain(moment)
    return row


def _add_ends(row: dict[str, Any], step: Step) -> None:
    for name, end in (("local", step.local), ("remote", step.remote)):
        if end is not None:
            row[name] = {"address": end[0], "port": end[1]}


def _add_segment(row: dict[str, Any], moment: Moment, segment: Segment) -> None:
    row["flags"] = [name for bit, name in NAMES.items() if segment.flags & bit]
    row["seq"] = segment.seq
    row["ack"] = segment.ack if segment.flags & ACK else None
    row["seq_relative"] = moment.seq
    row["ack_relative"] = moment.ack
    row["length"] = segment.data_end - segment.data_start
    row["window"] = segment.window
    row["window_scaled"] = moment.window
    row["ttl"] = segment.ttl
    row["ecn"] = segment.ecn
    options: dict[str, Any] = {}
    if segment.mss:
        options["mss"] = segment.mss
    if segment.scale >= 0:
        options["scale"] = segment.scale
    if segment.sack_permitted:
        options["sack_permitted"] = True
    if segment.timestamps:
        options["timestamps"] = [segment.tsval, segment.tsecr]
    if segment.sack:
        options["sack"] = [list(block) for block in segment.sack]
    if unknown := unknown_kinds(segment):
        options["unknown"] = unknown
    row["options"] = options
