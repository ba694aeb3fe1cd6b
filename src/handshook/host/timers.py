"""When each flow is next due: a heap that is never searched.

A flow's time moves with nearly every segment, mostly to later. So an entry in the heap only promises to look at the
flow by then: if it has moved to later, it is put back; if it has moved to earlier, a second entry is added and the
first is void when it comes up.
"""

from heapq import heapify, heappop, heappush

from ..tcp.clock import NEVER
from ..tcp.flow import Flow

# Void entries are swept out when they outnumber what is alive, and there are enough of them to matter.
SWEEP = 1024


class Timers:
    """The flows of one stack, by when they want to be woken."""

    __slots__ = ("_alive", "_count", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Flow]] = []
        self._count = 0
        self._alive = 0

    def arm(self, flow: Flow) -> None:
        """Make sure that the flow is looked at by the time it is due."""
        if flow.due < flow.armed:
            if flow.armed == NEVER:
                self._alive += 1
            flow.armed = flow.due
            self._count += 1
            heappush(self._heap, (flow.due, self._count, flow))
            if len(self._heap) > SWEEP and len(self._heap) > 2 * self._alive:
                self._sweep()

    def disarm(self, flow: Flow) -> None:
        """The flow is gone; its entry is void."""
        if flow.armed != NEVER:
            flow.armed = NEVER
            self._alive -= 1
        flow.due = NEVER

    def next(self) -> float:
        """When somebody is due; NEVER when nobody is."""
        heap = self._heap
        while heap:
            when, _, flow = heap[0]
            if when != flow.armed:
                heappop(heap)
            elif flow.due > when:
                self._put_back(flow)
            else:
                return when
        return NEVER

    def pop(self, now: float) -> Flow | None:
        """A flow that is due, no longer armed; None when there is none."""
        if self.next() > now:
            return None
        flow = heappop(self._heap)[2]
        flow.armed = NEVER
        self._alive -= 1
        return flow

    def _put_back(self, flow: Flow) -> None:
        heappop(self._heap)
        flow.armed = NEVER
        self._alive -= 1
        if flow.due != NEVER:
            self.arm(flow)

    def _sweep(self) -> None:
        self._heap = [entry for entry in self._heap if entry[0] == entry[2].armed]
        heapify(self._heap)
