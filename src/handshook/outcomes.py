"""Every decision the engine takes has a name, and this is the list of them.

An outcome says what was done with one segment, one time-out or one call, where that is laid down, and what it means in
words. The ladder, the counters, the verdicts, the logs and the tests all use these names and no others.
"""

from enum import IntEnum, unique


@unique
class Outcome(IntEnum):
    """What the engine decided; `section` is where the rule stands, `meaning` says it in words."""

    section: str
    meaning: str

    def __new__(cls, value: int, section: str, meaning: str) -> "Outcome":
        member = int.__new__(cls, value)
        member._value_ = value
        member.section = section
        member.meaning = meaning
        return member

    NOTHING = 0, "", "nothing to decide"

    # --- packets that never become a segment -------------------------------------------------------------------
    IP_TRUNCATED = 1, "RFC 791 3.1", "the packet is shorter than an IP header"
    IP_VERSION_UNKNOWN = 2, "RFC 791 3.1", "neither IPv4 nor IPv6"
    IP_HEADER_LENGTH_BAD = 3, "RFC 791 3.1", "the IPv4 header's length is under 20 bytes or beyond the packet"
    IP_LENGTH_BAD = 4, "RFC 791 3.1", "the IP length field promises more than came, or less than its own header"
    IP_CHECKSUM_BAD = 5, "RFC 1122 3.2.1.2", "the IPv4 header's checksum is wrong"
    IP_FRAGMENT = 6, "RFC 791 3.2", "a fragment; this engine does not reassemble"
    IP_EXTENSION_BAD = 7, "RFC 8200 4", "an IPv6 extension header runs past the packet, or too many follow each other"
    IP_PROTOCOL_UNKNOWN = 8, "RFC 1122 3.2.1", "neither TCP nor an ICMP message that this engine reads"
    NOT_OURS = 9, "RFC 1122 3.2.1.3", "the destination is not an address of this stack"
    SOURCE_INVALID = 10, "RFC 9293 3.9.2.3", "the source is multicast, broadcast, unspecified, or this stack itself"
    TCP_TRUNCATED = 11, "RFC 9293 3.1", "the packet ends inside the TCP header"
    TCP_OFFSET_BAD = 12, "RFC 9293 3.1", "the data offset is under five words or beyond the packet"
    TCP_CHECKSUM_BAD = 13, "RFC 9293 3.1", "the TCP checksum is wrong"
    TCP_OPTION_BAD = 14, "RFC 9293 3.1", "an option's length is impossible: 0, 1, past the header, or not its kind's"
    FRAME_TRUNCATED = 15, "virtio 1.2 5.1.6", "the frame is shorter than the link's own header"
    FRAME_LENGTH_BAD = 16, "RFC 791 3.1", "the frame is longer than any IP packet"
    IP_SOURCE_ROUTE = 17, "RFC 7126 4.3", "the packet says which way it must go: hosts drop such packets"

    # --- ICMP ---------------------------------------------------------------------------------------------------
    ECHO_ANSWERED = 20, "RFC 1122 3.2.2.6", "an echo request is answered"
    ICMP_IGNORED = 21, "RFC 1122 3.2.2", "an ICMP message that asks nothing of TCP, or a malformed one"
    ICMP_FOR_NO_ONE = 22, "RFC 5927 4.1", "it quotes a segment of no connection, or one that is not in flight"
    ICMP_NOTED = 23, "RFC 9293 3.9.2.2", "a soft error: remembered, the connection goes on"
    ICMP_REFUSED = 24, "RFC 9293 3.9.2.2", "a hard error while opening: the connection is given up"
    MTU_LOWERED = 25, "RFC 1191 4", "the path takes smaller packets than ours: segments shrink"

    # --- for no connection --------------------------------------------------------------------------------------
    CLOSED_PORT_RESET = 30, "RFC 9293 3.10.7.1", "nobody listens there: answered with RST"
    CLOSED_PORT_IGNORED = 31, "RFC 9293 3.10.7.1", "nobody listens there, and a RST gets no answer"
    FLAGS_NONSENSE = 32, "RFC 9293 3.10.7.2", "SYN with FIN or RST, or no flag at all: no stack sends this"
    HANDED_ON = 33, "RFC 6056 3.2", "it is for an ephemeral port of the stack beside us: handed on"

    # --- LISTEN and the half-open queue -------------------------------------------------------------------------
    SYN_ANSWERED = 40, "RFC 9293 3.10.7.2", "a SYN to a listener: a half-open entry is made, SYN,ACK is owed"
    SYN_REPEATED = 41, "RFC 9293 3.10.7.4", "the same SYN again: the SYN,ACK is sent again"
    LISTEN_RST_IGNORED = 42, "RFC 9293 3.10.7.2", "a RST to a listener is ignored"
    LISTEN_ACK_RESET = 43, "RFC 9293 3.10.7.2", "an ACK to a listener acknowledges nothing we sent: RST"
    LISTEN_IGNORED = 44, "RFC 9293 3.10.7.2", "neither SYN, ACK nor RST: a listener has no use for it"
    DROPPED_SYN_QUEUE_FULL = 45, "RFC 4987 3", "the half-open queue is full: the SYN is dropped"
    DROPPED_ACCEPT_QUEUE_FULL = 46, "RFC 9293 3.10.7", "the program has not accepted what waits: dropped, to be retried"
    HALF_OPEN_RESET = 47, "RFC 9293 3.10.7.4", "the peer reset its half-open connection: the entry is removed"
    HALF_OPEN_GIVEN_UP = 48, "RFC 9293 3.8.3", "the last ACK never came: the half-open entry is removed"
    SYN_ACK_ACK_BAD = 49, "RFC 9293 3.10.7.4", "an ACK in SYN-RECEIVED for something we never sent: RST"
    DROPPED_SYN_HOST_FULL = 51, "RFC 4987 3", "all listeners together have enough half open: the SYN is dropped"
    DROPPED_SYN_PREFIX_FULL = 52, "RFC 4987 3", "enough is half open from this prefix: the SYN is dropped"
    LISTENER_CLOSED = 50, "RFC 9293 3.10.4", "the listener was closed: what it had not handed over is reset"

    HALF_OPEN_PRESSED = 53, "RFC 4987 3.3", "the half-open queue fills: an entry is given up before its usual time"
    HALF_OPEN_EVICTED = 54, "RFC 4987 3.4", "the half-open queue is full: the oldest entry goes for a new one"
    SYN_CACHED = 55, "RFC 4987 3.5", "a SYN to a listener: a row in the SYN cache is filled, SYN,ACK is owed"
    SYN_CACHE_EVICTED = 56, "RFC 4987 3.5", "a bucket of the SYN cache is full: its oldest row goes for a new one"

    # --- a listener whose program decides -----------------------------------------------------------------------
    SYN_HELD = 220, "RFC 9293 3.10.7.2", "a SYN to a listener whose program decides: held, nothing is answered yet"
    SYN_HELD_AGAIN = 221, "RFC 9293 3.8.3", "the same SYN again while it is held: the program has been asked already"
    HELD_IGNORED = 222, "RFC 9293 3.10.7.2", "neither the held SYN again nor the RST that takes it back: ignored"
    HOLD_OVER = 223, "RFC 9293 3.8.3", "the program has not decided in time: the held SYN is forgotten"
    SYN_KEPT_SILENT = 224, "RFC 9293 3.8.3", "the program wants silence: dropped, and the program isn't asked anew"
    COOKIE_HELD = 226, "RFC 4987 3.6", "a cookie of ours comes back to a listener whose program decides: held"
    HELD_KEPT = 227, "RFC 9293 3.10.7.4", "sent by a peer whose cookie is held: kept until the program has decided"
    SILENCE_OVER = 225, "RFC 9293 3.8.3", "a SYN is held no longer than this: what comes now is asked about anew"

    # --- opening ------------------------------------------------------------------------------------------------
    ESTABLISHED_PASSIVE = 60, "RFC 9293 3.10.7.4", "our SYN is acknowledged: the connection is open"
    ESTABLISHED_ACTIVE = 61, "RFC 9293 3.10.7.3", "the SYN,ACK we waited for: the connection is open, ACK is owed"
    SIMULTANEOUS_SYN = 62, "RFC 9293 3.5", "a SYN while ours is out: both sides open at once, SYN,ACK is owed"
    SYN_SENT_ACK_BAD = 63, "RFC 9293 3.10.7.3", "it acknowledges something else than our SYN: RST"
    SYN_SENT_RST_IGNORED = 64, "RFC 9293 3.10.7.3", "a RST that does not acknowledge our SYN proves nothing: ignored"
    SYN_SENT_IGNORED = 65, "RFC 9293 3.10.7.3", "neither SYN nor RST while we wait for a SYN,ACK: ignored"
    CONNECTION_REFUSED = 66, "RFC 9293 3.10.7.3", "RST in answer to our SYN: nobody listens there"
    CONNECT_TIMED_OUT = 67, "RFC 9293 3.8.3", "no answer to any of our SYNs: given up"

    # --- synchronized states ------------------------------------------------------------------------------------
    ACKED = 80, "RFC 9293 3.10.7.4", "it acknowledges new data of ours"
    ACK_NOTHING_NEW = 81, "RFC 9293 3.10.7.4", "an acknowledgment that we already had, or news of the window"
    DUPLICATE_ACK = 82, "RFC 5681 2", "the same acknowledgment again: something after it arrived out of order"
    DATA_ACCEPTED = 83, "RFC 9293 3.10.7.4", "data that comes next: taken, an ACK is owed"
    DATA_OUT_OF_ORDER = 84, "RFC 9293 3.10.7.4", "data from beyond a gap: kept until the gap is filled"
    FIN_ACCEPTED = 85, "RFC 9293 3.10.7.4", "the peer has finished sending; an ACK is owed"
    FIN_ACKED = 86, "RFC 9293 3.10.7.4", "our FIN is acknowledged"
    FIN_BOTH = 87, "RFC 9293 3.10.7.4", "the peer's FIN, and in it the ACK of ours"
    DUPLICATE_SEGMENT = 88, "RFC 9293 3.10.7.4", "nothing in it is new: answered with an ACK, dropped"
    OUTSIDE_WINDOW = 89, "RFC 9293 3.10.7.4", "its sequence number is outside our window: answered with an ACK, dropped"
    RST_OUTSIDE_WINDOW = 90, "RFC 9293 3.10.7.4", "a RST from outside the window: dropped"
    CHALLENGE_ACK = 91, "RFC 5961 3-5", "it could be forged: answered with an ACK that a true peer can use"
    CHALLENGE_ACK_LIMITED = 92, "RFC 5961 7", "it could be forged, and enough challenges were sent: dropped"
    PAWS_REJECTED = 93, "RFC 7323 5", "its timestamp is older than what we have seen: answered with an ACK, dropped"
    WITHOUT_ACK_DROPPED = 94, "RFC 9293 3.10.7.4", "every segment of an open connection carries ACK; this one does not"
    CONNECTION_RESET = 95, "RFC 9293 3.10.7.4", "a RST with exactly the next sequence number: the connection ends"
    DATA_AFTER_CLOSE_RESET = 96, "RFC 9293 3.6.1", "data for a program that has closed: RST"
    DATA_AFTER_FIN_IGNORED = 97, "RFC 9293 3.10.7.4", "data after the peer's own FIN: ignored"
    TIMESTAMP_MISSING = 98, "RFC 7323 3.2", "timestamps were agreed on and this segment has none: dropped"
    REASSEMBLY_FULL = 99, "RFC 9293 3.10.7.4", "too many gaps are open: dropped, the sender will repeat it"
    URGENT_NOTED = 100, "RFC 9293 3.10.7.4", "nothing new but an urgent pointer: the program is told"

    # --- time-outs ----------------------------------------------------------------------------------------------
    RETRANSMISSION_TIMED_OUT = 110, "RFC 6298 5", "no acknowledgment in time: the oldest segment is sent again"
    SEND_TIMED_OUT = 111, "RFC 9293 3.8.3", "no acknowledgment for so long (R2) that the connection is given up"
    TIME_WAIT_OVER = 112, "RFC 9293 3.10.8", "2 MSL have passed: the connection is forgotten"
    FIN_WAIT_2_OVER = 113, "RFC 1122 4.2.2.13", "the peer never finished, and the program had let go: forgotten"
    KEEP_ALIVE_TIMED_OUT = 114, "RFC 9293 3.8.4", "an idle peer answered none of our probes: the connection is given up"
    WINDOW_PROBED = 115, "RFC 9293 3.8.6.1", "the peer's window is shut: probed"
    ACK_DELAY_OVER = 116, "RFC 9293 3.8.6.3", "nothing to put the ACK on in time: it goes alone"
    TAIL_PROBE_DUE = 118, "RFC 8985 7.3", "no ACK for two round trips: the last segment may be lost, a probe asks"
    REORDERING_OVER = 119, "RFC 8985 6.3", "what was only late would have come by now: it is lost"
    KEEP_ALIVE_DUE = 117, "RFC 9293 3.8.4", "idle for long: the peer is asked whether it is still there"

    # --- TIME-WAIT ----------------------------------------------------------------------------------------------
    TIME_WAIT_FIN_REPEATED = 120, "RFC 9293 3.10.7.4", "the peer repeats its FIN: acknowledged again, 2 MSL start anew"
    TIME_WAIT_REOPENED = 121, "RFC 6191 2", "a SYN that is newer than the old connection: a new one begins"
    TIME_WAIT_SYN_DROPPED = 122, "RFC 6191 2", "a SYN that may be older than the old connection: dropped"
    TIME_WAIT_RST_IGNORED = 123, "RFC 1337 3", "a RST must not end TIME-WAIT: ignored"
    TIME_WAIT_ACKED = 124, "RFC 9293 3.10.7.4", "an old segment of a finished connection: answered with an ACK"
    TIME_WAIT_IGNORED = 125, "RFC 9293 3.10.7.4", "nothing in it asks for an answer"

    # --- SYN cookies ---------------------------------------------------------------------------------------------
    SYN_COOKIE = 200, "RFC 4987 3.6", "a SYN is answered with a cookie: nothing is kept here, the peer keeps it for us"
    SENT_COOKIE = 201, "RFC 4987 3.6", "a SYN,ACK whose number is all that we shall know of the SYN"
    COOKIE_ACCEPTED = 202, "RFC 4987 3.6", "an ACK that brings a cookie of ours back: the connection is open"
    COOKIE_WRONG = 203, "RFC 9293 3.10.7.2", "an ACK of no cookie of ours, a guess or an old connection: RST"
    COOKIE_EXPIRED = 204, "RFC 4987 3.6", "an ACK of a cookie that is too old: RST"
    COOKIE_OPTIONS_BAD = 205, "RFC 4987 3.6", "a cookie of ours, but what it agrees to is not what we offer: RST"
    COOKIE_AHEAD = 206, "RFC 9293 3.10.7.4", "its sender knows our clock, but what came before is missing: dropped"

    # --- what we send -------------------------------------------------------------------------------------------
    SENT_SYN = 140, "RFC 9293 3.10.1", "we ask for a connection"
    SENT_SYN_AGAIN = 141, "RFC 9293 3.8.3", "no answer: we ask again, and wait twice as long"
    SENT_SYN_ACK = 142, "RFC 9293 3.10.7.2", "we agree, and ask in turn"
    SENT_SYN_ACK_AGAIN = 143, "RFC 9293 3.8.3", "our SYN,ACK is sent again"
    SENT_ACK = 144, "RFC 9293 3.8.6.3", "we acknowledge what came"
    SENT_DATA = 145, "RFC 9293 3.10.2", "data, with the acknowledgment on it"
    SENT_DATA_AGAIN = 146, "RFC 6298 5.4", "data that was not acknowledged is sent again"
    SENT_FIN = 147, "RFC 9293 3.10.4", "we have nothing more to send"
    SENT_FIN_AGAIN = 148, "RFC 6298 5.4", "our FIN was not acknowledged: sent again"
    SENT_RST = 149, "RFC 9293 3.10.5", "we end the connection at once"
    SENT_WINDOW_PROBE = 150, "RFC 9293 3.8.6.1", "is the window still shut?"
    SENT_KEEP_ALIVE = 151, "RFC 9293 3.8.4", "are you still there?"
    SENT_CHALLENGE_ACK = 152, "RFC 5961 3.2", "if you are who you seem to be, this tells you where we stand"
    SENT_TAIL_PROBE = 157, "RFC 8985 7.3", "has the last of it arrived?"
    SENT_WINDOW_UPDATE = 153, "RFC 9293 3.8.6.2.2", "the program has read: there is room again"
    SENT_ECHO_REPLY = 154, "RFC 792", "the answer to a ping"
    SENT_RST_FOR_NO_ONE = 155, "RFC 9293 3.10.7.1", "there is no such connection here"
    SENT_UNREACHABLE = 158, "RFC 792", "the program says why there is no way to what the SYN asks for"
    ANSWER_DROPPED = 156, "RFC 1812 4.3.2.8", "too many answers wait for the link already: this one is not made"

    # --- what programs ask for ----------------------------------------------------------------------------------
    CALLED_CONNECT = 170, "RFC 9293 3.10.1", "the program opens actively"
    CALLED_LISTEN = 171, "RFC 9293 3.10.1", "the program opens passively"
    CALLED_CLOSE = 172, "RFC 9293 3.10.4", "the program closes: what is queued is sent, then FIN"
    CALLED_SHUTDOWN = 173, "RFC 9293 3.6", "the program has nothing more to send, and still listens"
    CALLED_ABORT = 174, "RFC 9293 3.10.5", "the program aborts: RST"
    CLOSED_UNREAD_RESET = 175, "RFC 9293 3.6.1", "the program closed with data unread: RST, so that the peer knows"
    CALLED_ACCEPT = 176, "RFC 9293 3.10.7.2", "the program accepts a held SYN: SYN,ACK"
    CALLED_REFUSE = 177, "RFC 9293 3.10.7.1", "the program refuses a held SYN: RST, as where nobody listens"
    CALLED_IGNORE = 178, "RFC 9293 3.8.3", "the program leaves a held SYN unanswered"
    CALLED_UNREACHABLE = 179, "RFC 792", "the program answers a held SYN with ICMP: there is no way to the destination"

    # --- how a connection went, where no single segment says it --------------------------------------------------
    OPENING = 190, "RFC 9293 3.5", "the handshake is under way"
    OPEN = 191, "RFC 9293 3.4", "the connection is open"
    CLOSING = 192, "RFC 9293 3.6", "the connection is being released"
    CLOSED_NORMALLY = 193, "RFC 9293 3.6", "both sides finished and acknowledged it"

    # --- what no engine decided, but a fault that was injected on purpose ---------------------------------------
    INJECTED_LOSS = 230, "docs/faults.md", "taken off the link on purpose: it never arrives here"
    INJECTED_SEGMENT = 231, "docs/faults.md", "put on the link on purpose: nobody here has sent it"


DROPS = frozenset(range(Outcome.IP_TRUNCATED, Outcome.IP_SOURCE_ROUTE + 1))
"""The outcomes under which a packet is dropped before it becomes a segment."""

BY_NUMBER: dict[int, Outcome] = {int(outcome): outcome for outcome in Outcome}
"""The outcome of each number that the engine counts with."""
