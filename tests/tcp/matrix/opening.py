"""What arrives in CLOSED, LISTEN, SYN-SENT and SYN-RECEIVED (RFC 9293 3.10.7.1 to 3.10.7.4), cell by cell."""

from tcp.matrix.fates import table
from tcp.matrix.reasons import SYN_WITH_FIN

from handshook import State

CLOSED = table(
    State.CLOSED,
    """
                        | -
SYN again               | no port, 0
SYN next                | no port, 0
SYN inside              | no port, 0
SYN far above           | no port, 0
SYN with data           | no port, 0
SYN,FIN                 | no port, 0
SYN,RST                 | no port, RST
SYN,RST next            | no port, RST
SYN,ACK again           | no port
SYN,ACK inside          | no port
SYN,ACK ahead           | no port
SYN,ACK with data       | no port
SYN,FIN,ACK             | no port
ACK                     | no port
ACK of a part           | no port
ACK of all              | no port
ACK ahead               | no port
ACK far ahead           | no port
ACK old                 | no port
ACK too old             | no port
ACK below               | no port
ACK far below           | no port
ACK inside              | no port
ACK of all inside       | no port
ACK last                | no port
ACK edge                | no port
ACK above               | no port
window opened           | no port
window shut             | no port
no flag                 | no port, 0
data, no ACK            | no port, 0
FIN, no ACK             | no port, 0
FIN,PSH,URG             | no port, 0
data                    | no port
data, ACK of all        | no port
data before             | no port
data across left        | no port
data inside             | no port
data across right       | no port
data that fills         | no port
data too much           | no port
data beyond             | no port
data, ACK ahead         | no port
data urgent             | no port
FIN                     | no port
FIN, ACK of all         | no port
FIN with data           | no port
FIN with data, of all   | no port
FIN inside              | no port
FIN again               | no port
FIN again, ACK of all   | no port
FIN beyond              | no port
FIN behind all it takes | no port
FIN, ACK ahead          | no port
RST                     | no port, RST
RST,ACK                 | no port, RST
RST,ACK ahead           | no port, RST
RST inside              | no port, RST
RST last                | no port, RST
RST edge                | no port, RST
RST below               | no port, RST
RST with data           | no port, RST
FIN,RST                 | no port, RST
""",
)

LISTEN = table(
    State.LISTEN,
    """
                        | -
SYN again               | half-open>SYN-RECEIVED
SYN next                | half-open>SYN-RECEIVED
SYN inside              | half-open>SYN-RECEIVED
SYN far above           | half-open>SYN-RECEIVED
SYN with data           | half-open+10>SYN-RECEIVED*1
SYN,FIN                 | nonsense*2
SYN,RST                 | nonsense
SYN,RST next            | nonsense
SYN,ACK again           | stray ACK
SYN,ACK inside          | stray ACK
SYN,ACK ahead           | stray ACK
SYN,ACK with data       | stray ACK
SYN,FIN,ACK             | nonsense*2
ACK                     | stray ACK
ACK of a part           | stray ACK
ACK of all              | stray ACK
ACK ahead               | stray ACK
ACK far ahead           | stray ACK
ACK old                 | stray ACK
ACK too old             | stray ACK
ACK below               | stray ACK
ACK far below           | stray ACK
ACK inside              | stray ACK
ACK of all inside       | stray ACK
ACK last                | stray ACK
ACK edge                | stray ACK
ACK above               | stray ACK
window opened           | stray ACK
window shut             | stray ACK
no flag                 | useless
data, no ACK            | useless
FIN, no ACK             | useless
FIN,PSH,URG             | useless
data                    | stray ACK
data, ACK of all        | stray ACK
data before             | stray ACK
data across left        | stray ACK
data inside             | stray ACK
data across right       | stray ACK
data that fills         | stray ACK
data too much           | stray ACK
data beyond             | stray ACK
data, ACK ahead         | stray ACK
data urgent             | stray ACK
FIN                     | stray ACK
FIN, ACK of all         | stray ACK
FIN with data           | stray ACK
FIN with data, of all   | stray ACK
FIN inside              | stray ACK
FIN again               | stray ACK
FIN again, ACK of all   | stray ACK
FIN beyond              | stray ACK
FIN behind all it takes | stray ACK
FIN, ACK ahead          | stray ACK
RST                     | stray RST
RST,ACK                 | stray RST
RST,ACK ahead           | stray RST
RST inside              | stray RST
RST last                | stray RST
RST edge                | stray RST
RST below               | stray RST
RST with data           | stray RST
FIN,RST                 | stray RST
""",
    note1="3.10.7.2 has the SYN,ACK acknowledge the SYN alone and the text queued; what is queued may as well be "
    "acknowledged, for it is kept, and delivered once the connection is open.",
    note2=SYN_WITH_FIN,
)

SYN_SENT = table(
    State.SYN_SENT,
    """
                        | idle                     | data queued
SYN again               | both open>SYN-RECEIVED   | both open>SYN-RECEIVED
SYN next                | both open>SYN-RECEIVED   | both open>SYN-RECEIVED
SYN inside              | both open>SYN-RECEIVED   | both open>SYN-RECEIVED
SYN far above           | both open>SYN-RECEIVED   | both open>SYN-RECEIVED
SYN with data           | both open>SYN-RECEIVED*1 | both open>SYN-RECEIVED*1
SYN,FIN                 | both open>SYN-RECEIVED*1 | both open>SYN-RECEIVED*1
SYN,RST                 | unproved                 | unproved
SYN,RST next            | unproved                 | unproved
SYN,ACK again           | open>ESTABLISHED         | open&DATA>ESTABLISHED
SYN,ACK inside          | open>ESTABLISHED         | open&DATA>ESTABLISHED
SYN,ACK ahead           | bad ACK                  | bad ACK
SYN,ACK with data       | open+10!r>ESTABLISHED    | open+10!r&DATA>ESTABLISHED
SYN,FIN,ACK             | FIN+1!o>CLOSE-WAIT       | FIN+1!o&DATA>CLOSE-WAIT
ACK                     | bad ACK                  | bad ACK
ACK of a part           | bad ACK                  | bad ACK
ACK of all              | too early                | too early
ACK ahead               | bad ACK                  | bad ACK
ACK far ahead           | bad ACK                  | bad ACK
ACK old                 | bad ACK                  | bad ACK
ACK too old             | bad ACK                  | bad ACK
ACK below               | bad ACK                  | bad ACK
ACK far below           | bad ACK                  | bad ACK
ACK inside              | bad ACK                  | bad ACK
ACK of all inside       | too early                | too early
ACK last                | bad ACK                  | bad ACK
ACK edge                | bad ACK                  | bad ACK
ACK above               | bad ACK                  | bad ACK
window opened           | bad ACK                  | bad ACK
window shut             | bad ACK                  | bad ACK
no flag                 | too early                | too early
data, no ACK            | too early                | too early
FIN, no ACK             | too early                | too early
FIN,PSH,URG             | too early                | too early
data                    | bad ACK                  | bad ACK
data, ACK of all        | too early                | too early
data before             | bad ACK                  | bad ACK
data across left        | bad ACK                  | bad ACK
data inside             | bad ACK                  | bad ACK
data across right       | bad ACK                  | bad ACK
data that fills         | bad ACK                  | bad ACK
data too much           | bad ACK                  | bad ACK
data beyond             | bad ACK                  | bad ACK
data, ACK ahead         | bad ACK                  | bad ACK
data urgent             | bad ACK                  | bad ACK
FIN                     | bad ACK                  | bad ACK
FIN, ACK of all         | too early                | too early
FIN with data           | bad ACK                  | bad ACK
FIN with data, of all   | too early                | too early
FIN inside              | bad ACK                  | bad ACK
FIN again               | bad ACK                  | bad ACK
FIN again, ACK of all   | too early                | too early
FIN beyond              | bad ACK                  | bad ACK
FIN behind all it takes | bad ACK                  | bad ACK
FIN, ACK ahead          | bad ACK                  | bad ACK
RST                     | unproved                 | unproved
RST,ACK                 | refused>CLOSED           | refused>CLOSED
RST,ACK ahead           | unproved                 | unproved
RST inside              | unproved                 | unproved
RST last                | unproved                 | unproved
RST edge                | unproved                 | unproved
RST below               | unproved                 | unproved
RST with data           | unproved                 | unproved
FIN,RST                 | unproved                 | unproved
""",
    note1="3.10.7.3 would queue what comes with the SYN; here the SYN,ACK leaves it out, so that the peer repeats it. "
    "Nothing of a peer that has proved nothing is kept.",
)

SYN_RECEIVED_NOTES = {
    "note1": "By the sequence number alone an ACK would do. But the peer repeats its SYN because our SYN,ACK was lost, "
    "and the SYN,ACK holds that ACK.",
    "note2": "3.10.7.4, fourth, returns a passive open to LISTEN. Whoever hits the window blindly could then undo a "
    "handshake; so it is challenged as in every later state (RFC 5961 4), and a peer that has truly begun anew resets.",
    "note3": "By the sequence number alone the peer's SYN,ACK is old. But it ends a simultaneous open (3.5, figure 7), "
    "and so it is looked at: its ACK is good, or is answered as fifth says.",
}

SYN_RECEIVED = table(
    State.SYN_RECEIVED,
    """
                        | passive                  | active
SYN again               | once more*1              | once more*1
SYN next                | challenge*2              | challenge
SYN inside              | challenge*2              | challenge
SYN far above           | outside                  | outside
SYN with data           | once more*1              | once more*1
SYN,FIN                 | challenge*2              | challenge
SYN,RST                 | missed                   | missed
SYN,RST next            | forgotten>LISTEN         | refused>CLOSED
SYN,ACK again           | opened!a>ESTABLISHED*3   | opened!o>ESTABLISHED*3
SYN,ACK inside          | challenge*2              | challenge
SYN,ACK ahead           | not our SYN*3            | not our SYN*3
SYN,ACK with data       | opened+10!ar>ESTABLISHED | opened+10!or>ESTABLISHED
SYN,FIN,ACK             | challenge*2              | challenge
ACK                     | not our SYN              | not our SYN
ACK of a part           | not our SYN              | not our SYN
ACK of all              | opened!a>ESTABLISHED     | opened!o>ESTABLISHED
ACK ahead               | not our SYN              | not our SYN
ACK far ahead           | not our SYN              | not our SYN
ACK old                 | not our SYN              | not our SYN
ACK too old             | not our SYN              | not our SYN
ACK below               | outside                  | outside
ACK far below           | outside                  | outside
ACK inside              | not our SYN              | not our SYN
ACK of all inside       | opened!a>ESTABLISHED     | opened!o>ESTABLISHED
ACK last                | not our SYN              | not our SYN
ACK edge                | outside                  | outside
ACK above               | outside                  | outside
window opened           | not our SYN              | not our SYN
window shut             | not our SYN              | not our SYN
no flag                 | no ACK                   | no ACK
data, no ACK            | no ACK                   | no ACK
FIN, no ACK             | no ACK                   | no ACK
FIN,PSH,URG             | no ACK                   | no ACK
data                    | not our SYN              | not our SYN
data, ACK of all        | opened+10!ar>ESTABLISHED | opened+10!or>ESTABLISHED
data before             | outside                  | outside
data across left        | not our SYN              | not our SYN
data inside             | not our SYN              | not our SYN
data across right       | not our SYN              | not our SYN
data that fills         | not our SYN              | not our SYN
data too much           | not our SYN              | not our SYN
data beyond             | outside                  | outside
data, ACK ahead         | not our SYN              | not our SYN
data urgent             | not our SYN              | not our SYN
FIN                     | not our SYN              | not our SYN
FIN, ACK of all         | FIN+1!a>CLOSE-WAIT       | FIN+1!o>CLOSE-WAIT
FIN with data           | not our SYN              | not our SYN
FIN with data, of all   | FIN+11!ar>CLOSE-WAIT     | FIN+11!or>CLOSE-WAIT
FIN inside              | not our SYN              | not our SYN
FIN again               | outside                  | outside
FIN again, ACK of all   | outside                  | outside
FIN beyond              | outside                  | outside
FIN behind all it takes | not our SYN              | not our SYN
FIN, ACK ahead          | not our SYN              | not our SYN
RST                     | forgotten>LISTEN         | refused>CLOSED
RST,ACK                 | forgotten>LISTEN         | refused>CLOSED
RST,ACK ahead           | forgotten>LISTEN         | refused>CLOSED
RST inside              | challenge                | challenge
RST last                | challenge                | challenge
RST edge                | missed                   | missed
RST below               | missed                   | missed
RST with data           | forgotten>LISTEN         | refused>CLOSED
FIN,RST                 | forgotten>LISTEN         | refused>CLOSED
""",
    **SYN_RECEIVED_NOTES,
)

SYN_RECEIVED_QUEUED = table(
    State.SYN_RECEIVED,
    """
                        | data queued                   | let go
SYN again               | once more*1                   | once more*1
SYN next                | challenge                     | challenge
SYN inside              | challenge                     | challenge
SYN far above           | outside                       | outside
SYN with data           | once more*1                   | once more*1
SYN,FIN                 | challenge                     | challenge
SYN,RST                 | missed                        | missed
SYN,RST next            | refused>CLOSED                | refused>CLOSED
SYN,ACK again           | opened!o&DATA>ESTABLISHED*3   | opened!o&DATA,FIN>FIN-WAIT-1*3
SYN,ACK inside          | challenge                     | challenge
SYN,ACK ahead           | not our SYN*3                 | not our SYN*3
SYN,ACK with data       | opened+10!or&DATA>ESTABLISHED | unwanted!o>CLOSED
SYN,FIN,ACK             | challenge                     | challenge
ACK                     | not our SYN                   | not our SYN
ACK of a part           | not our SYN                   | not our SYN
ACK of all              | opened!o&DATA>ESTABLISHED     | opened!o&DATA,FIN>FIN-WAIT-1
ACK ahead               | not our SYN                   | not our SYN
ACK far ahead           | not our SYN                   | not our SYN
ACK old                 | not our SYN                   | not our SYN
ACK too old             | not our SYN                   | not our SYN
ACK below               | outside                       | outside
ACK far below           | outside                       | outside
ACK inside              | not our SYN                   | not our SYN
ACK of all inside       | opened!o&DATA>ESTABLISHED     | opened!o&DATA,FIN>FIN-WAIT-1
ACK last                | not our SYN                   | not our SYN
ACK edge                | outside                       | outside
ACK above               | outside                       | outside
window opened           | not our SYN                   | not our SYN
window shut             | not our SYN                   | not our SYN
no flag                 | no ACK                        | no ACK
data, no ACK            | no ACK                        | no ACK
FIN, no ACK             | no ACK                        | no ACK
FIN,PSH,URG             | no ACK                        | no ACK
data                    | not our SYN                   | not our SYN
data, ACK of all        | opened+10!or&DATA>ESTABLISHED | unwanted!o>CLOSED
data before             | outside                       | outside
data across left        | not our SYN                   | not our SYN
data inside             | not our SYN                   | not our SYN
data across right       | not our SYN                   | not our SYN
data that fills         | not our SYN                   | not our SYN
data too much           | not our SYN                   | not our SYN
data beyond             | outside                       | outside
data, ACK ahead         | not our SYN                   | not our SYN
data urgent             | not our SYN                   | not our SYN
FIN                     | not our SYN                   | not our SYN
FIN, ACK of all         | FIN+1!o&DATA>CLOSE-WAIT       | FIN+1!o&DATA,FIN>CLOSING
FIN with data           | not our SYN                   | not our SYN
FIN with data, of all   | FIN+11!or&DATA>CLOSE-WAIT     | unwanted!o>CLOSED
FIN inside              | not our SYN                   | not our SYN
FIN again               | outside                       | outside
FIN again, ACK of all   | outside                       | outside
FIN beyond              | outside                       | outside
FIN behind all it takes | not our SYN                   | not our SYN
FIN, ACK ahead          | not our SYN                   | not our SYN
RST                     | refused>CLOSED                | refused>CLOSED
RST,ACK                 | refused>CLOSED                | refused>CLOSED
RST,ACK ahead           | refused>CLOSED                | refused>CLOSED
RST inside              | challenge                     | challenge
RST last                | challenge                     | challenge
RST edge                | missed                        | missed
RST below               | missed                        | missed
RST with data           | refused>CLOSED                | refused>CLOSED
FIN,RST                 | refused>CLOSED                | refused>CLOSED
""",
    **{name: note for name, note in SYN_RECEIVED_NOTES.items() if name != "note2"},
)
