"""What arrives in FIN-WAIT-1 and FIN-WAIT-2 (RFC 9293 3.10.7.4), cell by cell."""

from tcp.matrix.fates import table
from tcp.matrix.reasons import BEHIND, HEEDED

from handshook import State

FIN_WAIT_1 = table(
    State.FIN_WAIT_1,
    """
                        | held                    | let go             | data out                 | shut
SYN again               | challenge               | challenge          | challenge                | challenge
SYN next                | challenge               | challenge          | challenge                | challenge
SYN inside              | challenge               | challenge          | challenge                | challenge
SYN far above           | challenge               | challenge          | challenge                | challenge
SYN with data           | challenge               | challenge          | challenge                | challenge
SYN,FIN                 | challenge               | challenge          | challenge                | challenge
SYN,RST                 | missed                  | missed             | missed                   | missed
SYN,RST next            | reset>CLOSED            | reset>CLOSED       | reset>CLOSED             | reset>CLOSED
SYN,ACK again           | challenge               | challenge          | challenge                | challenge
SYN,ACK inside          | challenge               | challenge          | challenge                | challenge
SYN,ACK ahead           | challenge               | challenge          | challenge                | challenge
SYN,ACK with data       | challenge               | challenge          | challenge                | challenge
SYN,FIN,ACK             | challenge               | challenge          | challenge                | challenge
ACK                     | duplicate               | duplicate          | duplicate                | duplicate
ACK of a part           | duplicate               | duplicate          | acked!w                  | duplicate
ACK of all              | our FIN>FIN-WAIT-2      | our FIN>FIN-WAIT-2 | our FIN!w>FIN-WAIT-2     | our FIN>FIN-WAIT-2
ACK ahead               | challenge               | challenge          | challenge                | challenge
ACK far ahead           | challenge               | challenge          | challenge                | challenge
ACK old                 | same                    | same               | same                     | same
ACK too old             | challenge               | challenge          | challenge                | challenge
ACK below               | old                     | old                | old                      | old
ACK far below           | old                     | old                | old                      | old
ACK inside              | duplicate               | duplicate          | duplicate                | outside
ACK of all inside       | our FIN>FIN-WAIT-2      | our FIN>FIN-WAIT-2 | our FIN!w>FIN-WAIT-2     | outside
ACK last                | duplicate               | duplicate          | duplicate                | old
ACK edge                | outside                 | outside            | outside                  | duplicate
ACK above               | outside                 | outside            | outside                  | outside
window opened           | same                    | same               | same                     | same
window shut             | same                    | same               | same                     | same
no flag                 | no ACK                  | no ACK             | no ACK                   | no ACK
data, no ACK            | no ACK                  | no ACK             | no ACK                   | outside
FIN, no ACK             | no ACK                  | no ACK             | no ACK                   | outside
FIN,PSH,URG             | no ACK                  | no ACK             | no ACK                   | outside
data                    | data+10                 | unwanted>CLOSED    | data+10                  | outside
data, ACK of all        | our FIN+10!r>FIN-WAIT-2 | unwanted>CLOSED    | our FIN+10!rw>FIN-WAIT-2 | outside>FIN-WAIT-2
data before             | old                     | old                | old                      | old
data across left        | data+5                  | unwanted>CLOSED    | data+5                   | outside
data inside             | gap                     | unwanted>CLOSED    | gap                      | outside
data across right       | gap                     | unwanted>CLOSED    | gap                      | outside
data that fills         | data+1000               | unwanted>CLOSED    | data+1000                | outside
data too much           | data+1000               | unwanted>CLOSED    | data+1000                | outside
data beyond             | outside                 | outside            | outside                  | outside
data, ACK ahead         | challenge               | challenge          | challenge                | outside
data urgent             | data+10                 | unwanted>CLOSED    | data+10                  | outside
FIN                     | FIN+1>CLOSING           | FIN+1>CLOSING      | FIN+1>CLOSING            | outside
FIN, ACK of all         | both+1>TIME-WAIT        | both+1>TIME-WAIT   | both+1!w>TIME-WAIT       | outside>FIN-WAIT-2
FIN with data           | FIN+11!r>CLOSING        | unwanted>CLOSED    | FIN+11!r>CLOSING         | outside
FIN with data, of all   | both+11!r>TIME-WAIT     | unwanted>CLOSED    | both+11!rw>TIME-WAIT     | outside>FIN-WAIT-2
FIN inside              | same&ACK                | same&ACK           | same&ACK                 | outside
FIN again               | old                     | old                | old                      | old
FIN again, ACK of all   | old>FIN-WAIT-2*2        | old>FIN-WAIT-2*2   | old!w>FIN-WAIT-2*2       | old>FIN-WAIT-2*2
FIN beyond              | outside                 | outside            | outside                  | outside
FIN behind all it takes | FIN+1001!r>CLOSING*1    | unwanted>CLOSED    | FIN+1001!r>CLOSING*1     | outside
FIN, ACK ahead          | challenge               | challenge          | challenge                | outside
RST                     | reset>CLOSED            | reset>CLOSED       | reset>CLOSED             | reset>CLOSED
RST,ACK                 | reset>CLOSED            | reset>CLOSED       | reset>CLOSED             | reset>CLOSED
RST,ACK ahead           | reset>CLOSED            | reset>CLOSED       | reset>CLOSED             | reset>CLOSED
RST inside              | challenge               | challenge          | challenge                | missed
RST last                | challenge               | challenge          | challenge                | missed
RST edge                | missed                  | missed             | missed                   | reset>CLOSED
RST below               | missed                  | missed             | missed                   | missed
RST with data           | reset>CLOSED            | reset>CLOSED       | reset>CLOSED             | reset>CLOSED
FIN,RST                 | reset>CLOSED            | reset>CLOSED       | reset>CLOSED             | reset>CLOSED
""",
    note1=BEHIND,
    note2=HEEDED,
)

# After a simultaneous open the program has finished before our SYN was acknowledged: both are out.
FIN_WAIT_1_WITH_SYN = table(
    State.FIN_WAIT_1,
    """
                        | SYN out
SYN again               | challenge
SYN next                | challenge
SYN inside              | challenge
SYN far above           | challenge
SYN with data           | challenge
SYN,FIN                 | challenge
SYN,RST                 | missed
SYN,RST next            | reset>CLOSED
SYN,ACK again           | challenge
SYN,ACK inside          | challenge
SYN,ACK ahead           | challenge
SYN,ACK with data       | challenge
SYN,FIN,ACK             | challenge
ACK                     | duplicate
ACK of a part           | acked!o
ACK of all              | our FIN!o>FIN-WAIT-2
ACK ahead               | not our SYN
ACK far ahead           | not our SYN
ACK old                 | not our SYN
ACK too old             | not our SYN
ACK below               | old
ACK far below           | old
ACK inside              | duplicate
ACK of all inside       | our FIN!o>FIN-WAIT-2
ACK last                | duplicate
ACK edge                | outside
ACK above               | outside
window opened           | same
window shut             | same
no flag                 | no ACK
data, no ACK            | no ACK
FIN, no ACK             | no ACK
FIN,PSH,URG             | no ACK
data                    | same*1
data, ACK of all        | our FIN+10!ro>FIN-WAIT-2
data before             | old
data across left        | same*1
data inside             | same*1
data across right       | same*1
data that fills         | same*1
data too much           | same*1
data beyond             | outside
data, ACK ahead         | not our SYN
data urgent             | same*1
FIN                     | same*1
FIN, ACK of all         | both+1!o>TIME-WAIT
FIN with data           | same*1
FIN with data, of all   | both+11!ro>TIME-WAIT
FIN inside              | same*1
FIN again               | old
FIN again, ACK of all   | old!o>FIN-WAIT-2*2
FIN beyond              | outside
FIN behind all it takes | same*1
FIN, ACK ahead          | not our SYN
RST                     | reset>CLOSED
RST,ACK                 | reset>CLOSED
RST,ACK ahead           | reset>CLOSED
RST inside              | challenge
RST last                | challenge
RST edge                | missed
RST below               | missed
RST with data           | reset>CLOSED
FIN,RST                 | reset>CLOSED
""",
    note1="In SYN-RECEIVED, fifth, this would have been answered with a RST; in FIN-WAIT-1 its text would be taken. "
    "But nothing is taken from a peer that has not acknowledged our SYN (3.4): it repeats it with that ACK.",
    note2=HEEDED,
)

FIN_WAIT_2 = table(
    State.FIN_WAIT_2,
    """
                        | held                   | let go          | shut
SYN again               | challenge              | challenge       | challenge
SYN next                | challenge              | challenge       | challenge
SYN inside              | challenge              | challenge       | challenge
SYN far above           | challenge              | challenge       | challenge
SYN with data           | challenge              | challenge       | challenge
SYN,FIN                 | challenge              | challenge       | challenge
SYN,RST                 | missed                 | missed          | missed
SYN,RST next            | reset>CLOSED           | reset>CLOSED    | reset>CLOSED
SYN,ACK again           | challenge              | challenge       | challenge
SYN,ACK inside          | challenge              | challenge       | challenge
SYN,ACK ahead           | challenge              | challenge       | challenge
SYN,ACK with data       | challenge              | challenge       | challenge
SYN,FIN,ACK             | challenge              | challenge       | challenge
ACK                     | same                   | same            | same
ACK of a part           | same                   | same            | same
ACK of all              | same                   | same            | same
ACK ahead               | challenge              | challenge       | challenge
ACK far ahead           | challenge              | challenge       | challenge
ACK old                 | same                   | same            | same
ACK too old             | challenge              | challenge       | challenge
ACK below               | old                    | old             | old
ACK far below           | old                    | old             | old
ACK inside              | same                   | same            | outside
ACK of all inside       | same                   | same            | outside
ACK last                | same                   | same            | old
ACK edge                | outside                | outside         | same
ACK above               | outside                | outside         | outside
window opened           | same                   | same            | same
window shut             | same                   | same            | same
no flag                 | no ACK                 | no ACK          | no ACK
data, no ACK            | no ACK                 | no ACK          | outside
FIN, no ACK             | no ACK                 | no ACK          | outside
FIN,PSH,URG             | no ACK                 | no ACK          | outside
data                    | data+10                | unwanted>CLOSED | outside
data, ACK of all        | data+10                | unwanted>CLOSED | outside
data before             | old                    | old             | old
data across left        | data+5                 | unwanted>CLOSED | outside
data inside             | gap                    | unwanted>CLOSED | outside
data across right       | gap                    | unwanted>CLOSED | outside
data that fills         | data+1000              | unwanted>CLOSED | outside
data too much           | data+1000              | unwanted>CLOSED | outside
data beyond             | outside                | outside         | outside
data, ACK ahead         | challenge              | challenge       | outside
data urgent             | data+10                | unwanted>CLOSED | outside
FIN                     | FIN+1>TIME-WAIT        | FIN+1>TIME-WAIT | outside
FIN, ACK of all         | FIN+1>TIME-WAIT        | FIN+1>TIME-WAIT | outside
FIN with data           | FIN+11!r>TIME-WAIT     | unwanted>CLOSED | outside
FIN with data, of all   | FIN+11!r>TIME-WAIT     | unwanted>CLOSED | outside
FIN inside              | same&ACK               | same&ACK        | outside
FIN again               | old                    | old             | old
FIN again, ACK of all   | old                    | old             | old
FIN beyond              | outside                | outside         | outside
FIN behind all it takes | FIN+1001!r>TIME-WAIT*1 | unwanted>CLOSED | outside
FIN, ACK ahead          | challenge              | challenge       | outside
RST                     | reset>CLOSED           | reset>CLOSED    | reset>CLOSED
RST,ACK                 | reset>CLOSED           | reset>CLOSED    | reset>CLOSED
RST,ACK ahead           | reset>CLOSED           | reset>CLOSED    | reset>CLOSED
RST inside              | challenge              | challenge       | missed
RST last                | challenge              | challenge       | missed
RST edge                | missed                 | missed          | reset>CLOSED
RST below               | missed                 | missed          | missed
RST with data           | reset>CLOSED           | reset>CLOSED    | reset>CLOSED
FIN,RST                 | reset>CLOSED           | reset>CLOSED    | reset>CLOSED
""",
    note1=BEHIND,
)
