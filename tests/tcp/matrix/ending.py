"""What arrives in CLOSING, LAST-ACK and TIME-WAIT (RFC 9293 3.10.7.4, RFC 1337, RFC 6191), cell by cell."""

from tcp.matrix.fates import table
from tcp.matrix.reasons import HEEDED, NO_SECOND_FIN, SYN_WITH_FIN

from handshook import State

NOTES = {
    "note1": NO_SECOND_FIN,
    "note2": "3.10.7.4 deletes the connection without a word. But a RST here means that our FIN, and data before it, "
    "may never have been heard: the program is told of the reset (MUST-12).",
    "note3": HEEDED,
}

CLOSING = table(
    State.CLOSING,
    """
                        | held = let go       | data out
SYN again               | challenge           | challenge
SYN next                | challenge           | challenge
SYN inside              | challenge           | challenge
SYN far above           | challenge           | challenge
SYN with data           | challenge           | challenge
SYN,FIN                 | challenge           | challenge
SYN,RST                 | missed              | missed
SYN,RST next            | reset>CLOSED*2      | reset>CLOSED*2
SYN,ACK again           | challenge           | challenge
SYN,ACK inside          | challenge           | challenge
SYN,ACK ahead           | challenge           | challenge
SYN,ACK with data       | challenge           | challenge
SYN,FIN,ACK             | challenge           | challenge
ACK                     | duplicate           | duplicate
ACK of a part           | duplicate           | acked!w
ACK of all              | our FIN>TIME-WAIT   | our FIN!w>TIME-WAIT
ACK ahead               | challenge           | challenge
ACK far ahead           | challenge           | challenge
ACK old                 | same                | same
ACK too old             | challenge           | challenge
ACK below               | old                 | old
ACK far below           | old                 | old
ACK inside              | duplicate           | duplicate
ACK of all inside       | our FIN>TIME-WAIT   | our FIN!w>TIME-WAIT
ACK last                | duplicate           | duplicate
ACK edge                | outside             | outside
ACK above               | outside             | outside
window opened           | same                | same
window shut             | same                | same
no flag                 | no ACK              | no ACK
data, no ACK            | no ACK              | no ACK
FIN, no ACK             | no ACK              | no ACK
FIN,PSH,URG             | no ACK              | no ACK
data                    | late                | late
data, ACK of all        | our FIN>TIME-WAIT   | our FIN!w>TIME-WAIT
data before             | old                 | old
data across left        | late                | late
data inside             | late                | late
data across right       | late                | late
data that fills         | late                | late
data too much           | late                | late
data beyond             | outside             | outside
data, ACK ahead         | challenge           | challenge
data urgent             | late                | late
FIN                     | same&ACK*1          | same&ACK*1
FIN, ACK of all         | our FIN>TIME-WAIT*1 | our FIN!w>TIME-WAIT*1
FIN with data           | late&ACK*1          | late&ACK*1
FIN with data, of all   | our FIN>TIME-WAIT*1 | our FIN!w>TIME-WAIT*1
FIN inside              | same&ACK*1          | same&ACK*1
FIN again               | old                 | old
FIN again, ACK of all   | our FIN>TIME-WAIT*3 | our FIN!w>TIME-WAIT*3
FIN beyond              | outside             | outside
FIN behind all it takes | late&ACK*1          | late&ACK*1
FIN, ACK ahead          | challenge           | challenge
RST                     | reset>CLOSED*2      | reset>CLOSED*2
RST,ACK                 | reset>CLOSED*2      | reset>CLOSED*2
RST,ACK ahead           | reset>CLOSED*2      | reset>CLOSED*2
RST inside              | challenge           | challenge
RST last                | challenge           | challenge
RST edge                | missed              | missed
RST below               | missed              | missed
RST with data           | reset>CLOSED*2      | reset>CLOSED*2
FIN,RST                 | reset>CLOSED*2      | reset>CLOSED*2
""",
    **NOTES,
)

LAST_ACK = table(
    State.LAST_ACK,
    """
                        | held = let go    | data out
SYN again               | challenge        | challenge
SYN next                | challenge        | challenge
SYN inside              | challenge        | challenge
SYN far above           | challenge        | challenge
SYN with data           | challenge        | challenge
SYN,FIN                 | challenge        | challenge
SYN,RST                 | missed           | missed
SYN,RST next            | reset>CLOSED*2   | reset>CLOSED*2
SYN,ACK again           | challenge        | challenge
SYN,ACK inside          | challenge        | challenge
SYN,ACK ahead           | challenge        | challenge
SYN,ACK with data       | challenge        | challenge
SYN,FIN,ACK             | challenge        | challenge
ACK                     | duplicate        | duplicate
ACK of a part           | duplicate        | acked!w
ACK of all              | our FIN>CLOSED   | our FIN!w>CLOSED
ACK ahead               | challenge        | challenge
ACK far ahead           | challenge        | challenge
ACK old                 | same             | same
ACK too old             | challenge        | challenge
ACK below               | old              | old
ACK far below           | old              | old
ACK inside              | duplicate        | duplicate
ACK of all inside       | our FIN>CLOSED   | our FIN!w>CLOSED
ACK last                | duplicate        | duplicate
ACK edge                | outside          | outside
ACK above               | outside          | outside
window opened           | same             | same
window shut             | same             | same
no flag                 | no ACK           | no ACK
data, no ACK            | no ACK           | no ACK
FIN, no ACK             | no ACK           | no ACK
FIN,PSH,URG             | no ACK           | no ACK
data                    | late             | late
data, ACK of all        | our FIN>CLOSED   | our FIN!w>CLOSED
data before             | old              | old
data across left        | late             | late
data inside             | late             | late
data across right       | late             | late
data that fills         | late             | late
data too much           | late             | late
data beyond             | outside          | outside
data, ACK ahead         | challenge        | challenge
data urgent             | late             | late
FIN                     | same&ACK*1       | same&ACK*1
FIN, ACK of all         | our FIN>CLOSED   | our FIN!w>CLOSED
FIN with data           | late&ACK*1       | late&ACK*1
FIN with data, of all   | our FIN>CLOSED   | our FIN!w>CLOSED
FIN inside              | same&ACK*1       | same&ACK*1
FIN again               | old              | old
FIN again, ACK of all   | our FIN>CLOSED*3 | our FIN!w>CLOSED*3
FIN beyond              | outside          | outside
FIN behind all it takes | late&ACK*1       | late&ACK*1
FIN, ACK ahead          | challenge        | challenge
RST                     | reset>CLOSED*2   | reset>CLOSED*2
RST,ACK                 | reset>CLOSED*2   | reset>CLOSED*2
RST,ACK ahead           | reset>CLOSED*2   | reset>CLOSED*2
RST inside              | challenge        | challenge
RST last                | challenge        | challenge
RST edge                | missed           | missed
RST below               | missed           | missed
RST with data           | reset>CLOSED*2   | reset>CLOSED*2
FIN,RST                 | reset>CLOSED*2   | reset>CLOSED*2
""",
    **NOTES,
)

TIME_WAIT = table(
    State.TIME_WAIT,
    """
                        | no listener  | listener
SYN again               | rests, SYN   | rests, SYN
SYN next                | rests, ACK*1 | begins anew>SYN-RECEIVED
SYN inside              | rests, ACK*1 | begins anew>SYN-RECEIVED
SYN far above           | rests, ACK*1 | begins anew>SYN-RECEIVED
SYN with data           | rests, SYN   | rests, SYN
SYN,FIN                 | nonsense*2   | nonsense*2
SYN,RST                 | rests, RST   | rests, RST
SYN,RST next            | rests, RST   | rests, RST
SYN,ACK again           | rests, ACK   | rests, ACK
SYN,ACK inside          | rests, ACK   | rests, ACK
SYN,ACK ahead           | rests, ACK   | rests, ACK
SYN,ACK with data       | rests, ACK   | rests, ACK
SYN,FIN,ACK             | nonsense*2   | nonsense*2
ACK                     | rests        | rests
ACK of a part           | rests        | rests
ACK of all              | rests        | rests
ACK ahead               | rests*3      | rests*3
ACK far ahead           | rests*3      | rests*3
ACK old                 | rests        | rests
ACK too old             | rests*3      | rests*3
ACK below               | rests*3      | rests*3
ACK far below           | rests*3      | rests*3
ACK inside              | rests        | rests
ACK of all inside       | rests        | rests
ACK last                | rests        | rests
ACK edge                | rests*3      | rests*3
ACK above               | rests*3      | rests*3
window opened           | rests        | rests
window shut             | rests        | rests
no flag                 | rests        | rests
data, no ACK            | rests        | rests
FIN, no ACK             | rests        | rests
FIN,PSH,URG             | rests        | rests
data                    | rests, ACK   | rests, ACK
data, ACK of all        | rests, ACK   | rests, ACK
data before             | rests, ACK   | rests, ACK
data across left        | rests, ACK   | rests, ACK
data inside             | rests, ACK   | rests, ACK
data across right       | rests, ACK   | rests, ACK
data that fills         | rests, ACK   | rests, ACK
data too much           | rests, ACK   | rests, ACK
data beyond             | rests, ACK   | rests, ACK
data, ACK ahead         | rests, ACK   | rests, ACK
data urgent             | rests, ACK   | rests, ACK
FIN                     | rests, ACK*4 | rests, ACK*4
FIN, ACK of all         | rests, ACK*4 | rests, ACK*4
FIN with data           | rests, ACK*4 | rests, ACK*4
FIN with data, of all   | rests, ACK*4 | rests, ACK*4
FIN inside              | rests, ACK*4 | rests, ACK*4
FIN again               | rests, FIN   | rests, FIN
FIN again, ACK of all   | rests, FIN   | rests, FIN
FIN beyond              | rests, ACK   | rests, ACK
FIN behind all it takes | rests, ACK*4 | rests, ACK*4
FIN, ACK ahead          | rests, ACK   | rests, ACK
RST                     | rests, RST   | rests, RST
RST,ACK                 | rests, RST   | rests, RST
RST,ACK ahead           | rests, RST   | rests, RST
RST inside              | rests, RST   | rests, RST
RST last                | rests, RST   | rests, RST
RST edge                | rests, RST   | rests, RST
RST below               | rests, RST   | rests, RST
RST with data           | rests, RST   | rests, RST
FIN,RST                 | rests, RST   | rests, RST
""",
    note1="A SYN that could begin a new connection, and nobody to take it up: challenged like any SYN (RFC 5961 4), "
    "for a RST would call that refused which was just closed in order.",
    note2=SYN_WITH_FIN,
    note3="3.10.7.4 answers an ACK that is out of place. What has no length wants no answer: two ends that both "
    "answered would never stop, and here there is nothing left to set right.",
    note4="Only the peer's own FIN begins the wait anew, and it stands one below: a guess must not hold the four-tuple "
    "for ever. In-window text is answered too: it is a stranger's, or the peer's that missed our ACK.",
)
