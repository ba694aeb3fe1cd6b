"""One plain sentence a step: what it does, and why its numbers are what they are.

The sentences are data (show.sentences); this file chooses among them. "We" is the engine. A fact is said as
one; where only a guess is left, as after silence, the sentence says that it is one.
"""

from ..outcomes import DROPS, Outcome
from ..tcp.states import State
from ..wire.flags import ACK, FIN, PSH
from .conversation import Moment
from .loose import why_ignored
from .manner import DISBELIEVED
from .sentences import SENTENCES
from .words import Words

NOT_IN_A_LADDER: dict[Outcome, str] = {
    **dict.fromkeys(
        (outcome for outcome in Outcome if outcome in DROPS),
        "the packet belongs to no connection that could be read",
    ),
    Outcome.NOTHING: "nothing was decided",
    Outcome.ECHO_ANSWERED: "a ping belongs to no connection",
    Outcome.SENT_ECHO_REPLY: "a ping belongs to no connection",
    Outcome.SENT_UNREACHABLE: "the call that decided it is in the ladder",
    Outcome.ICMP_IGNORED: "the message belongs to no connection",
    Outcome.ICMP_FOR_NO_ONE: "the message belongs to no connection",
    Outcome.CALLED_LISTEN: "a listener is not a connection yet",
    Outcome.OPENING: "says how a connection went, not what one step did",
    Outcome.OPEN: "says how a connection went, not what one step did",
    Outcome.CLOSING: "says how a connection went, not what one step did",
    Outcome.CLOSED_NORMALLY: "says how a connection went, not what one step did",
}
"""Outcomes without a sentence, and why."""


def explain(moment: Moment) -> str:
    """The sentence for one step; the outcome's own meaning where there is none. What was injected is said as such."""
    injected = moment.step.injected
    return _explain(moment) if injected is None else f"{_explain(moment)} On purpose: {injected}."


def _explain(moment: Moment) -> str:
    outcome = moment.step.outcome
    template = SENTENCES.get(_case(moment)) or SENTENCES.get(outcome)
    if outcome is Outcome.ICMP_IGNORED and (why := why_ignored(moment.step)):
        return why
    if template is None:
        meaning = outcome.meaning
        section = f" ({outcome.section})" if outcome.section else ""
        return f"{meaning[:1].upper()}{meaning[1:]}{section}."
    if outcome not in DISBELIEVED:
        # What a SACK option says stands beside whatever else the segment is about.
        template += "{holds}"
    return template.format_map(Words(moment))


def _case(moment: Moment) -> Outcome | tuple[Outcome, str]:
    """The outcome, with the circumstance that makes its sentence another one."""
    outcome = moment.step.outcome
    flags = moment.segment.flags if moment.segment else 0
    after = moment.step.after
    if outcome in (Outcome.FIN_ACCEPTED, Outcome.FIN_BOTH, Outcome.FIN_ACKED, Outcome.CALLED_CLOSE):
        return outcome, after.rfc_name
    if outcome is Outcome.CALLED_ABORT:
        return outcome, _aborted(moment)
    if outcome is Outcome.ESTABLISHED_PASSIVE:
        return outcome, "data" if moment.length else ""
    if outcome is Outcome.SENT_ACK:
        return outcome, "third" if moment.third else "fin" if moment.acks_fin else ""
    if outcome is Outcome.SENT_SYN_ACK and moment.tries > 1:
        return outcome, "both"
    if outcome in (Outcome.SENT_DATA, Outcome.SENT_DATA_AGAIN, Outcome.DATA_ACCEPTED):
        if outcome is Outcome.SENT_DATA and moment.third:
            return outcome, "third"
        return outcome, "fin" if flags & FIN else "push" if flags & PSH else ""
    if outcome is Outcome.SENT_FIN:
        return outcome, "last" if moment.step.after is State.LAST_ACK else ""
    if outcome in (Outcome.SENT_RST, Outcome.SENT_RST_FOR_NO_ONE):
        return outcome, "ack" if flags & ACK else ""
    if outcome is Outcome.ACKED and not moment.acked:
        return outcome, "uncounted"
    if outcome is Outcome.DUPLICATE_SEGMENT and not moment.length:
        return outcome, "empty"
    if outcome is Outcome.RETRANSMISSION_TIMED_OUT:
        opening = {State.SYN_SENT: "syn", State.SYN_RECEIVED: "syn,ack"}
        return outcome, opening.get(moment.step.before, "")
    return outcome


def _aborted(moment: Moment) -> str:
    """Whether anybody is told (RFC 9293 3.10.5): not before there was a connection, not after it was released."""
    before = moment.step.before
    if before is State.SYN_SENT:
        return "SYN-SENT"
    released = before is State.TIME_WAIT or (before in (State.CLOSING, State.LAST_ACK) and moment.fin_sent)
    return "finished" if released else ""
