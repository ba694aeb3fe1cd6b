"""Who is who in a private network: addresses for documentation (RFC 5737, RFC 3849), which nobody routes."""

KERNEL4 = "198.51.100.1"
ENGINE4 = "198.51.100.2"
PREFIX4 = 24
KERNEL6 = "2001:db8::1"
ENGINE6 = "2001:db8::2"
PREFIX6 = 64
