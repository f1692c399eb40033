"""Whatever is sent, the stand-in answers or refuses; it never fails itself."""

# ruff: noqa: S608 - queries of the tests' own making

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from sandbox.salesforce.ids import salesforce_id
from sandbox.salesforce.objects import org_schema
from sandbox.salesforce.service import SalesforceService

SCHEMA = org_schema(multi_currency=True)
OBJECTS = sorted(SCHEMA.objects)
IDS = [salesforce_id(name, n) for name in ("Account", "Engagement__c", "User", "Profile") for n in (1, 2, 99)]
NAMES = sorted({field.name for each in SCHEMA.objects.values() for field in each.fields})

words = st.sampled_from([*OBJECTS, *IDS, *NAMES, "describe", "updated", "deleted", "x", "", "a%2Fb", "..", "query"])
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(IDS))
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=5
)
record = st.dictionaries(st.one_of(words, st.just("id")), values, max_size=4)
typed = st.builds(lambda one, name: {"attributes": {"type": name}, **one}, record, st.sampled_from(OBJECTS))
sub = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "POST", "PATCH", "DELETE", "FOO", ""]),
        "url": st.lists(words, max_size=4).map(lambda parts: "/services/data/v66.0/" + "/".join(parts)),
        "referenceId": st.sampled_from(["a", "b", "c"]),
    },
    optional={"body": record, "httpHeaders": st.just({"If-Unmodified-Since": "x"}), "richInput": record},
)
bodies = st.one_of(
    values,
    record,
    st.fixed_dictionaries(
        {"records": st.lists(typed | record, max_size=3) | values}, optional={"allOrNone": st.booleans()}
    ),
    st.fixed_dictionaries({"compositeRequest": st.lists(sub, max_size=3)}, optional={"allOrNone": st.booleans()}),
    st.fixed_dictionaries({"batchRequests": st.lists(sub, max_size=3)}),
    st.fixed_dictionaries(
        {"operation": st.sampled_from(["query", "insert", "upsert"]), "object": words, "query": words}
    ),
    st.fixed_dictionaries({"ids": values, "fields": values}),
)
paths = st.one_of(
    st.lists(words, max_size=4).map("/".join),
    st.tuples(st.just("sobjects"), st.sampled_from(OBJECTS), words).map("/".join),
    st.tuples(st.just("sobjects"), st.sampled_from(OBJECTS), words, words).map("/".join),
    st.sampled_from(
        ["composite", "composite/batch", "composite/sobjects", "jobs/query", "jobs/ingest", "query", "limits"]
    ),
    st.sampled_from(OBJECTS).map(lambda name: f"composite/sobjects/{name}/Id"),
    st.just("composite/sobjects/Engagement__c/Key__c"),
    st.just("composite/sobjects/Engagement__c?ids=,x&fields=Name,Foo"),
)
literals = st.sampled_from(
    [
        "1",
        "'x'",
        "''",
        "null",
        "true",
        "2026-01-01",
        "2026-02-31",
        "2026-01-01T00:00:00Z",
        "TODAY",
        "LAST_N_DAYS:3",
        f"'{IDS[0]}'",
        "LAST_N_YEARS:9999",
        "NEXT_N_DAYS:999999999",
        "99999999999999999999999",
        r"'\q'",
        "(1)",
        "('x',null)",
        "(SELECT Id FROM Account)",
    ]
)
operators = st.sampled_from(["=", "!=", "<", ">=", "LIKE", "IN", "NOT IN"])


def operands(name: str) -> st.SearchStrategy[str]:
    """Choose among an object's fields, functions over them, and parents' fields."""
    own = st.sampled_from([field.name for field in SCHEMA.objects[name].fields])
    function = st.tuples(st.sampled_from(["COUNT", "MAX", "MIN", "SUM", "AVG", "COUNT_DISTINCT"]), own)
    far = st.sampled_from(["Account__r.Name", "Owner.Name", "CreatedBy.Manager.CreatedDate", "COUNT()", "Nothing__c"])
    return st.one_of(own, own, function.map(lambda parts: f"{parts[0]}({parts[1]})"), far)


def clause(word: str, what: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), what.map(lambda text: f" {word} {text}"))


FITTING = {
    "boolean": ["true", "false"],
    "date": ["2026-01-01", "TODAY", "null", "LAST_N_DAYS:3"],
    "datetime": ["2026-01-01T00:00:00Z", "TODAY", "null"],
    **dict.fromkeys(("int", "double", "currency", "percent"), ("1", "-2.5", "null")),
    **dict.fromkeys(("id", "reference"), (f"'{IDS[0]}'", f"'{IDS[1][:15]}'", "null")),
}


def fitting(name: str) -> st.SearchStrategy[str]:
    """Compare a field that can be filtered with a literal of its type."""
    fields = [field for field in SCHEMA.objects[name].fields if field.filterable]

    def compare(field: Any) -> st.SearchStrategy[str]:
        literal = st.sampled_from(FITTING.get(field.type, ["'x'", "''", "'A%'", "null"]))
        return st.tuples(st.sampled_from(["=", "!=", "<", ">="]), literal).map(
            lambda rest: f"{field.name} {rest[0]} {rest[1]}"
        )

    return st.sampled_from(fields).flatmap(compare)


def query_of(name: str) -> st.SearchStrategy[str]:
    operand = operands(name)
    condition = st.one_of(fitting(name), fitting(name), st.tuples(operand, operators, literals).map(" ".join))
    plain = st.lists(st.sampled_from([field.name for field in SCHEMA.objects[name].fields]), min_size=1, unique=True)
    return st.tuples(
        st.one_of(plain, st.lists(operand, min_size=1, max_size=3, unique=True)).map(", ".join),
        clause("WHERE", st.one_of(condition, st.tuples(condition, condition).map(" AND ".join))),
        st.one_of(st.just(""), st.just(""), clause("GROUP BY", operand)),
        st.one_of(st.just(""), st.just(""), clause("HAVING", condition)),
        clause("ORDER BY", operand),
        clause("LIMIT", st.sampled_from(["1", "0", "99999999999", "-1", "1.5"])),
    ).map(lambda parts: f"SELECT {parts[0]} FROM {name}{''.join(parts[1:])}")


queries = st.sampled_from(OBJECTS).flatmap(query_of)
SETTINGS = settings(
    max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def whole(org: Any) -> None:
    (*_, last) = org.service.log.exchanges()
    assert last.failure is None, last.failure
    org.service.log.clear()


@SETTINGS
@given(method=st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT"]), path=paths, body=bodies)
def test_any_request(org: Any, method: str, path: str, body: Any) -> None:
    org.ask(method, path, raw=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
    whole(org)


ROUTES = sorted({(route.method, route.path) for route in SalesforceService().routes()})
fillings = st.one_of(
    words,
    st.sampled_from(["v66.0", "66.0", "query", "ingest", "Key__c", "Master", "failedResults", "%00", "%F0%9F%98%80"]),
    st.text(max_size=4),
)
arguments = st.dictionaries(
    st.sampled_from(
        [
            *("q", "fields", "ids", "start", "end", "limit", "offset", "locator", "maxRecords", "sobject", "in"),
            *("explain", "_HttpMethod", "response_type", "client_id", "redirect_uri", "overallLimit", "sObjects"),
            *("allOrNone", "Account.fields", "Account.limit", "batchSize", "token"),
        ]
    ),
    st.one_of(words, st.text(max_size=8), st.sampled_from(["FIND {ab*}", "1", "-1", "2026-11-24T09:00:00Z", "PATCH"])),
    max_size=3,
)
odd_headers = st.fixed_dictionaries(
    {},
    optional={
        "If-Modified-Since": st.sampled_from(["x", "Tue, 24 Nov 2015 10:00:00 GMT", "Tue, 24 Nov 9999 10:00:00 -9900"]),
        "If-Match": st.just('"x"'),
        "Sforce-Query-Options": st.sampled_from(["batchSize=x", "batchSize=99999999999999999999"]),
        "Accept": st.sampled_from(["application/xml", "*/*", ""]),
        "Content-Encoding": st.sampled_from(["gzip", "br"]),
        "Content-Type": st.sampled_from(
            ["application/json", "text/csv", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""]
        ),
        "Sforce-Duplicate-Rule-Header": st.just("allowSave"),
        "X-PrettyPrint": st.just("1"),
        "Authorization": st.sampled_from(["Basic eDp5", "Bearer", "OAuth x y"]),
    },
)
raw_bodies = st.one_of(
    bodies.map(lambda body: json.dumps(body).encode()),
    st.binary(max_size=12),
    st.dictionaries(st.sampled_from(["grant_type", "code", "username", "password", "assertion", "token"]), words).map(
        lambda form: urlencode(form).encode()
    ),
    st.sampled_from([b"<a><login/></a>", b"Name\nx\n", b"[" * 2000, b'{"a":' * 2000]),
)


@settings(SETTINGS, max_examples=700)
@given(route=st.sampled_from(ROUTES), data=st.data())
def test_any_route_filled_with_anything(org: Any, route: tuple[str, str], data: st.DataObject) -> None:
    method, template = route
    path = re.sub(
        r"<version>", lambda _: data.draw(st.sampled_from(["v66.0", "v66.0", "v66.0", "v31.0", "v9.0", "x"])), template
    )
    path = re.sub(r"<\w+>", lambda _: quote(data.draw(fillings), safe="%"), path)
    query = urlencode(data.draw(arguments))
    raw = data.draw(raw_bodies) if method != "GET" else None
    org.ask(method, f"{path}?{query}", raw=raw, headers=data.draw(odd_headers))
    whole(org)


@settings(SETTINGS, max_examples=300)
@given(
    path=st.sampled_from(
        [
            "records",
            "merge",
            "transactions",
            "transactions/tx-1/commit",
            "locks",
            "sessions/revoke",
            "access",
            "sharing",
        ]
    ),
    body=st.one_of(
        bodies,
        st.fixed_dictionaries(
            {"op": st.sampled_from(["create", "update", "delete", "undelete", "purge", "touch"]), "object": words},
            optional={"id": words, "values": record, "as": words},
        ),
        st.fixed_dictionaries({"object": words, "master": words, "losers": st.lists(words)}),
        st.fixed_dictionaries({"operations": st.lists(record) | values}),
        st.fixed_dictionaries({"settings": values}),
    ),
)
def test_any_steering(org: Any, path: str, body: Any) -> None:
    status, _ = org.ask("POST", f"/_sandbox/{path}", raw=json.dumps(body).encode())
    assert status in (200, 400, 403, 404)


@SETTINGS
@given(soql=queries)
def test_any_query(org: Any, soql: str) -> None:
    status, body = org.ask("GET", f"queryAll?q={quote(soql)}")
    whole(org)
    assert status in (200, 400)
    if status == 400:
        assert set(body[0]) == {"message", "errorCode"}


@pytest.mark.parametrize(
    "path",
    [
        "query?q=" + quote("SELECT Id FROM Account WHERE " + "NOT " * 5_000 + "Id = null"),
        "query?q=" + quote("SELECT Id FROM Account WHERE " + "(" * 5_000 + "Id = null" + ")" * 5_000),
        "query?q=" + quote(f"SELECT {'MAX(' * 2_000}Id{')' * 2_000} FROM Account"),
        "search?q=" + quote("FIND {" + "(" * 3_000 + "ab" + ")" * 3_000 + "}"),
    ],
)
def test_what_is_nested_too_deep(org: Any, path: str) -> None:
    org.ask("POST", "/_sandbox/settings", {"switches": {"uri_bytes": 1_000_000}})
    assert org.ask("GET", path)[0] in (200, 400)
    whole(org)


def test_a_body_that_is_nested_too_deep_is_refused_and_logged(org: Any) -> None:
    status, body = org.ask("POST", "composite", raw=b"[" * 100_000)
    assert (status, body[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert org.service.log.render(org.service.log.exchanges()).count(b"\n") == 1
    assert org.ask("PUT", "/_sandbox/state", raw=b"[" * 100_000)[0] == 400


@SETTINGS
@given(soql=st.text(alphabet="SELECTFROMWHIDNamec_.,()'\"\\ \n%=<>!0123-:TZ*", max_size=60))
def test_any_text_as_a_query(org: Any, soql: str) -> None:
    status, body = org.ask("GET", f"query?q={quote(soql)}")
    whole(org)
    assert (status, body[0]["errorCode"]) == (400, "MALFORMED_QUERY") or status == 200
