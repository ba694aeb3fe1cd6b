"""Peers for tests: a real address with a chosen behaviour, and kernel sockets that can reach it.

`stage` is the process that has the private network and the engine, `giver` the one inside it that makes sockets, and
`network` and `peer` are what a test holds of them.
"""
