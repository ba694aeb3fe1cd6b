cimport cython

@cython.final
cdef class Terms:
    cdef readonly Py_ssize_t receive_window, send_buffer, half_open_limit
    cdef readonly Py_ssize_t host_half_open_limit, prefix_half_open_limit
    cdef readonly int half_open_prefix4, half_open_prefix6
    cdef readonly int receive_scale, syn_retries, syn_ack_retries, keep_alive_probes, mtu
    cdef readonly double initial_rto, min_rto, max_rto, user_timeout, msl, fin_wait_2_timeout, delayed_ack
    cdef readonly double keep_alive, keep_alive_interval, hold_timeout
    cdef readonly bint timestamps, sack, window_scale, ecn_asks, ecn_accepts, nagle, cubic
    cdef readonly bint cookies_always, cookies_when_full, policy_oldest, policy_cache
    cdef readonly int pressed_syn_ack_retries
    cdef readonly int challenge_limit, ttl, dscp, advise_after
    cdef readonly bint soft_errors
