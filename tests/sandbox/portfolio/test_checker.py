"""Each rule of the checker, broken once, contradicts what was planted: the tricks tell right from wrong."""

from collections.abc import Callable
from datetime import date

import pytest

from sandbox.portfolio import checker as rules
from sandbox.portfolio.checker import Checker, differences
from sandbox.portfolio.generate import generate
from sandbox.portfolio.model import TOOLS, Form, Issue, ItemState, Kind, Portfolio
from sandbox.portfolio.sites import SITES

TODAY = date(2026, 11, 24)


def category(issue: Issue) -> str:
    return SITES[issue.project.site].statuses[issue.status]


def nothing_done(text: str | None) -> bool:
    return (text or "").lower() in rules.NOTHING_DONE


def resolvable_now(self: Checker) -> set[tuple[str, str]]:
    current = [(each, self.current(each)) for each in self.truth.engagements]
    return {(each.key, item.key) for each, baseline in current if baseline for item in baseline.items}


class OnlyCurrentResolves(Checker):
    def own_claims(self, issue):
        return super().own_claims(issue) & resolvable_now(self)


class EverythingResolves(Checker):
    def own_claims(self, issue):
        bare = {text for text in self.texts(issue) if "/" not in text}
        return super().own_claims(issue) | {(self.owner(issue).key, key) for key in bare}


class FifteenCharactersUnknown(Checker):
    def own_claims(self, issue):
        urls = issue.urls
        issue.urls = [each for each in urls if not each.form.value.endswith("15")]
        try:
            return super().own_claims(issue)
        finally:
            issue.urls = urls


class NoUrls(Checker):
    def own_claims(self, issue):
        urls, issue.urls = issue.urls, []
        try:
            return super().own_claims(issue)
        finally:
            issue.urls = urls


class InheritedAdds(Checker):
    def own_claims(self, issue):
        found = super().own_claims(issue)
        for above in self.ancestors(issue):
            found |= super().own_claims(above)
        return found


class CurrentIsLatestSigned(Checker):
    def current(self, engagement):
        signed = [each for each in engagement.baselines if each.signed_on and each.signed_on <= self.today]
        return max(signed, key=lambda each: each.signed_on, default=None)


class CurrentIsHighest(Checker):
    def current(self, engagement):
        return max(engagement.baselines, key=lambda each: each.version)


class CurrentMayLieAhead(Checker):
    def current(self, engagement):
        signed = [each for each in engagement.baselines if each.signed_on]
        return max(signed, key=lambda each: each.version, default=None)


class UndatedNeverLate(Checker):
    def late(self):
        for finding, severity in super().late():
            each = next(d for e in self.truth.engagements for d in e.deliverables if d.subject == finding[2])
            if each.promised or self.tracked(each) or self.released(each):
                yield finding, severity


class BillableInherited(Checker):
    def orphans(self):
        by_subject = {issue.subject: issue for issue in self.issues}
        for finding, severity in super().orphans():
            if all(above.billable != "No" for above in self.ancestors(by_subject[finding[2]])):
                yield finding, severity


class ClaimsCountUpwards(Checker):
    def claims(self, issue):
        below = {claim for each in self.issues if each.parent is issue for claim in self.own_claims(each)}
        return super().claims(issue) or below


def broken(**methods: Callable[..., object]) -> type[Checker]:
    return type("Broken", (Checker,), methods)


def texts_without_labels(self, issue):
    return [text.strip().upper() for text in (issue.scope_field or "").split(",") if text.strip()]


def texts_without_field(self, issue):
    return [label[6:].upper() for label in issue.labels if label.startswith("scope:")]


def texts_with_bare_labels(self, issue):
    return [*texts_without_labels(self, issue), *(label.removeprefix("scope:").upper() for label in issue.labels)]


def texts_in_prose(self, issue):
    words = f"{issue.summary} {issue.text}".replace(",", " ").split()
    return [*Checker.texts(self, issue), *(word for word in words if word.startswith("SI-"))]


def case_matters(self, issue):
    return [text if text == text.upper() else f"?{text}" for text in raw_texts(issue)]


def raw_texts(issue):
    written = [part.strip() for part in (issue.scope_field or "").split(",")]
    written += [label[6:] for label in issue.labels if label.startswith("scope:")]
    return [text for text in written if text]


def field_is_one_key(self, issue):
    return [text.strip().upper() for text in [issue.scope_field or "", *texts_without_field(self, issue)] if text]


def unqualified_text(self, issue):
    return [text.rpartition("/")[2] for text in Checker.texts(self, issue)]


def named_by_itself(self, issue):
    found = [owner for owner in issue.project.owners if owner.key == issue.engagement_field]
    return found[0] if found else None


def covers_if(test: Callable[[Issue], bool]) -> Callable[[Checker, Issue], bool]:
    return lambda self, issue: Checker.covers(self, issue) and test(issue)


def effective_of(*order: str) -> Callable[..., date]:
    def effective(self, deliverable):
        known = {
            "tracked": self.tracked(deliverable),
            "released": self.released(deliverable),
            "promised": deliverable.promised,
        }
        return max(next((known[name] for name in order if known[name]), self.today), self.today)

    return effective


def effective_in_the_past(self, deliverable):
    return self.tracked(deliverable) or self.released(deliverable) or deliverable.promised or self.today


def tracked_raw(self, deliverable):
    return deliverable.issue.due if deliverable.issue and self.visible(deliverable.issue) else None


def tracked_unseen(self, deliverable):
    return deliverable.issue.due if deliverable.issue and not self.dropped(deliverable.issue) else None


def tracked_while_open(self, deliverable):
    found = Checker.tracked(self, deliverable)
    return found if found and category(deliverable.issue) != "done" else None


def all_deliverables(self):
    return [(engagement, each) for engagement in self.active() for each in engagement.deliverables]


def theirs_only(self):
    return [pair for pair in Checker.open_deliverables(self) if pair[1].owed_by != "Us"]


def linked_also_within(self):
    found = {}
    for issue in self.issues:
        for target in [each for mention in issue.mentions for each in self.referred(mention)]:
            found.setdefault(issue, []).append(target)
            found.setdefault(target, []).append(issue)
    return found


def linked_one_way(self):
    found = {}
    for issue in self.issues:
        for target in [each for mention in issue.mentions for each in self.referred(mention)]:
            if target.project.site != issue.project.site:
                found.setdefault(issue, []).append(target)
    return found


def linked_by_forms(*forms: Form) -> Callable[..., object]:
    """Leave out what is named in these forms."""

    def referred(self, mention):
        return [] if mention.form in forms else Checker.referred(self, mention)

    return referred


def any_form_refers(self, mention):
    return [mention.target] if self.visible(mention.target) else []


def takes_part_if(test: Callable[[Checker, Issue], bool]) -> Callable[[Checker, Issue], bool]:
    return lambda self, issue: Checker.takes_part(self, issue) and test(self, issue)


def restricted_takes_part(self, issue):
    return issue.kind not in (Kind.ANCHOR, Kind.RISK) and not self.dropped(issue)


def anchors_take_part(self, issue):
    return issue.security is None and not self.dropped(issue)


def dropped_takes_part(self, issue):
    return issue.security is None and issue.kind not in (Kind.ANCHOR, Kind.RISK)


class FirstOnly(Checker):
    def belongs(self, issue):
        return {min(super().belongs(issue))}


class DropsByStatusAlone(Checker):
    def dropped(self, issue):
        return issue.resolution != "Duplicate" and super().dropped(issue)


def tags_spelled_as_labels(self, issue):
    return [label[6:].upper() for label in issue.labels if label.startswith("scope:")]


BROKEN_ELSEWHERE: dict[str, type[Checker]] = {
    "links within one tool count": broken(links=linked_also_within),
    "only who names is linked": broken(links=linked_one_way),
    "any form refers": broken(referred=any_form_refers),
    "titles are not read": broken(referred=linked_by_forms(Form.KEY_IN_TITLE)),
    "texts are not read": broken(referred=linked_by_forms(Form.KEY_IN_TEXT)),
    "URLs are not read": broken(referred=linked_by_forms(Form.URL)),
    "URLs of bugs are not read": broken(referred=linked_by_forms(Form.BUG_URL)),
    "watches are not read": broken(referred=linked_by_forms(Form.WATCH)),
    "whiteboards are not read": broken(referred=linked_by_forms(Form.WHITEBOARD_KEY)),
    "restricted records take part": broken(takes_part=restricted_takes_part),
    "anchors and risks take part": broken(takes_part=anchors_take_part),
    "dropped records take part": broken(takes_part=dropped_takes_part),
    "changes take no part": broken(takes_part=takes_part_if(lambda _self, issue: issue.kind is not Kind.CHANGE)),
    "deliverables take no part": broken(
        takes_part=takes_part_if(lambda _self, issue: issue.kind is not Kind.DELIVERABLE)
    ),
    "epics take no part": broken(takes_part=takes_part_if(lambda _self, issue: issue.kind is not Kind.EPIC)),
    "unbillable work takes no part": broken(takes_part=takes_part_if(lambda self, issue: self.billable(issue))),
    "a record belongs to one engagement": FirstOnly,
    "duplicates are live": DropsByStatusAlone,
    "tags are no claims": broken(texts=tags_spelled_as_labels),
    "nothing contradicts": broken(contradictions=lambda _self: iter(())),
    "no milestone closes early": broken(closed_early=lambda _self: iter(())),
    "the engagement's label is not read": broken(engagement_said=lambda _self, issue: issue.engagement_field),
    "billing is a field alone": broken(billable=lambda _self, issue: issue.billable != "No"),
    "changes are work": broken(covers=lambda self, issue: issue.kind is Kind.CHANGE or Checker.covers(self, issue)),
}

BROKEN: dict[str, type[Checker]] = {
    "dropped work is live": broken(dropped=lambda _self, _issue: False),
    "only the resolution drops": broken(
        dropped=lambda _self, issue: category(issue) == "done" and nothing_done(issue.resolution)
    ),
    "only the status drops": broken(dropped=lambda _self, issue: nothing_done(issue.status)),
    "a left-over resolution drops": broken(
        dropped=lambda _self, issue: nothing_done(issue.status) or nothing_done(issue.resolution)
    ),
    "done work is dropped": broken(dropped=lambda _self, issue: category(issue) == "done"),
    "nothing is inherited": broken(ancestors=lambda _self, _issue: iter(())),
    "only parents count": broken(ancestors=lambda _self, issue: iter([issue.parent] if issue.parent else [])),
    "hidden issues are seen": broken(visible=lambda _self, issue: issue.project.reading.value == "readable"),
    "restricted issues are not seen": broken(visible=lambda _self, issue: issue.security is None),
    "labels are no claims": broken(texts=texts_without_labels),
    "the field is no claim": broken(texts=texts_without_field),
    "any label is a claim": broken(texts=texts_with_bare_labels),
    "prose is a claim": broken(texts=texts_in_prose),
    "case matters": broken(texts=case_matters),
    "the field holds one key": broken(texts=field_is_one_key),
    "qualifiers are ignored": broken(texts=unqualified_text),
    "URLs are no claims": NoUrls,
    "ids of 15 characters are unknown": FifteenCharactersUnknown,
    "only current items resolve": OnlyCurrentResolves,
    "any key resolves": EverythingResolves,
    "own claims add to inherited ones": InheritedAdds,
    "claims count upwards": ClaimsCountUpwards,
    "own claims of ancestors are not followed": broken(claims=lambda self, issue: self.own_claims(issue)),
    "the Engagement field is not inherited": broken(named=named_by_itself),
    "the Engagement field is ignored": broken(named=lambda _self, _issue: None),
    "unqualified means the first": broken(meant=lambda _self, issue, _qualified: {issue.project.owners[0].key}),
    "unqualified means all": broken(meant=lambda _self, issue, _qualified: {each.key for each in issue.project.owners}),
    "epics do not cover": broken(covers=covers_if(lambda issue: issue.kind is not Kind.EPIC)),
    "sub-tasks do not cover": broken(covers=covers_if(lambda issue: issue.kind is not Kind.SUB_TASK)),
    "bugs do not cover": broken(covers=covers_if(lambda issue: issue.kind is not Kind.BUG)),
    "unknown types do not cover": broken(covers=covers_if(lambda issue: issue.kind is not Kind.SPIKE)),
    "done work does not cover": broken(covers=covers_if(lambda issue: category(issue) != "done")),
    "unbilled work does not cover": broken(covers=covers_if(lambda issue: issue.billable != "No")),
    "marked work does not cover": broken(covers=covers_if(lambda issue: "out-of-contract" not in issue.labels)),
    "deliverables cover": broken(
        covers=lambda self, issue: issue.kind not in (Kind.ANCHOR, Kind.RISK) and not self.dropped(issue)
    ),
    "risks cover": broken(
        covers=lambda self, issue: issue.kind not in (Kind.ANCHOR, Kind.DELIVERABLE) and not self.dropped(issue)
    ),
    "silent places do not cover": broken(covers=covers_if(lambda issue: not issue.project.silent)),
    "the latest signed baseline is current": CurrentIsLatestSigned,
    "the highest baseline is current": CurrentIsHighest,
    "a baseline ahead is current": CurrentMayLieAhead,
    "stale sources are ignored": broken(is_stale=lambda _self, _engagement: False),
    "engagements at rest are reconciled": broken(active=lambda self: self.truth.engagements),
    "marks are not inherited": broken(out_of_contract=lambda _self, issue: "out-of-contract" in issue.labels),
    "marks are ignored": broken(out_of_contract=lambda _self, _issue: False),
    "similar labels mark": broken(
        out_of_contract=lambda self, issue: any(
            label.startswith("out-of-contract") for each in (issue, *self.ancestors(issue)) for label in each.labels
        )
    ),
    "billing is inherited": BillableInherited,
    "orphans belong to the first": broken(owner=lambda _self, issue: issue.project.owners[0]),
    "orphans belong to the last": broken(owner=lambda _self, issue: issue.project.owners[-1]),
    "calendar days are counted": broken(working_days=lambda _self, a, z: (z - a).days),
    "the first day counts too": broken(working_days=lambda self, a, z: Checker.working_days(self, a, z) + 1),
    "the promise goes first": broken(effective=effective_of("promised", "tracked", "released")),
    "the version goes first": broken(effective=effective_of("released", "tracked", "promised")),
    "versions are not looked at": broken(released=lambda _self, _deliverable: None),
    "tracking is not looked at": broken(tracked=lambda _self, _deliverable: None),
    "past dates count as past": broken(effective=effective_in_the_past),
    "undated is never late": UndatedNeverLate,
    "dropped tracking counts": broken(tracked=tracked_raw),
    "unseen tracking counts": broken(tracked=tracked_unseen),
    "done tracking does not count": broken(tracked=tracked_while_open),
    "delivered and cancelled count": broken(open_deliverables=all_deliverables),
    "what we owe does not count": broken(open_deliverables=theirs_only),
    "no item is uncovered": broken(uncovered=lambda _self: iter(())),
    "nothing is an orphan": broken(orphans=lambda _self: iter(())),
    "nothing is claimed twice": broken(twice=lambda _self: iter(())),
    "no dates disagree": broken(disagreeing=lambda _self: iter(())),
    "nothing is late": broken(late=lambda _self: iter(())),
    "nothing is stale": broken(stale=lambda _self: iter(())),
}


@pytest.fixture(scope="module", params=[1, 2, 3])
def truth(request: pytest.FixtureRequest) -> Portfolio:
    return generate(seed=request.param, today=TODAY)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_contradicts_the_truth(truth, name):
    assert differences(truth, BROKEN[name](truth))


@pytest.fixture(scope="module", params=[1, 2])
def four(request: pytest.FixtureRequest) -> Portfolio:
    return generate(seed=request.param, today=TODAY, tools=TOOLS)


@pytest.mark.parametrize("name", BROKEN_ELSEWHERE)
def test_a_rule_broken_over_four_tools_contradicts_the_truth(four, name):
    assert differences(four, BROKEN_ELSEWHERE[name](four))


@pytest.mark.parametrize("version", ["released", "archived", "past"])
def test_milestones_are_told_by_their_release_alone(four, version):
    checker = Checker(four)
    kept = {each: each.released for place in four.projects for each in place.versions}
    for place in four.projects:
        for each in place.versions:
            past = each.release is not None and each.release < TODAY
            each.released = {"released": not each.released, "archived": each.archived, "past": past}[version]
    try:
        assert differences(four, checker)
    finally:
        for key, value in kept.items():
            key.released = value


def test_the_whole_rules_agree_with_the_truth(truth):
    assert differences(truth, Checker(truth)) == []


@pytest.mark.parametrize("state", [ItemState.DEFERRED, ItemState.CANCELLED])
def test_items_that_are_not_active_would_be_uncovered_if_they_were(state):
    found = []
    for seed in range(1, 6):
        truth = generate(seed=seed, today=TODAY)
        checker = Checker(truth)
        for engagement in checker.active():
            baseline = checker.current(engagement)
            for item in baseline.items if baseline else ():
                if item.state is state:
                    item.state = ItemState.ACTIVE
        found.append(differences(truth, checker))
    assert all(found)


@pytest.mark.parametrize("tolerance", [4, 6])
def test_another_tolerance_contradicts_the_truth(truth, tolerance, monkeypatch):
    monkeypatch.setattr(rules, "TOLERANCE_WORKING_DAYS", tolerance)
    assert differences(truth, Checker(truth))


@pytest.mark.parametrize("limit", [19, 21])
def test_another_limit_changes_a_severity(truth, limit, monkeypatch):
    before = Checker(truth).findings()
    monkeypatch.setattr(rules, "CRITICAL_WORKING_DAYS", limit)
    assert Checker(truth).findings() != before
