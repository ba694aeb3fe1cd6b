"""What a connection owes its peer for what has arrived: nothing, an ACK that may wait for company, or one at once."""

ACK_NONE = 0
ACK_LATER = 1
ACK_NOW = 2
