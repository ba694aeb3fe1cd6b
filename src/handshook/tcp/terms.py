"""A config as the engine reads it: the same knobs, made ready once, so that no segment asks a dataclass for them."""

# What one of these is made from, named without importing it: config.py makes one of itself.
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .config import Config


class Terms:
    """The knobs of one `Config`, under the names they have there; what is a word there is a yes or no here."""

    __slots__ = (
        "advise_after",
        "challenge_limit",
        "cookies_always",
        "cookies_when_full",
        "cubic",
        "delayed_ack",
        "dscp",
        "ecn_accepts",
        "ecn_asks",
        "fin_wait_2_timeout",
        "half_open_limit",
        "half_open_prefix4",
        "half_open_prefix6",
        "hold_timeout",
        "host_half_open_limit",
        "initial_rto",
        "keep_alive",
        "keep_alive_interval",
        "keep_alive_probes",
        "max_rto",
        "min_rto",
        "msl",
        "mtu",
        "nagle",
        "policy_cache",
        "policy_oldest",
        "prefix_half_open_limit",
        "pressed_syn_ack_retries",
        "receive_scale",
        "receive_window",
        "sack",
        "send_buffer",
        "soft_errors",
        "syn_ack_retries",
        "syn_retries",
        "timestamps",
        "ttl",
        "user_timeout",
        "window_scale",
    )

    def __init__(self, config: "Config") -> None:
        self.receive_window = config.receive_window
        self.receive_scale = config.receive_scale
        self.send_buffer = config.send_buffer
        self.initial_rto = config.initial_rto
        self.min_rto = config.min_rto
        self.max_rto = config.max_rto
        self.syn_retries = config.syn_retries
        self.syn_ack_retries = config.syn_ack_retries
        self.user_timeout = config.user_timeout
        self.msl = config.msl
        self.fin_wait_2_timeout = config.fin_wait_2_timeout
        self.delayed_ack = config.delayed_ack
        self.keep_alive = config.keep_alive
        self.keep_alive_interval = config.keep_alive_interval
        self.keep_alive_probes = config.keep_alive_probes
        self.mtu = config.mtu
        self.timestamps = config.timestamps
        self.sack = config.sack
        self.window_scale = config.window_scale
        self.ecn_asks = config.ecn == "ask"
        self.ecn_accepts = config.ecn != "off"
        self.nagle = config.nagle
        self.cubic = config.congestion == "cubic"
        self.half_open_limit = config.half_open_limit
        self.host_half_open_limit = config.host_half_open_limit
        self.prefix_half_open_limit = config.prefix_half_open_limit
        self.half_open_prefix4 = config.half_open_prefix4
        self.half_open_prefix6 = config.half_open_prefix6
        self.hold_timeout = config.hold_timeout
        self.cookies_always = config.cookies == "always"
        self.cookies_when_full = config.cookies != "never"
        self.pressed_syn_ack_retries = config.pressed_syn_ack_retries
        self.policy_oldest = config.half_open_policy == "drop-oldest"
        self.policy_cache = config.half_open_policy == "cache"
        self.challenge_limit = config.challenge_limit
        self.ttl = config.ttl
        self.dscp = config.dscp
        self.advise_after = config.advise_after
        self.soft_errors = config.soft_errors
