"""How far the question is whether a retransmission was needless; see spurious.py."""

NO_DOUBT = 0  # none was made, or it is settled
DOUBT = 1  # a loss was found, and nothing has been sent again for it yet
RESENT = 2  # the first copy has left
