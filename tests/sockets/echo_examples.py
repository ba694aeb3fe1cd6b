"""The examples of the standard library's own page on socketserver, on the engine.

What differs from the page: the class of the server has `host` as its first argument, and the client's socket is
`host.socket()`. The handlers are the page's, word for word.
"""

import socketserver

from handshook.io.servers import HostServer, ThreadServer


class MyTCPHandler(socketserver.BaseRequestHandler):
    def handle(self):
        pieces = [b""]
        total = 0
        while b"\n" not in pieces[-1] and total < 10_000:
            pieces.append(self.request.recv(2000))
            total += len(pieces[-1])
        self.data = b"".join(pieces)
        self.request.sendall(self.data.upper())


class MyStreamHandler(socketserver.StreamRequestHandler):
    def handle(self):
        self.data = self.rfile.readline(10000).rstrip()
        self.wfile.write(self.data.upper())


def one_server(host, handler):
    # socketserver.TCPServer((HOST, PORT), MyTCPHandler) on the page
    return HostServer(host, ("", 9999), handler)


def threaded_server(host, handler):
    # class ThreadedTCPServer(socketserver.ThreadingMixIn, socketserver.TCPServer) on the page
    return ThreadServer(host, ("", 9999), handler)


def client(host, address, data):
    # socket.socket(socket.AF_INET, socket.SOCK_STREAM) on the page
    with host.socket() as sock:
        sock.connect((address, 9999))
        sock.sendall(bytes(data + "\n", "utf-8"))
        received = str(sock.recv(1024), "utf-8")
    return received
