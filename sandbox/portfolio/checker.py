"""Recomputes every finding from the truth's raw texts and dates, and compares with what was planted.

Nothing here knows what was planted where, or shares a line with the planting: claims are read back from fields, labels
and URLs, dates are counted day by day. Each rule is a method of its own, so that a test may break one and see the
comparison fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sandbox.portfolio.model import (
    GITHUB,
    LAUNCHPAD,
    NO_REFERENCE,
    Baseline,
    Deliverable,
    Engagement,
    Form,
    Issue,
    ItemState,
    Kind,
    Mention,
    Portfolio,
    Reading,
    Security,
    Stage,
    subject_of,
)
from sandbox.portfolio.sites import PLACES

Claim = tuple[str, str]
"""Engagement key and item key, upper case."""

Finding = tuple[str, str, str]
"""Engagement key, kind, subject."""

NOTHING_DONE = frozenset(
    {
        "won't do",
        "won't fix",
        "duplicate",
        "declined",
        "cancelled",
        "cannot reproduce",
        "invalid",
        "rejected",
        "obsolete",
        "opinion",
        "expired",
        "not_planned",
        "closed unmerged",
    }
)
SAID = NOTHING_DONE | {"done", "fixed"}
"""Resolutions of Jira that say whether anything was done."""

NO_WORK = frozenset({Kind.ANCHOR, Kind.RISK, Kind.DELIVERABLE, Kind.CHANGE})
TOLERANCE_WORKING_DAYS = 5
URGENT_DAYS = 30
CRITICAL_WORKING_DAYS = 20


class Checker:
    """The rules of docs/findings.md over one truth."""

    def __init__(self, truth: Portfolio) -> None:
        self.truth = truth
        self.today = truth.today
        self.engagements = {each.key: each for each in truth.engagements}
        self.resolvable: set[Claim] = set()
        self.records: dict[str, Claim] = {}
        for engagement in truth.engagements:
            for baseline in engagement.baselines:
                for item in baseline.items:
                    claim = (engagement.key.upper(), item.key.upper())
                    self.resolvable.add(claim)
                    self.records[item.id[:15]] = claim
        self.issues = [
            issue for project in truth.projects if project.reading is Reading.READABLE for issue in project.issues
        ]
        self.issues = [issue for issue in self.issues if self.visible(issue)]
        self._covered = {claim for issue in self.issues if self.covers(issue) for claim in self.claims(issue)}

    # ── issues ──

    def visible(self, issue: Issue) -> bool:
        """Whether the syncing account sees the issue."""
        return issue.security is not Security.HIDDEN and issue.project.reading is Reading.READABLE

    def category(self, issue: Issue) -> str:
        """Return what the issue's status means: `new`, `indeterminate` or `done`."""
        return PLACES[issue.project.site].statuses[issue.status]

    def dropped(self, issue: Issue) -> bool:
        """Whether the issue was closed with nothing done."""
        if issue.project.site == LAUNCHPAD and issue.resolution == "Duplicate":
            return True
        if self.category(issue) != "done":
            return False
        return issue.status.lower() in NOTHING_DONE or (issue.resolution or "").lower() in NOTHING_DONE

    def covers(self, issue: Issue) -> bool:
        """Whether the issue counts as live work for its claims."""
        return issue.kind not in NO_WORK and not self.dropped(issue)

    def ancestors(self, issue: Issue) -> Iterator[Issue]:
        """Yield parent, grandparent and so on, as far as they are seen."""
        above = issue.parent
        while above is not None and self.visible(above):
            yield above
            above = above.parent

    # ── claims ──

    def engagement_said(self, issue: Issue) -> str | None:
        """Return whose the issue says it is, in its field, label or tag."""
        if issue.project.site not in (GITHUB, LAUNCHPAD):
            return issue.engagement_field
        mark = "engagement:" if issue.project.site == GITHUB else "engagement-"
        return next((label[len(mark) :] for label in issue.labels if label.startswith(mark)), None)

    def named(self, issue: Issue) -> Engagement | None:
        """Return the engagement of the place that the issue's or its nearest ancestor's Engagement field names."""
        for each in (issue, *self.ancestors(issue)):
            if said := self.engagement_said(each):
                found = [owner for owner in issue.project.owners if owner.key.upper() == said.upper()]
                return found[0] if found else None
        return None

    def texts(self, issue: Issue) -> list[str]:
        """Return every claim as it is written in the field and the labels."""
        mark = "scope-" if issue.project.site == LAUNCHPAD else "scope:"
        written = [label[len(mark) :] for label in issue.labels if label.lower().startswith(mark)]
        if issue.project.site not in (GITHUB, LAUNCHPAD):
            written += [part.strip() for part in (issue.scope_field or "").split(",")]
        return [text.upper() for text in written if text]

    def own_claims(self, issue: Issue) -> set[Claim]:
        """Return the issue's own claims that resolve."""
        qualified = {(a, z) for a, slash, z in (text.partition("/") for text in self.texts(issue)) if slash}
        qualified |= {self.records[url.target[:15]] for url in issue.urls if url.target[:15] in self.records}
        qualified &= self.resolvable
        bare = {text for text in self.texts(issue) if "/" not in text}
        meant = {(owner, key) for owner in self.meant(issue, qualified) for key in bare}
        return qualified | (meant & self.resolvable)

    def meant(self, issue: Issue, qualified: set[Claim]) -> set[str]:
        """Return the engagements that an unqualified claim of the issue is on."""
        owners = issue.project.owners
        if len(owners) == 1:
            return {owners[0].key}
        named = self.named(issue)
        if named is not None:
            return {named.key}
        return {each.key for each in owners} & {owner for owner, _ in qualified} or {min(each.key for each in owners)}

    def claims(self, issue: Issue) -> set[Claim]:
        """Return the issue's claims, its own or else its nearest ancestor's."""
        for each in (issue, *self.ancestors(issue)):
            if own := self.own_claims(each):
                return own
        return set()

    # ── scope ──

    def active(self) -> list[Engagement]:
        """Return the engagements that are reconciled."""
        return [each for each in self.truth.engagements if each.stage is Stage.ACTIVE]

    def current(self, engagement: Engagement) -> Baseline | None:
        """Return the baseline in force."""
        signed = [each for each in engagement.baselines if each.signed_on and each.signed_on <= self.today]
        return max(signed, key=lambda each: each.version, default=None)

    def is_stale(self, engagement: Engagement) -> bool:
        """Whether a place of the engagement cannot be read."""
        return any(each.reading is not Reading.READABLE for each in engagement.places)

    def uncovered(self) -> Iterator[tuple[Finding, str]]:
        """Yield scope.uncovered."""
        for engagement in self.active():
            baseline = self.current(engagement)
            if baseline is None or self.is_stale(engagement):
                continue
            for item in baseline.items:
                if item.state is ItemState.ACTIVE and (engagement.key, item.key) not in self._covered:
                    urgent = item.due <= self.today + timedelta(days=URGENT_DAYS)
                    yield (engagement.key, "scope.uncovered", subject_of(item)), "high" if urgent else "medium"

    def owner(self, issue: Issue) -> Engagement:
        """Return the engagement that an issue without a claim belongs to."""
        return self.named(issue) or min(issue.project.owners, key=lambda each: each.key)

    def out_of_contract(self, issue: Issue) -> bool:
        """Whether the issue or an ancestor is marked."""
        return any("out-of-contract" in each.labels for each in (issue, *self.ancestors(issue)))

    def billable(self, issue: Issue) -> bool:
        """Whether the issue is not said to be unbillable."""
        if issue.project.site in (GITHUB, LAUNCHPAD):
            return "non-billable" not in issue.labels
        return issue.billable != "No"

    def orphans(self) -> Iterator[tuple[Finding, str]]:
        """Yield scope.orphan_work."""
        for issue in self.issues:
            if issue.kind in NO_WORK or issue.kind in (Kind.EPIC, Kind.SUB_TASK) or self.dropped(issue):
                continue
            if not self.billable(issue) or self.out_of_contract(issue) or self.claims(issue):
                continue
            if self.owner(issue).stage is Stage.ACTIVE:
                yield (self.owner(issue).key, "scope.orphan_work", issue.subject), "medium"

    def twice(self) -> Iterator[tuple[Finding, str]]:
        """Yield scope.claimed_twice."""
        active = {each.key for each in self.active()}
        for issue in self.issues:
            claims = self.own_claims(issue)
            if issue.kind in NO_WORK or self.dropped(issue) or len(claims) <= 1:
                continue
            for owner in sorted({owner for owner, _ in claims} & active):
                yield (owner, "scope.claimed_twice", issue.subject), "medium"

    # ── dates ──

    def working_days(self, earlier: date, later: date) -> int:
        """Count the days after `earlier`, up to and with `later`, that are Monday to Friday."""
        days = (earlier + timedelta(days=n) for n in range(1, (later - earlier).days + 1))
        return sum(day.strftime("%a") not in ("Sat", "Sun") for day in days)

    def tracked(self, deliverable: Deliverable) -> date | None:
        """Return the due date of the tracking issue, when it counts."""
        issue = deliverable.issue
        if issue is None or not self.visible(issue) or self.dropped(issue):
            return None
        return issue.due

    def released(self, deliverable: Deliverable) -> date | None:
        """Return the release date of the version that carries it, when it is seen."""
        version = deliverable.version
        return version.release if version and version.project.reading is Reading.READABLE else None

    def disagreeing(self) -> Iterator[tuple[Finding, str]]:
        """Yield deliverable.dates_disagree."""
        for engagement, each in self.open_deliverables():
            known = [day for day in (each.promised, self.tracked(each), self.released(each)) if day]
            if len(known) > 1 and self.working_days(min(known), max(known)) > TOLERANCE_WORKING_DAYS:
                yield (engagement.key, "deliverable.dates_disagree", each.subject), "medium"

    def effective(self, deliverable: Deliverable) -> date:
        """Return the date that counts: the first that exists, and never before today."""
        first = self.tracked(deliverable) or self.released(deliverable) or deliverable.promised or self.today
        return max(first, self.today)

    def late(self) -> Iterator[tuple[Finding, str]]:
        """Yield deliverable.late."""
        for engagement, each in self.open_deliverables():
            effective = self.effective(each)
            if each.needed is not None and effective > each.needed:
                very = self.working_days(each.needed, effective) > CRITICAL_WORKING_DAYS
                yield (engagement.key, "deliverable.late", each.subject), "critical" if very else "high"

    def open_deliverables(self) -> Iterator[tuple[Engagement, Deliverable]]:
        """Yield what active engagements are still owed."""
        for engagement in self.active():
            for each in engagement.deliverables:
                if each.state == "Open":
                    yield engagement, each

    # ── links and milestones ──

    def belongs(self, issue: Issue) -> set[str]:
        """Return the keys of the engagements that the issue belongs to."""
        found = {owner for owner, _ in self.claims(issue)}
        owners = issue.project.owners
        if len(owners) == 1:
            return found | {owners[0].key}
        named = self.named(issue)
        return found | ({named.key} if named else set()) or {min(each.key for each in owners)}

    def referred(self, mention: Mention) -> list[Issue]:
        """Return what a mention means: a bug said by its number alone means all its tasks."""
        target = mention.target
        if mention.form in NO_REFERENCE:
            return []
        if target.project.site == LAUNCHPAD and mention.form not in (Form.URL, Form.WHITEBOARD_URL):
            root = target.twin or target
            return [each for each in self.issues if each is root or each.twin is root]
        return [target] if self.visible(target) else []

    def links(self) -> dict[Issue, list[Issue]]:
        """Return what each issue is linked to, on another connection, whichever names the other."""
        found: dict[Issue, list[Issue]] = {}
        for issue in self.issues:
            for target in [each for mention in issue.mentions for each in self.referred(mention)]:
                if target.project.site != issue.project.site:
                    found.setdefault(issue, []).append(target)
                    found.setdefault(target, []).append(issue)
        return found

    def takes_part(self, issue: Issue) -> bool:
        """Whether the issue can contradict another at all."""
        return issue.security is None and issue.kind not in (Kind.ANCHOR, Kind.RISK) and not self.dropped(issue)

    def contradictions(self) -> Iterator[tuple[Finding, str]]:
        """Yield work.contradiction."""
        active = {each.key for each in self.active()}
        for issue, linked in self.links().items():
            if not self.takes_part(issue) or self.category(issue) == "done":
                continue
            done = [each for each in linked if self.takes_part(each) and self.category(each) == "done"]
            if any(each.kind is not Kind.CHANGE for each in done):
                for owner in sorted(self.belongs(issue) & active):
                    yield (owner, "work.contradiction", issue.subject), "medium"

    def closed_early(self) -> Iterator[tuple[Finding, str]]:
        """Yield milestone.closed_with_open_work."""
        active = {each.key for each in self.active()}
        for issue in self.issues:
            if issue.kind in (Kind.ANCHOR, Kind.RISK, Kind.CHANGE) or self.dropped(issue):
                continue
            for version in issue.versions if self.category(issue) != "done" else ():
                for owner in sorted(self.belongs(issue) & active) if version.released else ():
                    yield (owner, "milestone.closed_with_open_work", version.subject), "medium"

    # ── what is not understood ──

    def odd(self, issue: Issue) -> bool:
        """Whether a value of the issue has no meaning that is agreed on."""
        labels = [each for each in issue.labels if each.lower().startswith("scope:") and each.count("/") > 1]
        if issue.project.site in (GITHUB, LAUNCHPAD):
            return bool(labels)
        told = issue.status.lower() in NOTHING_DONE or (issue.resolution or "done").lower() in SAID
        unclear = self.category(issue) == "done" and not told
        return bool(labels) or unclear or issue.billable not in ("Yes", "No", None)

    def unmapped(self) -> Iterator[tuple[Finding, str]]:
        """Yield data.unmapped_value."""
        active = {each.key for each in self.active()}
        for issue in self.issues:
            for owner in sorted(self.belongs(issue) & active) if self.odd(issue) else ():
                yield (owner, "data.unmapped_value", issue.subject), "medium"

    def stale(self) -> Iterator[tuple[Finding, str]]:
        """Yield source.stale."""
        for engagement in self.active():
            for place in engagement.places:
                if place.reading is not Reading.READABLE:
                    yield (engagement.key, "source.stale", place.subject), "high"

    def findings(self) -> dict[Finding, str]:
        """Return every finding with its severity."""
        scope = (self.uncovered, self.orphans, self.twice)
        rules = (*scope, self.disagreeing, self.late, self.stale, self.contradictions, self.closed_early, self.unmapped)
        return {finding: severity for rule in rules for finding, severity in rule()}


def differences(truth: Portfolio, checker: Checker) -> list[str]:
    """Return in words where the planted findings and the recomputed ones differ, or near misses are findings."""
    planted = [(each.engagement.key, each.kind, subject_of(each.about)) for each in truth.findings]
    names = {key: note.variant for key, note in zip(planted, truth.findings, strict=True)}
    found = checker.findings()
    told = [f"planted twice: {key} {names[key]}" for key in sorted(set(planted)) if planted.count(key) > 1]
    told += [f"planted, not found: {key} {names[key]}" for key in sorted(set(planted) - found.keys())]
    told += [f"found, not planted: {key}" for key in sorted(found.keys() - set(planted))]
    for near in truth.near_misses:
        key = (near.engagement.key, near.kind, subject_of(near.about))
        if key in found or key in planted:
            told.append(f"near miss that is a finding: {key} {near.variant}")
    return told


def check(truth: Portfolio, checker: Checker) -> None:
    """Raise when what was planted is not what the rules say.

    Raises:
        AssertionError: with every difference.
    """
    told = differences(truth, checker)
    if told:
        raise AssertionError("the truth contradicts its own rules:\n" + "\n".join(told))
