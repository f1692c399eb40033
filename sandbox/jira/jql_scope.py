"""What a query is compiled against: the state, who asks, and when."""

from dataclasses import dataclass

from sandbox.jira.access import Eyes
from sandbox.jira.jql_dates import Moment
from sandbox.jira.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a query is compiled against.

    Attributes:
        state: of the site.
        eyes: what the caller sees.
        moment: when, and in which zone.
        lenient: a caller without valid credentials: names that it cannot see match nothing instead of being refused.
        filters: ids of the saved queries that this one is part of, so that none can name itself.
    """

    state: State
    eyes: Eyes
    moment: Moment
    lenient: bool = False
    filters: frozenset[int] = frozenset()
