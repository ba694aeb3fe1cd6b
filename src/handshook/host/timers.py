"""When each flow is next due: a binary heap of flows, each of which knows its place in it.

A flow's time moves with nearly every segment, mostly to later. So an entry's time only promises to look at the flow by
then: a flow that has moved to later stays where it is until it comes up, and is put back; one that has moved to
earlier, or is gone, is found by its place and moved, or taken out, at once.
"""

from array import array

from ..tcp.clock import NEVER
from ..tcp.flow import Flow

# What `Flow.place` says of a flow that is not in the heap.
NOWHERE = -1
LEAST = 64


class Timers:
    """The flows of one stack, by when they want to be woken (Williams 1964; Knuth 5.2.3)."""

    __slots__ = ("_flows", "_size", "_when")

    def __init__(self) -> None:
        # The heap as two rows: a time, and at the same place whose it is.
        self._when = array("d", [0.0]) * LEAST
        self._flows: list[Flow | None] = [None] * LEAST
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def arm(self, flow: Flow) -> None:
        """Make sure that the flow is looked at by the time it is due."""
        if flow.due >= flow.armed:
            return
        place = flow.place
        if place == NOWHERE:
            place = self._size
            if place == len(self._flows):
                self._grow()
            self._size = place + 1
        self._rise(place, flow.due, flow)

    def disarm(self, flow: Flow) -> None:
        """The flow is gone."""
        flow.due = NEVER
        if flow.place != NOWHERE:
            self._take_out(flow)

    def next(self) -> float:
        """When somebody is due; NEVER when nobody is."""
        while self._size:
            when = self._when[0]
            flow = self._flows[0]
            assert flow is not None
            if flow.due <= when:
                return when
            # It has moved to later since.
            if flow.due == NEVER:
                self._take_out(flow)
            else:
                self._sink(0, flow.due, flow)
        return NEVER

    def pop(self, now: float) -> Flow | None:
        """A flow that is due, no longer armed; None when there is none."""
        if self.next() > now:
            return None
        flow = self._flows[0]
        assert flow is not None
        self._take_out(flow)
        return flow

    def _take_out(self, flow: Flow) -> None:
        """Close the gap with the last entry, which rises or sinks from there."""
        place = flow.place
        flow.place = NOWHERE
        flow.armed = NEVER
        size = self._size - 1
        self._size = size
        last = self._flows[size]
        assert last is not None
        when = self._when[size]
        self._flows[size] = None
        if place == size:
            return
        if place and when < self._when[(place - 1) >> 1]:
            self._rise(place, when, last)
        else:
            self._sink(place, when, last)

    def _rise(self, place: int, when: float, flow: Flow) -> None:
        """Put an entry at `place` or above, where everything above it is due no later."""
        while place:
            above = (place - 1) >> 1
            if self._when[above] <= when:
                break
            self._put(place, self._when[above], self._flows[above])
            place = above
        self._put(place, when, flow)

    def _sink(self, place: int, when: float, flow: Flow) -> None:
        """Put an entry at `place` or below, where everything below it is due no earlier."""
        size = self._size
        while True:
            below = 2 * place + 1
            if below >= size:
                break
            if below + 1 < size and self._when[below + 1] < self._when[below]:
                below += 1
            if when <= self._when[below]:
                break
            self._put(place, self._when[below], self._flows[below])
            place = below
        self._put(place, when, flow)

    def _put(self, place: int, when: float, flow: Flow | None) -> None:
        assert flow is not None
        self._when[place] = when
        self._flows[place] = flow
        flow.armed = when
        flow.place = place

    def _grow(self) -> None:
        room = len(self._flows)
        when = array("d", [0.0]) * (2 * room)
        when[:room] = array("d", self._when)
        self._when = when
        self._flows += [None] * room
