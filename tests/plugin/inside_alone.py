"""Run by test_inside.py under `handshook run`, with nobody beside it: it takes away what others would rely on."""

HANG = 120


def test_a_peer_whose_rules_somebody_has_removed(handshook_network):
    with handshook_network.peer("silent") as peer:
        assert f"drop syn to {peer.host}:{peer.port}" in handshook_network.ask("GET", "/rules").decode()
        handshook_network.ask("DELETE", "/rules")
        peer.connect(HANG).close()
