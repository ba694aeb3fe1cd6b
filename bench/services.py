"""What every peer serves, on the same ports, and where everybody stands."""

KERNEL = "198.51.100.1"
STACK = "198.51.100.2"

# Several discard ports, for the kernel has some 32,000 source ports for each.
DISCARD, DISCARD_PORTS = 5000, 16
CHARGEN = 5100
ECHO = 5101
# Closes at once, so that the TIME-WAIT is the server's.
HANGUP, HANGUP_PORTS = 5200, 2
# Discard again, with as many half-open connections as the peer can be told to keep.
HALF = 5300
# Where only a small program serves; see programs.py.
PROGRAM = 5400

HALF_OPEN_LIMIT = 200_000
BACKLOG = 4096
