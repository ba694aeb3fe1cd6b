"""Inside the private network: makes sockets, and gives them away over the Unix socket that is its standard input.

A socket stays in the network that it was made in, wherever its descriptor goes. Each request is a datagram with a
socket for the answer: {"family": ..., "type": ..., "proto": ...}. The answer is {} with the descriptor, or
{"errno": ...}.

It is run as a file of its own, without the package around it, so that it is there at once.
"""

import array
import json
import socket


def main() -> None:
    """Until nobody can ask any more."""
    channel = socket.socket(fileno=0)
    while True:
        data, ancillary, _, _ = channel.recvmsg(4096, socket.CMSG_SPACE(4), socket.MSG_CMSG_CLOEXEC)
        if not data:
            return
        for _, _, content in ancillary:
            with socket.socket(fileno=array.array("i", content)[0]) as asker:
                give(asker, json.loads(data))


def give(asker: socket.socket, wanted: dict[str, int]) -> None:
    """One socket for one asker, who may have left."""
    try:
        made = socket.socket(wanted["family"], wanted["type"], wanted["proto"])
    except OSError as error:
        answer, rights = {"errno": error.errno}, []
    else:
        answer, rights = {}, [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [made.fileno()]))]
    try:
        asker.sendmsg([json.dumps(answer).encode()], rights, socket.MSG_NOSIGNAL)
    except OSError:
        return


if __name__ == "__main__":
    main()
