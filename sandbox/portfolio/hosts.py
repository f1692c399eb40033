"""Where the stand-ins are reached, as the addresses in the rendered records name them."""

from dataclasses import dataclass

from sandbox.portfolio.model import CLOUD, Issue, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """Base addresses without a trailing slash."""

    jira: str = "https://partner.example"
    jira_dc: str = "https://jira.partner.example"
    salesforce: str = "https://partner.my.salesforce.example"
    github: str = "https://github.example"
    launchpad: str = "https://api.launchpad.example"
    launchpad_web: str = "https://launchpad.example"

    def site(self, name: str) -> str:
        """Return the address of a Jira site."""
        return self.jira if name == CLOUD else self.jira_dc

    def issue(self, issue: Issue) -> str:
        """Return the page of an issue."""
        return f"{self.site(issue.project.site)}/browse/{issue.key}"

    def version(self, version: Version) -> str:
        """Return the page of a version."""
        return f"{self.site(version.project.site)}/projects/{version.project.key}/versions/{version.id}"
