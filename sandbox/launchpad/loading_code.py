"""Builds git repositories, merge proposals and their webhooks from the state document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.launchpad.code import GitRef, GitRepository, GitSubscription
from sandbox.launchpad.loading_hooks import HookLoader
from sandbox.launchpad.reading import Reader
from sandbox.launchpad.reviews import BranchMergeProposal, CodeReviewComment, CodeReviewVote
from sandbox.launchpad.store import Store

Row = Mapping[str, Any]
_PROPOSAL = "id source target source_repository prerequisite prerequisite_repository bugs votes comments"


class CodeLoader:
    """Loads code; `reader` gathers what is wrong."""

    def __init__(self, reader: Reader, created: datetime) -> None:
        self.reader = reader
        self.store: Store = reader.store
        self.created = created
        self.hooks = HookLoader(reader, created)

    def load(self, document: Row) -> None:
        """Load; pillars and bugs are there already. Proposals come last: they may be from any repository."""
        found = [
            (self._repository(row, where), row, where) for where, row in self.reader.rows(document, "git_repositories")
        ]
        for made, row, where in found:
            if made is not None:
                self._proposals(made, row, where)

    def _repository(self, row: Row, where: str) -> GitRepository | None:
        reader = self.reader
        if not reader.needed(row, "owner name", where):
            return None
        values = reader.values(
            GitRepository, row, where, apart="id target default refs merge_proposals webhooks subscriptions"
        )
        target = self.store.target(row["target"]) if row.get("target") else None
        if row.get("target") and target is None:
            reader.wrong(f"{where}.target", f"no such target: {row['target']!r}")
        refs = row["refs"] if row.get("refs") is not None else {"main": "0" * 40}
        for name, commit in refs.items():
            if not isinstance(commit, str):
                reader.wrong(f"{where}.refs.{name}", f"expected a commit, found {commit!r}")
        common: dict[str, Any] = {
            "registrant": values.get("owner"),
            "date_created": self.created,
            "date_last_modified": self.created,
            "default_branch": "refs/heads/main" if "main" in refs else None,
            "target": target,
            "target_default": bool(row.get("default")),
            "webhooks": [],
        }
        made = GitRepository(self.store, id=reader.number("repository", row, where), **{**common, **values})
        made.__dict__["refs"] = [
            GitRef(self.store, repository=made, full_path=_full(name), commit_sha1=commit)
            for name, commit in refs.items()
        ]
        made.__dict__["subscriptions"] = [
            GitSubscription(self.store, repository=made, **reader.values(GitSubscription, one, place))
            for place, one in reader.rows(row, "subscriptions", where)
        ]
        self.hooks.load(made, row, where)
        self.store.repositories.append(made)
        return made

    def _proposals(self, own: GitRepository, row: Row, where: str) -> None:
        for place, one in self.reader.rows(row, "merge_proposals", where):
            if self.reader.needed(one, "id source target", place):
                self._proposal(own, one, place)

    def _proposal(self, target: GitRepository, row: Row, where: str) -> None:
        source = self._named(row, "source_repository", where) or target
        ends = [
            one.get_ref_by_path(path=row[key]) or self._ref(one, row[key])
            for one, key in ((source, "source"), (target, "target"))
        ]
        before = self._named(row, "prerequisite_repository", where) or target
        first = row.get("prerequisite") and _full(row["prerequisite"])
        values = self.reader.values(BranchMergeProposal, row, where, apart=_PROPOSAL)
        made = self.store.new_proposal(
            source=ends[0],
            target=ends[1],
            **{"registrant": source.owner, "date_created": self.created, "date_review_requested": None, **values},
            id=self.reader.number("proposal", row, where),
            prerequisite_git_repository=before if first else None,
            prerequisite_git_path=first or None,
        )
        made.__dict__["bugs"] = [bug for bug in (self.store.bug(str(one)) for one in row.get("bugs") or ()) if bug]
        made.__dict__["votes"] = [
            CodeReviewVote(
                self.store,
                branch_merge_proposal=made,
                number=self.reader.number("vote", one, place),
                **{
                    "registrant": made.registrant,
                    "date_created": made.date_created,
                    **self.reader.values(CodeReviewVote, one, place, apart="id"),
                },
            )
            for place, one in self.reader.rows(row, "votes", where)
        ]
        for place, one in self.reader.rows(row, "comments", where):
            self._comment(made, one, place)

    def _named(self, row: Row, key: str, where: str) -> GitRepository | None:
        """Find the repository that a key names, if it names one."""
        path = row.get(key)
        found = next((one for one in self.store.repositories if one.path == path), None)
        if path and found is None:
            self.reader.wrong(f"{where}.{key}", f"no such repository: {path!r}")
        return found

    def _ref(self, repository: GitRepository, name: str) -> GitRef:
        made = GitRef(self.store, repository=repository, full_path=_full(name), commit_sha1="0" * 40)
        repository.__dict__["refs"].append(made)
        return made

    def _comment(self, proposal: BranchMergeProposal, row: Row, where: str) -> None:
        values = self.reader.values(CodeReviewComment, row, where, apart="id visible counted")
        common = {
            "date_created": proposal.date_created,
            "title": "Re: [Merge]",
            "message_body": row.get("content") or "",
        }
        made = CodeReviewComment(
            self.store,
            **{**common, "owner": values.get("author"), **values},
            branch_merge_proposal=proposal,
            id=self.reader.number("review comment", row, where),
            visible=row.get("visible", True),
        )
        proposal.__dict__["all_comments"] = [*proposal.all_comments, made]
        if row.get("counted", made.vote is not None) and made.author is not None:
            proposal.vote_of(made.author, made.vote_tag).__dict__["comment"] = made


def _full(name: str) -> str:
    """Give the full name of a branch; `refs/tags/x` is one already."""
    return name if name.startswith("refs/") else f"refs/heads/{name}"
