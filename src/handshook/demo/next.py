"""What to try after the demo, in words that can be typed where it was started."""

TRIES = (
    (("serve", "--echo", "--explain"), "your own shell, beside an echo server of ours"),
    (
        ("connect", "peer", "8000", "--headers", "--", "python3", "-m", "http.server", "8000"),
        "type GET / HTTP/1.0 and an empty line",
    ),
)
TRIES_IN_MEMORY = (
    (("demo", "--memory", "--no-explain", "--headers"), "each segment's header, field by field"),
    (("demo", "--memory", "--json"), "every step as a line"),
)


def try_next(command: str, in_memory: bool, width: int) -> list[str]:
    """The lines, at most `width` columns where words allow it; `command` is how this tool was called."""
    lines = ["", "Try next, at a terminal:"]
    for words, what in TRIES_IN_MEMORY if in_memory else TRIES:
        lines.extend(_in_lines(f"  {command}", words, width))
        lines.append(f"      {what}")
    return lines


def _in_lines(line: str, words: tuple[str, ...], width: int) -> list[str]:
    """One command as a shell takes it, broken before a word that has no room."""
    lines = []
    for at, word in enumerate(words):
        # The backslash takes two columns, where something follows.
        if len(line) + 1 + len(word) + (2 if at < len(words) - 1 else 0) > width:
            lines.append(line + " \\")
            line = f"      {word}"
        else:
            line += f" {word}"
    return [*lines, line]
