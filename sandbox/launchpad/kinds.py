"""Which class is which entry or top-level collection of the table."""

from sandbox.launchpad import (
    bug_parts,
    bugs,
    code,
    collections,
    distributions,
    people,
    pillars,
    specifications,
    targets,
    tasks,
    webhooks,
)
from sandbox.launchpad.record import Record

RECORDS: tuple[type[Record], ...] = (
    bugs.Bug,
    tasks.BugTask,
    bug_parts.Message,
    bug_parts.MessageRevision,
    bug_parts.BugActivity,
    bug_parts.BugTracker,
    bug_parts.BugWatch,
    bug_parts.BugAttachment,
    bug_parts.BugSubscription,
    bug_parts.BugNomination,
    bug_parts.Cve,
    people.Person,
    people.Team,
    people.TeamMembership,
    people.EmailAddress,
    pillars.Project,
    pillars.ProjectSeries,
    pillars.ProjectGroup,
    pillars.ProjectGroupMilestone,
    pillars.ProjectRelease,
    pillars.Milestone,
    distributions.Distribution,
    distributions.DistroSeries,
    distributions.DistributionSourcePackage,
    distributions.SourcePackage,
    targets.StructuralSubscription,
    specifications.Specification,
    code.GitRepository,
    code.GitRef,
    code.BranchMergeProposal,
    code.CodeReviewComment,
    code.CodeReviewVote,
    webhooks.Webhook,
    webhooks.WebhookDelivery,
)
"""The class of every entry that has one."""

COLLECTIONS: dict[str, type[collections.Collection]] = {
    "bugs": collections.Bugs,
    "bug_trackers": collections.BugTrackers,
    "cves": collections.Cves,
    "people": collections.People,
    "projects": collections.Projects,
    "project_groups": collections.ProjectGroups,
    "distributions": collections.Distributions,
    "specifications": collections.Specifications,
    "git_repositories": collections.GitRepositories,
}
"""Top-level collections, by the name that links have."""
