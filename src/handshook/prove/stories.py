"""What each failure means, in plain words: for whoever has its ladder before him and asks what is wrong."""

from .properties import Property

STORIES: dict[tuple[str, Property], str] = {
    ("two-way", Property.GHOST): (
        "An old duplicate of a SYN comes to a server that has finished with it long ago. In two ways there is "
        "nothing to tell it from a new one: the server is open at once, with a client that has asked for nothing. "
        "In three ways it would be half-open, its SYN,ACK would surprise the client, and the client's RST would "
        "end it."
    ),
    ("two-way", Property.BELIEF): (
        "The client has changed its mind before the server heard of it. The server believes in a client that "
        "isn't there, and may speak to it for as long as its patience lasts: it has never heard its own number "
        "come back."
    ),
    ("two-way", Property.AGREEMENT): (
        "Both sides are open, and not with each other: the server with what an old SYN said, the client with what "
        "it has asked for itself. Neither will take the other's data, and neither can know why."
    ),
    ("no-ack-check", Property.AGREEMENT): (
        "The old SYN has met the new SYN,ACK: the server answers a SYN of long ago just as the client opens anew, "
        "and the client takes the answer for its own. A look at the number acknowledged would have told it: that "
        "is what the number is sent back for."
    ),
    ("predictable-isn", Property.BELIEF): (
        "The stranger has seen none of the server's segments; he has only worked out the number that it would "
        "choose. With it he has said the third line in the client's name, and the server is open with a client "
        "that knows of nothing. Three ways prove no more than that whoever answers knows the number (Morris 1985; "
        "RFC 6528)."
    ),
    ("repeated-isn", Property.OWN_DATA): (
        "Two connections of the same four-tuple have the same numbers, so an octet of the first fits into the "
        "second, and nothing in it says whose it is. Three ways make both sides agree on the numbers; that they "
        "are fresh is another's work (RFC 9293 3.4.1)."
    ),
    ("no-time-wait", Property.CLOSE): (
        "Both sides have finished, and the client has forgotten everything. What the server has said before is "
        "still on its way, or is said again because the last ACK did not come: it meets a host that knows of "
        "nothing, and that answers with RST. The server is told that a connection was broken which ended in "
        "order. TIME-WAIT is there to take what comes late, and to say the last ACK once more."
    ),
    ("no-time-wait", Property.OWN_DATA): (
        "Nothing keeps the four-tuple until the old connection's segments are gone. Where its numbers have hardly "
        "moved on, as after a connection faster than the clock that numbers are taken from (4 µs each, RFC 9293 "
        "3.4.1), an old octet fits into the new connection's window and is taken for the new one's."
    ),
}
