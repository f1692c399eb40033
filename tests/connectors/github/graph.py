"""The GraphQL half of the small GitHub: executed with GitHub's own names and types over the state of ``conftest``."""

from __future__ import annotations

from graphql import GraphQLError, build_schema, graphql_sync

# The parts of GitHub's schema that are used, with its own names and types.
SDL = """
scalar URI
scalar DateTime
scalar Date
scalar BigInt
enum RepositoryVisibility { PUBLIC PRIVATE INTERNAL }
interface Node { id: ID! }
interface ProjectV2Owner { id: ID! projectV2(number: Int!): ProjectV2 }
interface RepositoryOwner { id: ID! login: String! }
type Organization implements Node & ProjectV2Owner & RepositoryOwner {
  id: ID! login: String! projectV2(number: Int!): ProjectV2 }
type User implements Node & ProjectV2Owner & RepositoryOwner {
  id: ID! login: String! projectV2(number: Int!): ProjectV2 }
type Repository implements Node { id: ID! databaseId: Int nameWithOwner: String! isPrivate: Boolean!
  visibility: RepositoryVisibility!
  issueOrPullRequest(number: Int!): IssueOrPullRequest label(name: String!): Label }
union IssueOrPullRequest = Issue | PullRequest
type Label { name: String! }
type LabelConnection { nodes: [Label] }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type IssueComment implements Node { id: ID! fullDatabaseId: BigInt body: String! viewerDidAuthor: Boolean! }
type IssueCommentConnection { nodes: [IssueComment] pageInfo: PageInfo! }
type Issue implements Node { id: ID! number: Int! repository: Repository! labels(first: Int): LabelConnection
  comments(first: Int, after: String): IssueCommentConnection! projectItems(first: Int): ProjectV2ItemConnection! }
type PullRequest implements Node { id: ID! number: Int! repository: Repository! labels(first: Int): LabelConnection
  comments(first: Int, after: String): IssueCommentConnection! projectItems(first: Int): ProjectV2ItemConnection! }
type ProjectV2ItemConnection { nodes: [ProjectV2Item] }
type ProjectV2Item implements Node { id: ID! project: ProjectV2!
  fieldValueByName(name: String!): ProjectV2ItemFieldValue }
union ProjectV2ItemFieldValue = ProjectV2ItemFieldSingleSelectValue | ProjectV2ItemFieldTextValue
  | ProjectV2ItemFieldNumberValue | ProjectV2ItemFieldDateValue | ProjectV2ItemFieldIterationValue
type ProjectV2ItemFieldSingleSelectValue { name: String optionId: String }
type ProjectV2ItemFieldTextValue { text: String }
type ProjectV2ItemFieldNumberValue { number: Float }
type ProjectV2ItemFieldDateValue { date: Date }
type ProjectV2ItemFieldIterationValue { title: String! }
enum ProjectV2FieldType { TEXT SINGLE_SELECT NUMBER DATE ITERATION TITLE LABELS }
interface ProjectV2FieldCommon { id: ID! name: String! dataType: ProjectV2FieldType! }
type ProjectV2Field implements ProjectV2FieldCommon { id: ID! name: String! dataType: ProjectV2FieldType! }
type ProjectV2Option { id: String! name: String! }
type ProjectV2SingleSelectField implements ProjectV2FieldCommon { id: ID! name: String! dataType: ProjectV2FieldType!
  options: [ProjectV2Option!]! }
union ProjectV2FieldConfiguration = ProjectV2Field | ProjectV2SingleSelectField
type ProjectV2FieldConnection { nodes: [ProjectV2FieldConfiguration] }
type ProjectV2 implements Node { id: ID! number: Int! title: String! closed: Boolean! viewerCanUpdate: Boolean!
  owner: ProjectV2Owner! fields(first: Int): ProjectV2FieldConnection! }
type Query { viewer: User! node(id: ID!): Node repositoryOwner(login: String!): RepositoryOwner
  repository(owner: String!, name: String!, followRenames: Boolean = true): Repository }
input ProjectV2FieldValue { text: String number: Float date: Date singleSelectOptionId: String iterationId: String }
input UpdateProjectV2ItemFieldValueInput { projectId: ID! itemId: ID! fieldId: ID! value: ProjectV2FieldValue! }
input ClearProjectV2ItemFieldValueInput { projectId: ID! itemId: ID! fieldId: ID! }
input AddProjectV2ItemByIdInput { projectId: ID! contentId: ID! }
type UpdateProjectV2ItemFieldValuePayload { projectV2Item: ProjectV2Item }
type ClearProjectV2ItemFieldValuePayload { projectV2Item: ProjectV2Item }
type AddProjectV2ItemByIdPayload { item: ProjectV2Item }
type Mutation {
  updateProjectV2ItemFieldValue(input: UpdateProjectV2ItemFieldValueInput!): UpdateProjectV2ItemFieldValuePayload
  clearProjectV2ItemFieldValue(input: ClearProjectV2ItemFieldValueInput!): ClearProjectV2ItemFieldValuePayload
  addProjectV2ItemById(input: AddProjectV2ItemByIdInput!): AddProjectV2ItemByIdPayload }
"""
SCHEMA = build_schema(SDL)
COLOURS = {"Green": "aa01", "Amber": "aa02", "Red": "aa03", "Unknown": "aa04"}
STATUS = "PVTSSF_status"
TEXT = "PVTF_text"


class RefusalError(Exception):
    """An error of GraphQL with GitHub's ``type``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def answer(site, body: dict) -> dict:
    """What GitHub answers to a document; always 200, with ``errors`` beside the data."""
    result = graphql_sync(SCHEMA, body["query"], Root(site), variable_values=body["variables"])
    found: dict = {"data": result.data}
    if result.errors:
        found["errors"] = [_error(e) for e in result.errors]
    return found


def _error(error: GraphQLError) -> dict:
    found = {"message": error.message, "path": error.path}
    if isinstance(error.original_error, RefusalError):
        return {**found, "type": error.original_error.kind}
    return {**found, "extensions": {"code": "undefinedField"}}


class Root:
    """Answers GraphQL from the state of a ``FakeGithub``."""

    def __init__(self, site) -> None:
        self.site = site

    def viewer(self, info):
        return {"__typename": "User", "id": "U_1", "login": "syncline-bot"}

    def node(self, info, id):  # noqa: A002 - GitHub's name
        for repository in self.site.repositories.values():
            if repository["node_id"] == id and repository["visible"]:
                return self._repository(repository)
            for entry in repository["issues"].values():
                if entry["fields"]["node_id"] == id:
                    return self._issue(entry)
                for comment in entry["comments"]:
                    if f"IC_{comment['id']}" == id:
                        return self._comment(comment)
        raise RefusalError("NOT_FOUND", f"Could not resolve to a node with the global id of '{id}'.")

    def repository(self, info, owner, name, followRenames):  # noqa: N803 - GitHub's name
        number = self.site.moved.get(f"{owner}/{name}") if followRenames else None
        for found in self.site.repositories.values():
            named = found["full_name"].casefold() == f"{owner}/{name}".casefold()
            if found["visible"] and (named or found["id"] == number):
                return self._repository(found)
        raise RefusalError("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")

    def _repository(self, repository: dict) -> dict:
        def find(info, number):
            entry = repository["issues"].get(number)
            if entry is None or "to" in entry:
                raise RefusalError("NOT_FOUND", f"Could not resolve to an issue with the number of {number}.")
            return self._issue(entry)

        return {
            "__typename": "Repository",
            "id": repository["node_id"],
            "databaseId": repository["id"],
            "label": lambda _, name: repository["labels"].get(name.casefold()),
            "nameWithOwner": repository["full_name"],
            "isPrivate": repository["visibility"] != "public",
            "visibility": repository["visibility"].upper(),
            "issueOrPullRequest": find,
        }

    def _issue(self, entry: dict) -> dict:
        def comments(info, first, after=None):
            start = int(after or 0)
            page = entry["comments"][start : start + first]
            more = len(entry["comments"]) > start + first
            return {
                "nodes": [self._comment(c) for c in page],
                "pageInfo": {"hasNextPage": more, "endCursor": str(start + first)},
            }

        def items(info, first):
            if kind := self.site.refuses.get("projectItems"):
                raise RefusalError(kind, "Resource not accessible by personal access token")
            return {"nodes": [self._item(i) for i in self.site.items.values() if i["content"] == issue["node_id"]]}

        issue = entry["fields"]
        return {
            "__typename": "PullRequest" if "pull_request" in issue else "Issue",
            "id": issue["node_id"],
            "number": issue["number"],
            "repository": self._repository(entry["repository"]),
            "labels": lambda _, first: {"nodes": issue["labels"][:first]},
            "comments": comments,
            "projectItems": items,
        }

    def _comment(self, comment: dict) -> dict:
        return {
            "__typename": "IssueComment",
            "id": f"IC_{comment['id']}",
            "fullDatabaseId": str(comment["id"]),
            "body": comment["body"],
            "viewerDidAuthor": comment["ours"],
        }

    def _item(self, item: dict) -> dict:
        def value(info, name):
            field = {"Syncline status": STATUS, "Syncline status text": TEXT}[name]
            held = item["values"].get(field)
            if held is None:
                return None
            if field == STATUS:
                shown = next(n for n, i in COLOURS.items() if i == held["singleSelectOptionId"])
                return {"__typename": "ProjectV2ItemFieldSingleSelectValue", "name": shown}
            return {"__typename": "ProjectV2ItemFieldTextValue", "text": held["text"]}

        return {"id": item["id"], "project": self._project(), "fieldValueByName": value}

    def _project(self) -> dict:
        options = [{"id": i, "name": n} for n, i in COLOURS.items()]
        return {
            "id": "PVT_7",
            "number": 7,
            "title": "Delivery",
            "closed": False,
            "viewerCanUpdate": True,
            "owner": {"__typename": "Organization", "id": "O_1", "login": "fictive"},
            "fields": {
                "nodes": [
                    {"__typename": "ProjectV2Field", "id": "PVTF_title", "name": "Title", "dataType": "TITLE"},
                    {"__typename": "ProjectV2Field", "id": TEXT, "name": "Syncline status text", "dataType": "TEXT"},
                    {
                        "__typename": "ProjectV2SingleSelectField",
                        "id": STATUS,
                        "name": "Syncline status",
                        "dataType": "SINGLE_SELECT",
                        "options": options,
                    },
                ]
            },
        }

    def repositoryOwner(self, info, login):  # noqa: N802 - GitHub's name
        def project(info, number):
            return self._project() if number == 7 and self.site.has_project else None

        return {"__typename": "Organization", "id": "O_1", "login": login, "projectV2": project}

    def updateProjectV2ItemFieldValue(self, info, input):  # noqa: N802, A002 - GitHub's name
        return {"projectV2Item": self._item(self._set(input, dict(input["value"])))}

    def clearProjectV2ItemFieldValue(self, info, input):  # noqa: N802, A002 - GitHub's name
        return {"projectV2Item": self._item(self._set(input, None))}

    def _set(self, given: dict, value: object) -> dict:
        item = self.site.items.get(given["itemId"])
        if item is None:
            raise RefusalError("NOT_FOUND", f"Could not resolve to a node with the global id of '{given['itemId']}'.")
        if kind := self.site.refuses.get(given["itemId"]):
            raise RefusalError(kind, "The item may not be changed.")
        item["values"][given["fieldId"]] = value
        return item

    def addProjectV2ItemById(self, info, input):  # noqa: N802, A002 - GitHub's name
        item = self.site.item_of(input["contentId"]) or self.site.new_item(input["contentId"])
        return {"item": self._item(item)}
