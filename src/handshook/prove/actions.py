"""What can happen in a state, as one number: its kind above, then the side, then the call or the segment."""

DELIVER = 0  # a segment arrives
KEEP = 1  # ... and a copy of it stays in the network
LOSE = 2  # ... or it never does
CALL = 3  # a program calls, a time-out goes off, a host crashes
FORGE = 4  # a stranger sends a segment

KIND, SIDE = 24, 20  # where they stand, in bits
WORD16 = 0xFFFF
