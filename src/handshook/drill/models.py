"""The ways to serve that are compared, by the names that people type."""

from dataclasses import dataclass

MOST_THREADS = 1_000
# As they are typed, and as `PoolServer` has them.
WHEN_FULL = {"wait": "wait", "refuse": "refuse", "shed": "shed-oldest"}


@dataclass(frozen=True)
class Model:
    """`kind` is one, thread, pool, asyncio or asyncio:block; `threads` and `when_full` are a pool's."""

    name: str
    kind: str
    threads: int = 0
    when_full: str = "wait"

    @classmethod
    def named(cls, name: str) -> "Model":
        """From one, thread, pool:N, pool:N:wait, pool:N:refuse, pool:N:shed, asyncio, asyncio:block.

        Raises ValueError, with a sentence.
        """
        if name in ("one", "thread", "asyncio", "asyncio:block"):
            return cls(name, name)
        kind, *rest = name.split(":")
        if kind != "pool" or not 1 <= len(rest) <= 2:
            raise ValueError(f"{name!r} is none of one, thread, pool:N, asyncio, asyncio:block")
        if not rest[0].isascii() or not rest[0].isdigit() or not 1 <= int(rest[0][:9]) <= MOST_THREADS:
            raise ValueError(f"{name!r}: a pool has 1 to {MOST_THREADS:,} threads")
        when_full = rest[1] if len(rest) == 2 else "wait"
        if when_full not in WHEN_FULL:
            raise ValueError(f"{name!r}: a full pool can {', '.join(WHEN_FULL)}")
        return cls(f"pool:{int(rest[0])}:{when_full}", kind, int(rest[0]), WHEN_FULL[when_full])


USUAL = ("one", "thread", "pool:8:wait", "pool:8:refuse", "pool:8:shed", "asyncio", "asyncio:block")
