"""Up to where urgent data reaches in each direction: SND.UP and RCV.UP (RFC 9293 3.3.1), kept only while they count."""


class UrgentMarks:
    """`snd_up` and `rcv_up` are the numbers after the last urgent octet (MUST-62), each only while its flag is set."""

    __slots__ = ("rcv_up", "receiving", "sending", "snd_up")

    def __init__(self) -> None:
        self.sending = self.receiving = False
        self.snd_up = self.rcv_up = 0
