"""Time as the engine knows it: seconds of the caller's clock, and a moment that never comes."""

NEVER = float("inf")
