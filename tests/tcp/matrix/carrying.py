"""What arrives in ESTABLISHED and CLOSE-WAIT (RFC 9293 3.10.7.4), cell by cell."""

from tcp.matrix.fates import table
from tcp.matrix.reasons import BEHIND, HEEDED, NO_SECOND_FIN

from handshook import State

ESTABLISHED = table(
    State.ESTABLISHED,
    """
                        | idle                    | data out                | shut         | peer shut
SYN again               | challenge               | challenge               | challenge    | challenge
SYN next                | challenge               | challenge               | challenge    | challenge
SYN inside              | challenge               | challenge               | challenge    | challenge
SYN far above           | challenge               | challenge               | challenge    | challenge
SYN with data           | challenge               | challenge               | challenge    | challenge
SYN,FIN                 | challenge               | challenge               | challenge    | challenge
SYN,RST                 | missed                  | missed                  | missed       | missed
SYN,RST next            | reset>CLOSED            | reset>CLOSED            | reset>CLOSED | reset>CLOSED
SYN,ACK again           | challenge               | challenge               | challenge    | challenge
SYN,ACK inside          | challenge               | challenge               | challenge    | challenge
SYN,ACK ahead           | challenge               | challenge               | challenge    | challenge
SYN,ACK with data       | challenge               | challenge               | challenge    | challenge
SYN,FIN,ACK             | challenge               | challenge               | challenge    | challenge
ACK                     | same                    | duplicate               | same         | same
ACK of a part           | same                    | acked!w                 | same         | same
ACK of all              | same                    | acked!w                 | same         | same
ACK ahead               | challenge               | challenge               | challenge    | challenge
ACK far ahead           | challenge               | challenge               | challenge    | challenge
ACK old                 | same                    | same                    | same         | same
ACK too old             | challenge               | challenge               | challenge    | challenge
ACK below               | old                     | old                     | old          | old
ACK far below           | old                     | old                     | old          | old
ACK inside              | same                    | duplicate               | outside      | same
ACK of all inside       | same                    | acked!w                 | outside      | same
ACK last                | same                    | duplicate               | old          | same
ACK edge                | outside                 | outside                 | same         | outside
ACK above               | outside                 | outside                 | outside      | outside
window opened           | same                    | same                    | same         | same&DATA
window shut             | same                    | same                    | same         | same
no flag                 | no ACK                  | no ACK                  | no ACK       | no ACK
data, no ACK            | no ACK                  | no ACK                  | outside      | no ACK
FIN, no ACK             | no ACK                  | no ACK                  | outside      | no ACK
FIN,PSH,URG             | no ACK                  | no ACK                  | outside      | no ACK
data                    | data+10                 | data+10                 | outside      | data+10
data, ACK of all        | data+10                 | data+10!w               | outside      | data+10
data before             | old                     | old                     | old          | old
data across left        | data+5                  | data+5                  | outside      | data+5
data inside             | gap                     | gap                     | outside      | gap
data across right       | gap                     | gap                     | outside      | gap
data that fills         | data+1000               | data+1000               | outside      | data+1000
data too much           | data+1000               | data+1000               | outside      | data+1000
data beyond             | outside                 | outside                 | outside      | outside
data, ACK ahead         | challenge               | challenge               | outside      | challenge
data urgent             | data+10                 | data+10                 | outside      | data+10
FIN                     | FIN+1>CLOSE-WAIT        | FIN+1>CLOSE-WAIT        | outside      | FIN+1>CLOSE-WAIT
FIN, ACK of all         | FIN+1>CLOSE-WAIT        | FIN+1!w>CLOSE-WAIT      | outside      | FIN+1>CLOSE-WAIT
FIN with data           | FIN+11!r>CLOSE-WAIT     | FIN+11!r>CLOSE-WAIT     | outside      | FIN+11!r>CLOSE-WAIT
FIN with data, of all   | FIN+11!r>CLOSE-WAIT     | FIN+11!rw>CLOSE-WAIT    | outside      | FIN+11!r>CLOSE-WAIT
FIN inside              | same&ACK                | same&ACK                | outside      | same&ACK
FIN again               | old                     | old                     | old          | old
FIN again, ACK of all   | old                     | old!w*2                 | old          | old
FIN beyond              | outside                 | outside                 | outside      | outside
FIN behind all it takes | FIN+1001!r>CLOSE-WAIT*1 | FIN+1001!r>CLOSE-WAIT*1 | outside      | FIN+1001!r>CLOSE-WAIT*1
FIN, ACK ahead          | challenge               | challenge               | outside      | challenge
RST                     | reset>CLOSED            | reset>CLOSED            | reset>CLOSED | reset>CLOSED
RST,ACK                 | reset>CLOSED            | reset>CLOSED            | reset>CLOSED | reset>CLOSED
RST,ACK ahead           | reset>CLOSED            | reset>CLOSED            | reset>CLOSED | reset>CLOSED
RST inside              | challenge               | challenge               | missed       | challenge
RST last                | challenge               | challenge               | missed       | challenge
RST edge                | missed                  | missed                  | reset>CLOSED | missed
RST below               | missed                  | missed                  | missed       | missed
RST with data           | reset>CLOSED            | reset>CLOSED            | reset>CLOSED | reset>CLOSED
FIN,RST                 | reset>CLOSED            | reset>CLOSED            | reset>CLOSED | reset>CLOSED
""",
    note1=BEHIND,
    note2=HEEDED,
)

CLOSE_WAIT = table(
    State.CLOSE_WAIT,
    """
                        | idle         | data out
SYN again               | challenge    | challenge
SYN next                | challenge    | challenge
SYN inside              | challenge    | challenge
SYN far above           | challenge    | challenge
SYN with data           | challenge    | challenge
SYN,FIN                 | challenge    | challenge
SYN,RST                 | missed       | missed
SYN,RST next            | reset>CLOSED | reset>CLOSED
SYN,ACK again           | challenge    | challenge
SYN,ACK inside          | challenge    | challenge
SYN,ACK ahead           | challenge    | challenge
SYN,ACK with data       | challenge    | challenge
SYN,FIN,ACK             | challenge    | challenge
ACK                     | same         | duplicate
ACK of a part           | same         | acked!w
ACK of all              | same         | acked!w
ACK ahead               | challenge    | challenge
ACK far ahead           | challenge    | challenge
ACK old                 | same         | same
ACK too old             | challenge    | challenge
ACK below               | old          | old
ACK far below           | old          | old
ACK inside              | same         | duplicate
ACK of all inside       | same         | acked!w
ACK last                | same         | duplicate
ACK edge                | outside      | outside
ACK above               | outside      | outside
window opened           | same         | same
window shut             | same         | same
no flag                 | no ACK       | no ACK
data, no ACK            | no ACK       | no ACK
FIN, no ACK             | no ACK       | no ACK
FIN,PSH,URG             | no ACK       | no ACK
data                    | late         | late
data, ACK of all        | late         | late!w
data before             | old          | old
data across left        | late         | late
data inside             | late         | late
data across right       | late         | late
data that fills         | late         | late
data too much           | late         | late
data beyond             | outside      | outside
data, ACK ahead         | challenge    | challenge
data urgent             | late         | late
FIN                     | same&ACK*1   | same&ACK*1
FIN, ACK of all         | same&ACK*1   | acked!w&ACK*1
FIN with data           | late&ACK*1   | late&ACK*1
FIN with data, of all   | late&ACK*1   | late!w&ACK*1
FIN inside              | same&ACK*1   | same&ACK*1
FIN again               | old          | old
FIN again, ACK of all   | old          | old!w*2
FIN beyond              | outside      | outside
FIN behind all it takes | late&ACK*1   | late&ACK*1
FIN, ACK ahead          | challenge    | challenge
RST                     | reset>CLOSED | reset>CLOSED
RST,ACK                 | reset>CLOSED | reset>CLOSED
RST,ACK ahead           | reset>CLOSED | reset>CLOSED
RST inside              | challenge    | challenge
RST last                | challenge    | challenge
RST edge                | missed       | missed
RST below               | missed       | missed
RST with data           | reset>CLOSED | reset>CLOSED
FIN,RST                 | reset>CLOSED | reset>CLOSED
""",
    note1=NO_SECOND_FIN,
    note2=HEEDED,
)
