"""What runs on the kernel's side where no program of the system's does it: plain sockets, nothing of ours.

peer.py ask URL           print a page; exit as curl does: 7 where nobody listens, 1 for any other trouble
peer.py close HOST PORT   accept one connection, and close it when told so by a line on standard input
"""

import socket
import sys
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener


def ask(url: str) -> int:
    """The page at a URL, on standard output."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=5) as page:
            sys.stdout.buffer.write(page.read())
    except URLError as error:
        return 7 if isinstance(error.reason, ConnectionRefusedError) else 1
    return 0


def close(host: str, port: str) -> int:
    """Says on standard output how far it is: listening, accepted, closed."""
    with socket.create_server((host, int(port))) as listener:
        print("listening", flush=True)
        connection, _ = listener.accept()
        print("accepted", flush=True)
        sys.stdin.readline()
        connection.close()
        print("closed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(ask(sys.argv[2]) if sys.argv[1] == "ask" else close(sys.argv[2], sys.argv[3]))
