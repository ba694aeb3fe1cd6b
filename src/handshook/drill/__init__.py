"""`handshook drill`: what a server does when it gets hard, measured in a private network of the tool's own."""
