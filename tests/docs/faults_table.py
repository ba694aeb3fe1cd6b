"""The tables of docs/faults.md, as they follow from the table of rules."""

from handshook.fault.forms import FORMS, MODIFIERS, WHATS


def tables():
    """Forms, WHATs and modifiers, as Markdown."""
    forms = [("rule", "what happens", "part"), *((f"`{form.pattern}`", form.help, form.part) for form in FORMS)]
    whats = [("WHAT", "which segment"), *((f"`{name}`", text) for name, text in WHATS.items())]
    modifiers = [("modifier", "what it says")]
    modifiers += [(f"`{name} {form}`".replace("|", "` or `"), text) for name, (form, text) in MODIFIERS.items()]
    return [_table(rows) for rows in (forms, whats, modifiers)]


def _table(rows):
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])
