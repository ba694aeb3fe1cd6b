"""What every job on a link is made of: where the engine stands, the loop that drives it, the program beside it."""
