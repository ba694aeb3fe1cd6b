"""The sentences of `explain`, one for each outcome that can appear in a ladder.

A key is an outcome, or an outcome with the circumstance that `explain` names; the names in braces are
`Words`.
"""

from ..outcomes import Outcome

_OPENING: dict[Outcome | tuple[Outcome, str], str] = {
    Outcome.CALLED_CONNECT: (
        "The program asks for a connection to {remote}, {remote_port}: we open actively, so the first segment is ours."
    ),
    Outcome.SENT_SYN: (
        "We ask to open. Our first number, {isn}: a clock, so that late copies from an earlier connection lie"
        " below, plus a secret, so that it is unpredictable (RFC 6528). Nothing heard yet: no ACK flag, ack field"
        " {wire_ack}.{offers}"
    ),
    Outcome.SENT_SYN_AGAIN: (
        "No answer in {waited}: the same SYN with the same number {isn}, {tries}. Each wait is twice"
        " the last one, so that a jammed path is not jammed more (RFC 6298 5.5)."
    ),
    Outcome.SYN_ANSWERED: (
        "The peer asks to open, its numbers start at {isn}: nobody should be able to guess it, nor may an earlier"
        " connection have come as far (RFC 6528). Nothing heard from us: no ACK flag, and its ack field"
        " ({wire_ack}) is unused.{offers}"
    ),
    Outcome.SENT_SYN_ACK: (
        "Two things in one: ack {wire_ack} = the peer's {before_ack} + 1, as a SYN takes one number;"
        " and our own SYN with our own unpredictable number, {isn}.{offers}"
    ),
    (Outcome.SENT_SYN_ACK, "both"): (
        "Our SYN again, {isn}, and with it the answer to the peer's: ack {wire_ack} = its {before_ack}"
        " + 1. Where both open at once it takes four segments, not three."
    ),
    Outcome.SENT_SYN_ACK_AGAIN: (
        "Our SYN,ACK again with the same numbers, {tries}: the ACK that completes the handshake has not"
        " come, so this one or that one may be lost."
    ),
    Outcome.ESTABLISHED_ACTIVE: (
        "ack {wire_ack} = our {before_ack} + 1: the peer heard our SYN. Its own numbers start at {isn}."
        " We know of both directions now; the peer will when our ACK arrives.{offers}"
    ),
    (Outcome.SENT_ACK, "third"): (
        "The third segment: ack {wire_ack} = the peer's {before_ack} + 1. Without it the peer could not"
        " know that its number reached us, nor that our SYN was not an old copy."
    ),
    (Outcome.SENT_DATA, "third"): (
        "The third segment, ack {wire_ack} = the peer's {before_ack} + 1, and {bytes} with it: the"
        " handshake need not be over for us to use what it proved."
    ),
    Outcome.ESTABLISHED_PASSIVE: (
        "ack {wire_ack} = our {before_ack} + 1: only who received our SYN,ACK can know that. Each side"
        " has now heard the other's number and had its own confirmed."
    ),
    (Outcome.ESTABLISHED_PASSIVE, "data"): (
        "ack {wire_ack} confirms our first number, {our_isn}: the connection is open, and {bytes} come along with it."
    ),
    Outcome.SIMULTANEOUS_SYN: (
        "A SYN while ours is out: both sides opened at once. It becomes one connection, not two; we"
        " acknowledge its {isn}, as it will ours."
    ),
    Outcome.SYN_SENT_ACK_BAD: (
        "It acknowledges {wire_ack}, but an answer to our SYN says {wanted_ack}: it belongs to some"
        " older connection. RST, and we go on waiting."
    ),
    Outcome.SYN_SENT_RST_IGNORED: (
        "This RST does not acknowledge our SYN, so anyone who guessed the ports could have sent it: ignored."
    ),
    Outcome.SYN_SENT_IGNORED: ("Neither SYN nor RST, so it says nothing about our SYN: ignored, we go on waiting."),
    Outcome.CONNECTION_REFUSED: (
        "A RST that acknowledges our very SYN ({wire_ack} = our number + 1): refused, as a fact. A"
        " guess: nothing listens on {remote_port}."
    ),
    Outcome.CONNECT_TIMED_OUT: (
        "Our SYN was sent {syns} and nothing came back in {elapsed}: given up. Whether a firewall drops"
        " it or no host is there cannot be told from silence."
    ),
    Outcome.SYN_REPEATED: (
        "The same SYN, {isn}, once more: the peer has not heard our SYN,ACK. The number is the same, so"
        " it is no second connection; our answer goes out again."
    ),
    Outcome.DROPPED_SYN_QUEUE_FULL: (
        "As many connections are half open as we keep: this SYN is dropped without an answer. A real"
        " client will repeat it."
    ),
    Outcome.DROPPED_SYN_HOST_FULL: (
        "All listeners together have as many connections half open as we keep: this SYN is dropped without an"
        " answer. A real client will repeat it."
    ),
    Outcome.DROPPED_SYN_PREFIX_FULL: (
        "From the network that this address is in, as many connections are half open as we keep for one: this SYN"
        " is dropped without an answer. A real client will repeat it."
    ),
    Outcome.SYN_COOKIE: (
        "The peer asks to open, its numbers start at {isn}, and we keep nothing of it: all that we shall need goes into"
        " the number that we answer with.{offers}"
    ),
    Outcome.SENT_COOKIE: (
        "A cookie: our number, {isn}, is a keyed hash of both addresses and ports, the peer's number and the time, with"
        " its MSS in it. Only who receives it can send it back; a forged source never will.{offers}"
    ),
    Outcome.COOKIE_ACCEPTED: (
        "ack {wire_ack} brings our cookie back, plus 1: the hash is right, so its sender has received our SYN,ACK, and"
        " what the SYN said is read out of the number. The connection is made now."
    ),
    Outcome.COOKIE_WRONG: (
        "ack {wire_ack} is no cookie that we made for this peer: a guess, or the rest of an old connection. RST."
    ),
    Outcome.COOKIE_EXPIRED: ("ack {wire_ack} is a cookie of ours from more than two minutes ago: too old. RST."),
    Outcome.COOKIE_OPTIONS_BAD: (
        "ack {wire_ack} is a cookie of ours, but the options beside it are none that we agreed to. RST."
    ),
    Outcome.COOKIE_AHEAD: (
        "It follows a segment that we have not had, but the timestamp that it echoes is ours: a RST could end a good"
        " connection, so it is dropped. The peer will repeat the first."
    ),
    Outcome.DROPPED_ACCEPT_QUEUE_FULL: (
        "The program has not accepted the connections that wait already, so there is no place for one"
        " more: dropped; a real client will try again."
    ),
    Outcome.HALF_OPEN_RESET: (
        "A RST at {seq}, the number we wait for: the peer withdraws before the handshake is done, and"
        " the half-open entry goes."
    ),
    Outcome.HALF_OPEN_GIVEN_UP: (
        "Our SYN,ACK was sent {syns} and no ACK came in {in_state}: given up. A guess: the SYN's source"
        " was forged, or the peer has gone."
    ),
    Outcome.HALF_OPEN_PRESSED: (
        "Our SYN,ACK was sent {syns} and no ACK came in {in_state}. There are so many half-open connections that each"
        " waits less long than it would otherwise: given up."
    ),
    Outcome.HALF_OPEN_EVICTED: (
        "As many connections are half open as we keep, and this one has waited longest: it goes, for a new one. A real"
        " peer's ACK will be answered with a RST."
    ),
    Outcome.SYN_CACHED: (
        "The peer asks to open, its numbers start at {isn}. There is no room for a half-open entry, so what we need of"
        " it goes into a row of the SYN cache.{offers}"
    ),
    Outcome.SYN_CACHE_EVICTED: (
        "Its bucket of the SYN cache is full and this row has waited longest: it goes, for a new one."
    ),
    Outcome.SYN_ACK_ACK_BAD: (
        "It acknowledges {wire_ack}, but our SYN,ACK needs {wanted_ack}: the sender never saw our"
        " number. RST, which takes {wire_ack} as its own number."
    ),
    Outcome.SYN_HELD: (
        "The peer asks to open, its numbers start at {isn}. The program wants to decide about it, so nothing is"
        " answered yet: to the peer we are a slow path.{offers}"
    ),
    Outcome.COOKIE_HELD: (
        "ack {wire_ack} brings our cookie back, plus 1: its sender has received our SYN,ACK, and believes the"
        " connection open. The program decides now whether it is."
    ),
    Outcome.HELD_KEPT: (
        "The peer believes the connection open, but the program has not decided: kept, and not acknowledged yet."
    ),
    Outcome.SYN_HELD_AGAIN: (
        "The same SYN, {isn}, once more: the peer has heard nothing, and will not before the program has decided."
    ),
    Outcome.HELD_IGNORED: (
        "A SYN of this peer is held, and this is neither that SYN again nor the RST that takes it back: ignored."
    ),
    Outcome.CALLED_ACCEPT: "The program accepts the connection that the peer asked for: a SYN,ACK may leave now.",
    Outcome.CALLED_REFUSE: (
        "The program refuses. A RST says so, the same as where nobody listens: the peer sees a refused connection."
    ),
    Outcome.CALLED_UNREACHABLE: (
        "The program knows of no way to what the peer asked for. ICMP says so and quotes the SYN, as a router would."
    ),
    Outcome.CALLED_IGNORE: (
        "The program wants the SYN unanswered. The peer cannot tell this from a firewall that drops, or from no host"
        " at all; it will repeat its SYN until it gives up."
    ),
    Outcome.SYN_KEPT_SILENT: "The SYN again, to which the program wants silence: dropped without asking it anew.",
    Outcome.HOLD_OVER: (
        "The program has not decided in {in_state}. The SYN is forgotten; should the peer still want to open, it"
        " will send another."
    ),
    Outcome.SILENCE_OVER: "Silence has lasted as long as a SYN may be held; another one would be asked about anew.",
    Outcome.LISTEN_ACK_RESET: (
        "An ACK to a port that only listens: we sent nothing that {wire_ack} could acknowledge. RST, so"
        " that a peer with an old connection learns that it is gone."
    ),
    Outcome.LISTEN_RST_IGNORED: "A RST, but there is no connection here that it could end: ignored.",
    Outcome.LISTEN_IGNORED: ("Neither SYN, ACK nor RST: it opens nothing and belongs to nothing, so it is ignored."),
    Outcome.LISTENER_CLOSED: (
        "The program closed the listener before it accepted this connection: it is reset, so that the"
        " peer need not find out by waiting."
    ),
    Outcome.CLOSED_PORT_RESET: (
        "Nobody listens on our {local_port}. A RST says so at once; silence would leave the peer to its time-out."
    ),
    Outcome.CLOSED_PORT_IGNORED: (
        "A RST for no connection of ours gets no answer: two hosts answering each other's RSTs would never stop."
    ),
    Outcome.HANDED_ON: (
        "Port {local_port} is one of those from which another worker behind our address connects: the segment is"
        " handed on to it."
    ),
    Outcome.FLAGS_NONSENSE: ("{flags}: no TCP sends such a thing in good faith. It is dropped without an answer."),
    Outcome.ICMP_NOTED: (
        "The network reports: {trouble}. It may pass, and it could be forged, so the connection only"
        " remembers it and goes on."
    ),
    Outcome.ICMP_REFUSED: (
        "The network reports about our SYN: {trouble}. Nothing is open that could be saved, so we give up at once."
    ),
    Outcome.MTU_LOWERED: ("A hop on the way takes only {mtu} in a packet: from now on our segments are small enough."),
    Outcome.SENT_RST_FOR_NO_ONE: (
        "No such connection here. Our number, {isn}, is taken from the ack of the segment that we"
        " answer: only so will the peer believe the RST."
    ),
    (Outcome.SENT_RST_FOR_NO_ONE, "ack"): (
        "No such connection here, and no number of ours to use, so seq is {isn}. ack {wire_ack} shows"
        " which segment is answered: its number plus its length, where a SYN counts as one."
    ),
    Outcome.ANSWER_DROPPED: ("An answer was due, but too many wait for the link already: this one is not sent."),
}

_TRANSFER: dict[Outcome | tuple[Outcome, str], str] = {
    Outcome.SENT_ACK: (
        "ack {ack}: everything before number {ack} is here, and {ack} is what we expect next. There is room for {room}."
    ),
    Outcome.SENT_DATA: (
        "{bytes}, numbers {seq} to {last}; every data segment also says what we expect next: ack {ack}."
    ),
    (Outcome.SENT_DATA, "push"): (
        "{bytes}, numbers {seq} to {last}, and ack {ack} rides along. PSH: nothing more waits behind"
        " it, hand it to the program."
    ),
    (Outcome.SENT_DATA, "fin"): (
        "{bytes}, numbers {seq} to {last}, the last ones: a FIN rides along and takes number {fin}, so"
        " that it too can be acknowledged."
    ),
    Outcome.SENT_DATA_AGAIN: (
        "Numbers {seq} to {last} again, {tries}: they were not acknowledged. The same bytes under the"
        " same numbers, so the peer can't take them twice."
    ),
    (Outcome.SENT_DATA_AGAIN, "fin"): (
        "Numbers {seq} to {last} and the FIN at {fin} again, {tries}: not acknowledged. Same numbers,"
        " so the peer can't take them twice."
    ),
    Outcome.ACKED: (
        "ack {ack}: {acked} more of ours arrived, everything before number {ack}. The peer has room for {room}."
    ),
    (Outcome.ACKED, "uncounted"): (
        "ack {ack}: everything of ours before that number has arrived. The peer has room for {room}."
    ),
    Outcome.ACK_NOTHING_NEW: (
        "ack {ack} acknowledges nothing that we did not know; it still says that the peer has room for {room}."
    ),
    Outcome.DUPLICATE_ACK: (
        "ack {ack} again: the peer still waits for number {ack}, so something sent later arrived before"
        " it, or a copy did."
    ),
    Outcome.DATA_ACCEPTED: (
        "{bytes}, numbers {seq} to {last}, nothing missing before them. An ACK is owed: of {next}, the"
        " number after the last, or more if this fills a gap."
    ),
    (Outcome.DATA_ACCEPTED, "push"): (
        "{bytes}, numbers {seq} to {last}, nothing missing before them; an ACK of {next} is owed, or of"
        " more. PSH: the sender had no more at hand, so the program should have it now."
    ),
    Outcome.DATA_OUT_OF_ORDER: (
        "It starts at {seq}, but {expected} is still missing: kept until the gap is filled. Our ACK can"
        " only repeat {expected}."
    ),
    Outcome.DUPLICATE_SEGMENT: (
        "Numbers {seq} to {last} were here before: our ACK was lost or late, or the network made a"
        " copy. We say the ACK again and drop it."
    ),
    (Outcome.DUPLICATE_SEGMENT, "empty"): (
        "seq {seq} lies before {expected}, which we wait for: nothing in it is new. An ACK says where we stand."
    ),
    Outcome.OUTSIDE_WINDOW: (
        "seq {seq} is outside the window, which starts at {expected}: old, or forged. Dropped; an ACK"
        " says where we stand."
    ),
    Outcome.PAWS_REJECTED: (
        "Its timestamp, {tsval}, is older than one seen before: a late copy, or numbers from before"
        " they wrapped. An ACK, and dropped."
    ),
    Outcome.WITHOUT_ACK_DROPPED: (
        "It has no ACK flag. In an open connection every segment carries one, so no true peer sent this: dropped."
    ),
    Outcome.TIMESTAMP_MISSING: (
        "Both SYNs agreed on timestamps and this segment has none: a true peer would have put one in. Dropped."
    ),
    Outcome.URGENT_NOTED: (
        "Its urgent pointer says that something in the stream should be read soon: the program is told how far that"
        " goes."
    ),
    Outcome.REASSEMBLY_FULL: (
        "It starts at {seq}, beyond one gap more than we keep track of: dropped, the peer will send it again."
    ),
    Outcome.RETRANSMISSION_TIMED_OUT: (
        "No acknowledgment, {waited} after we last sent: taken as lost. The oldest segment goes again,"
        " and the next wait is twice as long."
    ),
    (Outcome.RETRANSMISSION_TIMED_OUT, "syn"): (
        "No answer to our SYN after {waited}: it or the answer may be lost. We ask again and wait twice as long."
    ),
    (Outcome.RETRANSMISSION_TIMED_OUT, "syn,ack"): (
        "No ACK for our SYN,ACK after {waited}: it or the ACK may be lost. We send it again and wait twice as long."
    ),
    Outcome.SEND_TIMED_OUT: (
        "Nothing acknowledged after {tries}, {waited} since the last: given up. Whether the peer or the"
        " path is gone cannot be told from silence."
    ),
    Outcome.ACK_DELAY_OVER: ("Our ACK waited for data of ours to ride on. There was none in time, so it goes alone."),
    Outcome.WINDOW_PROBED: (
        "The peer's window is shut. News that it opened might be lost, and then both would wait forever: so we ask."
    ),
    Outcome.SENT_WINDOW_PROBE: (
        "A probe at seq {seq}: whatever the peer does with it, its ACK will say how much room there is now."
    ),
    Outcome.SENT_WINDOW_UPDATE: (
        "There is room for {room} now, and a peer that waits for room should hear of it. ack {ack} is"
        " not new; the window is."
    ),
    Outcome.TAIL_PROBE_DUE: (
        "No ACK for two round trips. If only the last of what we sent was lost, nothing behind it will tell of that:"
        " so we ask."
    ),
    Outcome.SENT_TAIL_PROBE: (
        "The last of it once more, at seq {seq}: its ACK says whether everything before it has arrived."
    ),
    Outcome.REORDERING_OVER: (
        "Later data has arrived, and what was sent before it should have come by now even if it took a detour: it is"
        " taken for lost."
    ),
    Outcome.KEEP_ALIVE_DUE: "Nothing has been said for {gap}: we ask whether the peer is still there.",
    Outcome.SENT_KEEP_ALIVE: (
        "seq {seq} has been acknowledged already. A peer that is alive must answer such a segment with"
        " an ACK; that is all we want."
    ),
    Outcome.KEEP_ALIVE_TIMED_OUT: (
        "No probe of ours was answered: given up. Whether the peer crashed or the path broke cannot be"
        " told from silence."
    ),
    Outcome.CHALLENGE_ACK: (
        "{flags} at {seq} would end or upset this connection, and could be forged. We ACK what we"
        " expect: only a true peer can use that."
    ),
    Outcome.SENT_CHALLENGE_ACK: (
        "ack {ack} tells a true peer exactly where we stand; if it wants this connection gone, its next"
        " RST will hit that number. A forger doesn't see it."
    ),
    Outcome.CHALLENGE_ACK_LIMITED: (
        "{flags} at {seq} could be forged, and we sent enough challenges for now: their number is"
        " limited so that nobody makes us flood. Dropped."
    ),
}

_RELEASE: dict[Outcome | tuple[Outcome, str], str] = {
    Outcome.CALLED_SHUTDOWN: (
        "The program has nothing more to send. That ends one direction only: it can go on reading what the peer sends."
    ),
    Outcome.CALLED_CLOSE: (
        "The program closes: what is queued is still sent, then a FIN. Each direction of a connection ends by itself."
    ),
    (Outcome.CALLED_CLOSE, "LAST-ACK"): (
        "The program closes; the peer had finished before. Our FIN is the last thing to be acknowledged."
    ),
    (Outcome.CALLED_CLOSE, "CLOSED"): (
        "The program closes before anything was open: nothing to finish, nothing to wait for."
    ),
    Outcome.CALLED_ABORT: (
        "The program aborts: no FIN, no waiting. What was not yet sent or read is thrown away, and a"
        " RST tells the peer."
    ),
    (Outcome.CALLED_ABORT, "SYN-SENT"): (
        "The program gives up before anybody has answered: we forget the connection. No RST: nobody has said that"
        " there is one to end (RFC 9293 3.10.5)."
    ),
    (Outcome.CALLED_ABORT, "finished"): (
        "The program aborts, but both sides have finished: there is nothing left that a RST could end, so none is sent"
        " (RFC 9293 3.10.5)."
    ),
    Outcome.CLOSED_UNREAD_RESET: (
        "The program closed and left data unread. A FIN would tell the peer that all went well, so it gets a RST."
    ),
    Outcome.SENT_FIN: (
        "{carries}FIN: we have nothing more to send. It takes number {fin}, like a byte, so that the peer can"
        " acknowledge it: with {next}. We still listen."
    ),
    (Outcome.SENT_FIN, "last"): (
        "{carries}Our FIN, number {fin}; the peer's came before. When its ACK says {next}, nothing is left open"
        " in either direction."
    ),
    Outcome.SENT_FIN_AGAIN: (
        "{carries}Our FIN at number {fin} again, {tries}: it was not acknowledged. Same number, so it counts once."
    ),
    (Outcome.SENT_ACK, "fin"): (
        "ack {ack} = {acked_fin} + 1: a FIN takes one number, and this says that the peer's has arrived."
    ),
    Outcome.FIN_ACCEPTED: (
        "{carries}The peer sends no more: its FIN takes number {fin}, our ACK of it will say {next}. We may"
        " still send, the connection is half closed."
    ),
    (Outcome.FIN_ACCEPTED, "CLOSING"): (
        "{carries}The peer's FIN, number {fin}, crosses ours on the way: both close at once. We acknowledge it"
        " and wait for the ACK of our own."
    ),
    (Outcome.FIN_ACCEPTED, "TIME-WAIT"): (
        "{carries}The peer's FIN, number {fin}: both are done. We wait {two_msl}, as our last ACK may be lost and"
        " the FIN come again, and old segments must die out."
    ),
    Outcome.FIN_BOTH: (
        "{carries}ack {ack} acknowledges our FIN and the peer's own, number {fin}, comes along. We wait {two_msl}:"
        " our last ACK may be lost, and old segments must die out."
    ),
    Outcome.FIN_ACKED: "ack {ack} = {acked_fin} + 1: our FIN has arrived.",
    (Outcome.FIN_ACKED, "FIN-WAIT-2"): (
        "ack {ack} = {acked_fin} + 1: our FIN has arrived. The peer may go on sending; we wait for its FIN."
    ),
    (Outcome.FIN_ACKED, "TIME-WAIT"): (
        "ack {ack} = {acked_fin} + 1: our FIN has arrived too. We wait {two_msl}: the ACK that we owe the"
        " peer may be lost, and old segments must die out."
    ),
    (Outcome.FIN_ACKED, "CLOSED"): (
        "ack {ack} = {acked_fin} + 1: our FIN has arrived and the peer's came before, so all is over."
        " It closed first, so the waiting in TIME-WAIT is its part."
    ),
    Outcome.FIN_WAIT_2_OVER: (
        "No FIN from the peer in {in_state}, and our program has let go of the connection: nobody would"
        " read what still came. Forgotten."
    ),
    Outcome.DATA_AFTER_CLOSE_RESET: (
        "{bytes} for a program that has closed and will never read them. A FIN would hide that; a RST"
        " tells the peer that they are lost."
    ),
    Outcome.DATA_AFTER_FIN_IGNORED: (
        "Data after the peer's own FIN, which promised that there would be none: ignored."
    ),
    Outcome.CONNECTION_RESET: (
        "A RST at {seq}, exactly the number we expect, so it is believed: the connection is over in"
        " both directions, without FIN and without waiting."
    ),
    Outcome.RST_OUTSIDE_WINDOW: (
        "A RST at {seq}, but the window starts at {expected}: its sender doesn't know where we are, so it ends nothing."
    ),
    Outcome.SENT_RST: (
        "RST: the connection ends at once. seq {seq} is a number that the peer will believe; no answer"
        " is due, so there is no ACK to wait for.{because}"
    ),
    (Outcome.SENT_RST, "ack"): (
        "RST: the connection ends at once. seq {seq} is what the peer expects next, or it would not"
        " believe us; no answer is due.{because}"
    ),
    Outcome.TIME_WAIT_OVER: (
        "2 MSL ({in_state}) have passed: whatever was still on the way has died out. The same ports may be used again."
    ),
    Outcome.TIME_WAIT_FIN_REPEATED: (
        "The peer's FIN, number {fin}, again: our last ACK was lost. This is what TIME-WAIT is for; we"
        " say it again and the wait starts anew."
    ),
    Outcome.TIME_WAIT_REOPENED: (
        "A SYN at {isn}, newer than all that the old connection used: no old segment can be taken for a"
        " new one, so a new connection may begin early.{offers}"
    ),
    Outcome.TIME_WAIT_SYN_DROPPED: (
        "A SYN at {isn} that may be a late copy from the old connection: not believed. Our ACK makes a"
        " true client send a RST and try again."
    ),
    Outcome.TIME_WAIT_RST_IGNORED: (
        "A RST must not cut TIME-WAIT short: old segments would then meet the next connection on these ports. Ignored."
    ),
    Outcome.TIME_WAIT_ACKED: (
        "A segment of a connection that is finished, seq {seq}: the ACK says that all of it arrived long ago."
    ),
    Outcome.TIME_WAIT_IGNORED: "The connection is finished and nothing in this segment asks for an answer.",
}

_ON_PURPOSE: dict[Outcome | tuple[Outcome, str], str] = {
    Outcome.INJECTED_LOSS: (
        "Taken off the link on purpose: it never arrives here, and for all its sender can tell the path has lost it."
    ),
    Outcome.INJECTED_SEGMENT: "Put on the link on purpose: who gets it takes it for ours, and we know nothing of it.",
}

SENTENCES: dict[Outcome | tuple[Outcome, str], str] = {**_OPENING, **_TRANSFER, **_RELEASE, **_ON_PURPOSE}
"""A template for each outcome and, where that matters, circumstance."""
