"""How long a run goes on trying a tool that fails: a store of seconds that failures use up and answers give back."""

from __future__ import annotations

import threading

SHARE = 0.5
"""Of what is left, what one request may use: others of the same tool may fare better."""
_SPENT_S = 4.0  # a request's share of less does not reach for a second attempt, which waits up to two seconds


class Patience:
    """The seconds that may still be lost on one tool in this run. May be used by several threads.

    Lost are the attempts that failed and the waits before the next one, but no wait that the tool itself asked for.
    The time of a whole answer is given back, never beyond ``most_s``: so a tool that is down costs a run at most
    ``most_s``, and one that fails now and then at most ``most_s`` more than the time in which it answered.

    Args:
        most_s: Seconds that a run may lose in a row.
    """

    def __init__(self, most_s: float) -> None:
        self.most_s = most_s
        self._left_s = most_s
        self._silent = False
        self._lock = threading.Lock()

    @property
    def left_s(self) -> float:
        """Seconds that may still be lost."""
        with self._lock:
            return max(0.0, self._left_s)

    @property
    def is_over(self) -> bool:
        """Whether the tool is not to be asked any more: too little is left, and it gave no answer at all last time."""
        with self._lock:
            return self._silent and self._left_s < _SPENT_S

    def renew(self) -> None:
        """A new run begins: all seconds are there again."""
        with self._lock:
            self._left_s, self._silent = self.most_s, False

    def lost(self, seconds: float, *, silent: bool) -> None:
        """An attempt failed, or a wait before the next one was decided on. ``silent``: no whole answer came."""
        with self._lock:
            self._left_s -= seconds
            self._silent = silent

    def answered(self, seconds: float) -> None:
        """A whole answer came in ``seconds``."""
        with self._lock:
            self._left_s = min(self.most_s, self._left_s + seconds)
            self._silent = False
