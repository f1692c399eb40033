"""The truth as `truth.json` tells it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sandbox.portfolio.checker import Checker
from sandbox.portfolio.model import GITHUB, LAUNCHPAD, Planted, Portfolio, Reading, Security, subject_of
from sandbox.portfolio.words import CANARY

Row = dict[str, Any]

NOT_RECONCILED: frozenset[str] = frozenset()
"""Kinds that the rules know and this release does not raise: told as planted later."""


def truth_document(truth: Portfolio) -> Row:
    """Return what was planted, as JSON; see docs/sandbox/portfolio.md for how to read it."""
    severity = Checker(truth).findings()
    findings = _rows([each for each in truth.findings if each.kind not in NOT_RECONCILED])
    later = [*truth.later, *(each for each in truth.findings if each.kind in NOT_RECONCILED)]
    for row in findings:
        row["severity"] = severity[row["engagement"], row["kind"], row["subject"]]
    return {
        "format": 1,
        "seed": truth.seed,
        "scale": truth.scale,
        "today": truth.today.isoformat(),
        "tools": list(truth.tools),
        "findings": findings,
        "planted_later": _rows(later),
        "near_misses": _rows(truth.near_misses),
        "expected_status": truth.expected_status,
        "canaries": {
            "restricted": _canaries(truth, Security.SEEN),
            "invisible": _canaries(truth, Security.HIDDEN),
        },
        "people": [
            {
                "person": each.key,
                "name": each.name,
                "jira": each.cloud_id,
                "jira-dc": each.dc_login,
                **({GITHUB: each.github} if GITHUB in truth.tools else {}),
                **({LAUNCHPAD: each.launchpad} if LAUNCHPAD in truth.tools else {}),
                "email": each.email or None,
                "salesforce_email": each.salesforce_email if each.salesforce_number else None,
                "active": each.active,
            }
            for each in truth.people
        ],
    }


def _rows(notes: Sequence[Planted]) -> list[Row]:
    rows = [
        {
            "engagement": each.engagement.key,
            "kind": each.kind,
            "subject": subject_of(each.about),
            "variant": each.variant,
            "why": each.why,
        }
        for each in notes
    ]
    return sorted(rows, key=lambda row: (row["engagement"], row["kind"], row["subject"], row["variant"]))


def _canaries(truth: Portfolio, level: Security) -> list[str]:
    """Return the marks of restricted issues of a level; all issues of places that cannot be read count as invisible."""
    found = set()
    for project in truth.projects:
        for issue in project.issues:
            unread = project.reading is not Reading.READABLE
            if issue.security is not None and level is (Security.HIDDEN if unread else issue.security):
                found |= set(re.findall(rf"{CANARY}-\d+-\d+", f"{issue.summary} {issue.text}"))
    return sorted(found)
