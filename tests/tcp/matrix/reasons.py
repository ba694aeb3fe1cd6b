"""Why the engine means to differ from the RFC's letter, where more than one table says so."""

BEHIND = (
    "The FIN stands just outside, and 3.10.7.4 would trim it. It takes no room, and all before it has come: taken, and "
    "the peer is spared a repetition."
)
HEEDED = (
    "3.10.7.4 drops it, its ACK unread. But two ends that each have the other's last number, and not the ACK of their "
    "own, would repeat themselves at each other for ever; BSD reads that ACK too."
)
NO_SECOND_FIN = (
    "3.10.7.4, eighth, would have RCV.NXT advance over this FIN too. The peer's FIN took the last of its numbers: one "
    "that stands elsewhere is none, and the ACK says so."
)
SYN_WITH_FIN = "No stack sends SYN with FIN, only those who look for a way past a filter: dropped by name, as in Linux."
