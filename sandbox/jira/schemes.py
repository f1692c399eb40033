"""Issue security schemes: derived from the levels, one scheme for each set of projects that share levels."""

from sandbox.core.http import Call, HttpError, Json
from sandbox.jira.model import Row
from sandbox.jira.paging import listed, number, page_bean
from sandbox.jira.site import Site

FIRST_ID = 10_000


class Schemes:
    """The handlers of `/issuesecurityschemes`; a level's `scheme` names its scheme, else its projects do."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def _all(self, call: Call) -> list[Row]:
        """Give the schemes with the keys of their projects and the ids of their levels."""
        self._site.caller(call).require()
        found: dict[str, Row] = {}
        for level_id, level in self._site.state.tables["security_levels"].items():
            projects = level.get("projects")
            name = str(level.get("scheme") or (f"{', '.join(projects)} scheme" if projects else "Default scheme"))
            scheme = found.setdefault(name, {"id": FIRST_ID + len(found), "name": name, "projects": [], "levels": []})
            scheme["levels"].append(level_id)
            keys = projects if projects is not None else [row["key"] for row in self._site.state.projects.values()]
            scheme["projects"] += [one for one in keys if one not in scheme["projects"]]
        return list(found.values())

    def _shown(self, call: Call, scheme: Row, *, full: bool = False) -> Row:
        rest = self._site.renderer(call).rest
        link = f"{rest}/issuesecurityschemes/{scheme['id']}"
        shown: Row = {"self": link, "id": scheme["id"], "name": scheme["name"], "description": ""}
        return {**shown, "levels": [self._level(call, scheme, one) for one in scheme["levels"]]} if full else shown

    def _level(self, call: Call, scheme: Row, level_id: str) -> Row:
        shown = self._site.renderer(call).security(level_id)
        if self._site.state.cloud:
            shown |= {"isDefault": False, "issueSecuritySchemeId": str(scheme["id"])}
        return shown

    def all(self, call: Call) -> Json:
        """`GET /issuesecurityschemes`."""
        return {"issueSecuritySchemes": [self._shown(call, one) for one in self._all(call)]}

    def get(self, call: Call, scheme_id: int) -> Json:
        """`GET /issuesecurityschemes/{id}`, with its levels."""
        for one in self._all(call):
            if one["id"] == scheme_id:
                return self._shown(call, one, full=True)
        raise HttpError(404, f"The issue security scheme with id {scheme_id} does not exist.")

    def of_project(self, call: Call, project_ref: str) -> Json:
        """`GET /project/{ref}/issuesecuritylevelscheme`."""
        project = self._site.project(call, project_ref)
        for one in self._all(call):
            if project["key"] in one["projects"]:
                return self._shown(call, one, full=True)
        raise HttpError(404, f"The project '{project['key']}' has no issue security scheme.")

    def search(self, call: Call) -> Json:
        """`GET /issuesecurityschemes/search` (Cloud), by `id` and `projectId`."""
        ids, projects = listed(call.args.getlist("id")), listed(call.args.getlist("projectId"))
        state = self._site.state
        rows = []
        for one in self._all(call):
            inside = [found for key in one["projects"] if (found := state.project_id(key))]
            if (not ids or str(one["id"]) in ids) and (not projects or set(projects) & set(inside)):
                rows.append({**self._shown(call, one), "projectIds": [int(found) for found in inside]})
        return self._page(call, rows, "/issuesecurityschemes/search")

    def levels(self, call: Call) -> Json:
        """`GET /issuesecurityschemes/level` (Cloud), by `id` and `schemeId`."""
        ids, schemes = listed(call.args.getlist("id")), listed(call.args.getlist("schemeId"))
        rows = [
            self._level(call, one, level_id)
            for one in self._all(call)
            for level_id in one["levels"]
            if (not ids or level_id in ids) and (not schemes or str(one["id"]) in schemes)
        ]
        return self._page(call, rows, "/issuesecurityschemes/level")

    def _page(self, call: Call, rows: list[Row], path: str) -> Json:
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        return page_bean(rows, start=start, size=size, link=f"{self._site.renderer(call).rest}{path}")
