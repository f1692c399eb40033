"""Which scope of an OAuth token a request needs on Cloud: the classic ones, as Atlassian's description names them."""

import re

READ, WRITE, PEOPLE = "read:jira-work", "write:jira-work", "read:jira-user"
PROJECT, CONFIGURATION, WEBHOOK = "manage:jira-project", "manage:jira-configuration", "manage:jira-webhook"
OFFLINE, ME = "offline_access", "read:me"
ALL = (READ, WRITE, PEOPLE, PROJECT, CONFIGURATION, WEBHOOK)

_READING_POSTS = re.compile(
    r"/(changelog/bulkfetch|comment/list|issue/bulkfetch|issue/watching|issue/<ref>/changelog/list|permissions/project"
    r"|jql/(autocompletedata|match|parse)|search|search/approximate-count|search/jql|worklog/list)"
)
_ADMINISTERED = (
    r"issuesecurityschemes|role|priority/search|permissions|application-properties|mypreferences|workflow"
    r"|configuration/timetracking|instance/license|notificationscheme|avatar/<kind>/system"
)
_RULES = tuple(
    (re.compile(methods), re.compile(path), scope)
    for methods, path, scope in (
        (".*", r"/(serverInfo|permissions/check|user/email)", ""),
        (".*", r"/webhook(/.*)?", WEBHOOK),
        (".*", r"/(configuration|myself|jql/pdcleaner|group/bulk|groups/picker)", PEOPLE),
        ("GET", r"/(user|users|group)(?!/member)(/.*)?", PEOPLE),
        (".*", r"/(group|user)(?!/properties)(/.*)?", CONFIGURATION),
        ("GET", r"/(issuesecurityschemes(/<int:scheme_id>)?|workflow/search|screens)", PROJECT),
        ("GET", rf"/({_ADMINISTERED})(/.*)?|/(statuses|securitylevel|field/<field_id>)(/.*)?", CONFIGURATION),
        ("PUT|DELETE", r"/mypreferences", CONFIGURATION),
        ("POST", r"/project/<ref>/(restore|delete|role/.*)|/project", CONFIGURATION),
        ("DELETE", r"/project/<ref>", CONFIGURATION),
        ("POST|PUT|DELETE", r"/(version|component|project|projectCategory)(/.*)?", PROJECT),
        ("POST|PUT|DELETE", r"/(issuetype|issueLinkType|field|role|jql/sanitize)(/.*)?", CONFIGURATION),
        ("GET", ".*", READ),
        ("POST", _READING_POSTS.pattern, READ),
        (".*", ".*", WRITE),
    )
)


def needed(method: str, path: str) -> str:
    """Give the scope for a method and a route below the version's root; the empty text when none is needed."""
    return next(scope for methods, pattern, scope in _RULES if methods.fullmatch(method) and pattern.fullmatch(path))
