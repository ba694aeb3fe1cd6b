"""Many connections: finding the one a segment is for, listeners, half-open entries, TIME-WAIT, timers, addresses."""
