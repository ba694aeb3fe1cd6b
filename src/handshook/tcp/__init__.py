"""One TCP connection: its states, how it opens, carries data, closes, repeats what was lost, and shares the path."""
