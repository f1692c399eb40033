"""When to run next. Pure."""

from __future__ import annotations

import random

_JITTER = 0.1  # so that many installations do not ask one tool in the same second
_SELDOM_S = 3600.0  # after whatever number of failures it is tried at least once an hour
_MOST_DOUBLINGS = 20


def delay_s(interval_s: float, failures: int, chance: random.Random) -> float:
    """Seconds from the beginning of one run to the beginning of the next.

    Args:
        interval_s: The configured interval.
        failures: How many runs in a row have failed as a whole; each doubles the delay, up to an hour.
        chance: For the jitter of a tenth.
    """
    seldom = max(_SELDOM_S, interval_s)
    base = min(interval_s * 2.0 ** min(failures, _MOST_DOUBLINGS), seldom)
    return base * chance.uniform(1 - _JITTER, 1 + _JITTER)
