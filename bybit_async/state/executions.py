"""My executions, each one once, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from bybit_async.models.trade import Execution


class Executions:
    """The last `keep` executions, in the order they became known.

    Ids are remembered ten times as long. An execution older than every remembered one counts as seen: executions come
    in the order of time, apart from the few that are repeated after a reconnect.

    Attributes:
        repeats: executions that came again.
        last_time: time of the newest execution, in milliseconds; 0 before the first.
    """

    def __init__(self, *, keep: int = 5000) -> None:
        self._kept: deque[Execution] = deque(maxlen=keep)
        self._seen: dict[tuple[str, str], int] = {}
        self._most_ids = keep * 10
        self._horizon = -1
        self.repeats: int = 0
        self.last_time: int = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Execution]:
        return iter(self._kept)

    def of(self, *, order_id: str) -> list[Execution]:
        """Return the kept executions of one order."""
        return [execution for execution in self._kept if execution.order_id == order_id]

    def apply(self, executions: Iterable[Execution]) -> list[Execution]:
        """Take executions, oldest first, and return those that were not known yet."""
        return [execution for execution in executions if self._take(execution)]

    def _take(self, execution: Execution) -> bool:
        # Both sides of a trade with oneself have the same execution id.
        identity = (execution.exec_id, execution.order_id)
        if identity in self._seen or execution.exec_time <= self._horizon:
            self.repeats += 1
            return False
        self._seen[identity] = execution.exec_time
        self._kept.append(execution)
        self.last_time = max(self.last_time, execution.exec_time)
        if len(self._seen) > self._most_ids:
            oldest = next(iter(self._seen))
            self._horizon = max(self._horizon, self._seen.pop(oldest))
        return True
