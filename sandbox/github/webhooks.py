"""Tells webhooks what happened."""

from __future__ import annotations

import threading

from sandbox.github.edits import News
from sandbox.github.render_issues import IssueRender


class Webhooks:
    """Takes news."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock

    def take(self, news: News, render: IssueRender) -> None:
        """Take news."""
