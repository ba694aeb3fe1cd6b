"""What is made of a peer's segments: no more than they say."""

from show.script import Script, crossed, fetched, served

from handshook.outcomes import Outcome
from handshook.show.conversation import Conversation
from handshook.show.peer import Sign, infer
from handshook.tcp.states import State
from handshook.wire.flags import ACK, FIN, RST, SYN


def states(steps):
    conversation = Conversation(steps[0])
    seen = [conversation.take(step).peer_after for step in steps]
    return [after for before, after in zip([None, *seen], seen, strict=False) if after is not before]


def test_a_client_that_closes_last():
    assert states(served()) == [State.SYN_SENT, State.ESTABLISHED, State.LAST_ACK]


def test_a_server_is_open_only_once_it_shows_it():
    assert states(fetched()) == [State.SYN_RECEIVED, State.ESTABLISHED, State.FIN_WAIT_1, State.TIME_WAIT]


def test_both_close_at_once():
    assert states(crossed()) == [State.SYN_SENT, State.ESTABLISHED, State.FIN_WAIT_1, State.CLOSING]


def test_both_open_at_once():
    state = infer(None, Sign(SYN))
    assert state is State.SYN_SENT
    assert infer(state, Sign(SYN | ACK, acks_syn=True)) is State.SYN_RECEIVED


def test_a_reset_ends_it_and_a_doubtful_one_does_not():
    assert infer(State.ESTABLISHED, Sign(RST)) is State.CLOSED
    script = Script()
    script.state = State.LISTEN
    script.into(Outcome.SYN_ANSWERED, "S", 0, after=State.SYN_RECEIVED)
    script.into(Outcome.RST_OUTSIDE_WINDOW, "R", 99999)
    assert states(script.steps) == [State.SYN_SENT]


def test_nothing_is_known_of_a_peer_seen_halfway():
    assert infer(None, Sign(ACK | FIN, acks_syn=True, lives_on=True)) is None


def test_what_we_send_says_nothing_about_the_peer():
    script = Script()
    script.call(Outcome.CALLED_CONNECT, after=State.SYN_SENT).out(Outcome.SENT_SYN, "S", 0)
    assert states(script.steps) == []
