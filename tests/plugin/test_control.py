"""Targets as they are asked for over HTTP, by whoever it is."""

import http.client
import json

import pytest
from lab.worlds import HANG


def test_what_can_not_be_answered_is_said(handshook_network):
    for method, path in ("GET", "/nothing"), ("PUT", "/targets"), ("GET", "/targets/1/nothing"):
        with pytest.raises(LookupError, match=f"nothing answers {method} {path}"):
            handshook_network.ask(method, path)
    for method, path in ("GET", "/targets/x"), ("DELETE", "/targets/x"), ("GET", "/targets/x/ladder"):
        with pytest.raises(LookupError, match="there is no target x"):
            handshook_network.ask(method, path)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "a JSON object"),
        ({"behavior": []}, "not behavior"),
        ({"behaviour": "silent"}, "a list of rules"),
        ({"behaviour": [1]}, "a list of rules"),
        ({"behaviour": [""]}, "to"),
        ({"serve": {"reply": "ü"}}, "base64"),
        ({"serve": {"reply": 1}}, "served is one of"),
        ({"serve": {"unix": ""}}, "served is one of"),
        ({"serve": {"unix": "a", "reply": "b"}}, "served is one of"),
        ({"port": 0}, "port 0"),
        ({"port": "80"}, "port '80'"),
    ],
)
def test_what_makes_no_sense_is_said_and_leaves_nothing(handshook_network, document, words):
    before = json.loads(handshook_network.ask("GET", "/targets"))
    with pytest.raises(ValueError, match=words):
        handshook_network.ask("POST", "/targets", document)
    assert json.loads(handshook_network.ask("GET", "/targets")) == before


def test_a_rule_that_is_wrong_takes_the_others_along(handshook_network):
    for _ in range(3):
        with pytest.raises(ValueError, match="unknown"):
            handshook_network.peer("silent", "dorp syn", port=8080)
    with handshook_network.peer(port=8080) as peer, peer.connect(HANG) as sock:
        sock.sendall(b"x")
        assert sock.recv(1) == b"x"


def test_several_requests_on_one_connection(handshook_network):
    client = http.client.HTTPConnection("handshook")
    client.sock = handshook_network._call()
    for method, path, status in ("POST", "/targets", 201), ("GET", "/targets", 200), ("GET", "/nothing", 404):
        client.request(method, path)
        with client.getresponse() as answer:
            document = json.loads(answer.read())
        assert answer.status == status and answer.headers["Content-Type"] == "application/json"
        if status == 201:
            made = document["target"]
    client.request("DELETE", f"/targets/{made}")
    with client.getresponse() as answer:
        assert (answer.status, answer.read()) == (204, b"")
    client.close()


@pytest.mark.parametrize("said", [b"hello\r\n\r\n", b"GET /targets HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b""])
def test_who_speaks_something_else_is_let_go(handshook_network, said):
    with handshook_network._call() as caller:
        caller.settimeout(HANG)
        caller.sendall(said)
        caller.shutdown(1)
        assert caller.recv(100) == b""
    assert handshook_network.ask("GET", "/targets")
