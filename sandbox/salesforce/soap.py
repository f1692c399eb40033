"""The few calls of the SOAP API that have no likeness in REST, or that clients make around a login."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from sandbox.core.http import Call
from sandbox.salesforce import dml
from sandbox.salesforce.auth import Auth
from sandbox.salesforce.errors import SalesforceError, not_found, refused
from sandbox.salesforce.flows import by_password
from sandbox.salesforce.ids import to_18
from sandbox.salesforce.merging import merge
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.state import Record, Session, State

MAX_LOSERS = 2
"""Records merged into one in one request (documentation of merge())."""
LAST_LOGIN = 64
"""SOAP login() ends with this API version (field guide 2.1)."""

_FAULT = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:sf="urn:fault.partner.soap.sforce.com"><soapenv:Body><soapenv:Fault><faultcode>sf:{0}</faultcode>'
    '<faultstring>{0}: {1}</faultstring><detail><sf:LoginFault xsi:type="sf:LoginFault" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><sf:exceptionCode>{0}</sf:exceptionCode>'
    "<sf:exceptionMessage>{1}</sf:exceptionMessage></sf:LoginFault></detail>"
    "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)


class Soap:
    """Answers SOAP calls. Called under the service's lock."""

    def __init__(self, state: State) -> None:
        self._state = state

    def answer(self, call: Call, version: str) -> Response:
        """Answer one call; login() is refused unless switched on, and from API 65 on."""
        number = float(version) if version.replace(".", "", 1).isdigit() else 0.0
        if not number:
            raise not_found()
        try:
            root = ET.fromstring(call.get_data())  # noqa: S314 - on loopback, and expat bounds what entities may do
        except ET.ParseError:
            root = ET.Element("nothing")
        told = {_local(each): each.text or "" for each in root.iter()}
        if "login" in told or not told.get("sessionId"):
            return self._login(call, version, number, told)
        session = Auth(self._state).live(told["sessionId"])
        user = self._state.user(session.username) if session else None
        if session is None or user is None:
            return _fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session")
        return self._in_session(root, told, session, user)

    def _login(self, call: Call, version: str, number: float, told: Mapping[str, str]) -> Response:
        if not self._state.switches.soap_login:
            return _fault("INVALID_OPERATION", "SOAP API login() is disabled by default in this org.")
        if number > LAST_LOGIN:
            return _fault("UNSUPPORTED_API_VERSION", f"SOAP API login() is not available in API version {version}")
        user = by_password(self._state, told.get("username", ""), told.get("password", ""))
        if user is None:
            return _fault("INVALID_LOGIN", "Invalid username, password, security token; or user locked out.")
        return self._logged_in(call, user, version)

    def _in_session(self, root: ET.Element, told: Mapping[str, str], session: Session, user: Record) -> Response:
        if "logout" in told:
            del self._state.sessions[session.token]
            return _envelope("<logoutResponse/>")
        if "getServerTimestamp" in told:
            stamp = self._state.stamp().replace("+0000", "Z")
            result = f"<result><timestamp>{stamp}</timestamp></result>"
            return _envelope(f"<getServerTimestampResponse>{result}</getServerTimestampResponse>")
        if "getUserInfo" in told:
            info = self._user_info(user, session.idle_seconds)
            return _envelope(f"<getUserInfoResponse><result>{info}</result></getUserInfoResponse>")
        who = Auth(self._state).actor_of(user)
        ids = [(each.text or "").strip() for each in root.iter() if _local(each).lower() == "ids"]
        if "undelete" in told:
            return _results(
                "undelete", [self._one(who, text, lambda o, r: dml.undelete(self._state, o, r)) for text in ids]
            )
        if "emptyRecycleBin" in told:
            return _results("emptyRecycleBin", [self._one(who, text, self._purge) for text in ids])
        if "merge" in told:
            requests = [each for each in root.iter() if _local(each) in ("request", "mergeRequests")]
            return _results("merge", [self._merge(each, who) for each in requests])
        served = "login, logout, getUserInfo, getServerTimestamp, merge, undelete and emptyRecycleBin"
        return _fault("INVALID_OPERATION", f"only {served} are served")

    def _one(self, who: dml.Actor, text: str, change: Callable[[SObject, Record], None]) -> str:
        record_id = to_18(text) or ""
        sobject, found = self._state.schema.of_id(record_id), self._state.find(record_id) if record_id else None
        try:
            if sobject is None or found is None:
                raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
            dml.may_remove(self._state, who, sobject, found)
            change(sobject, found)
        except SalesforceError as error:
            return _failed(error.faults[0].code, error.faults[0].message)
        return f"<id>{record_id}</id><success>true</success>"

    def _purge(self, sobject: SObject, record: Record) -> None:
        if not record.get("IsDeleted"):
            raise refused("DELETE_FAILED", "Entity is not in the recycle bin")
        self._state.purge(sobject, record["Id"])

    def _merge(self, request: ET.Element, who: dml.Actor) -> str:
        """Merge up to two records into the master, whose own fields the request may change."""
        master = next((each for each in request if _local(each) == "masterRecord"), None)
        values = {_local(each): each.text for each in master if _local(each) != "type"} if master is not None else {}
        master_id = to_18(str(values.pop("Id", ""))) or ""
        losers = [to_18((each.text or "").strip()) or "" for each in request if _local(each) == "recordToMergeIds"]
        sobject = self._state.schema.of_id(master_id)
        if sobject is None or not 1 <= len(losers) <= MAX_LOSERS:
            return _failed("INVALID_ID_FIELD", "A merge takes a master record and one or two others")
        snapshot = self._state.snapshot()
        try:
            for each in (master_id, *losers):
                if found := self._state.find(each):
                    dml.may_remove(self._state, who, sobject, found)
            merge(self._state, sobject, master_id, losers)
            if values:
                dml.update(self._state, who, sobject, self._state.tables[sobject.name][master_id], values)
        except (SalesforceError, ValueError) as error:
            self._state.restore(snapshot)
            return _failed("INVALID_OPERATION", error.message if isinstance(error, SalesforceError) else str(error))
        merged = "".join(f"<mergedRecordIds>{each}</mergedRecordIds>" for each in losers)
        return f"<id>{master_id}</id>{merged}<success>true</success>"

    def _logged_in(self, call: Call, user: Record, version: str) -> Response:
        session = Auth(self._state).open(user["Username"], self._state.switches.session_seconds)
        org, base = self._state.org, call.host_url.rstrip("/")
        server = f"{base}/services/Soap/u/{version}/{org.id[:15]}"
        return _envelope(
            "<loginResponse><result>"
            f"<metadataServerUrl>{base}/services/Soap/m/{version}/{org.id[:15]}</metadataServerUrl>"
            f"<passwordExpired>false</passwordExpired><sandbox>true</sandbox><serverUrl>{server}</serverUrl>"
            f"<sessionId>{escape(session.token)}</sessionId><userId>{user['Id']}</userId>"
            f"<userInfo>{self._user_info(user, session.idle_seconds)}</userInfo></result></loginResponse>"
        )

    def _user_info(self, user: Record, seconds: float) -> str:
        org = self._state.org
        info = {
            "accessibilityMode": "false",
            "organizationId": org.id,
            "organizationMultiCurrency": str(org.multi_currency).lower(),
            "organizationName": org.name,
            "profileId": user.get("ProfileId") or "",
            "sessionSecondsValid": str(int(seconds)),
            "userEmail": user.get("Email") or "",
            "userFullName": user.get("Name") or "",
            "userId": user["Id"],
            "userLanguage": user.get("LanguageLocaleKey") or "en_US",
            "userLocale": user.get("LocaleSidKey") or "en_US",
            "userName": user["Username"],
            "userTimeZone": user.get("TimeZoneSidKey") or "UTC",
            "userType": "Standard",
        }
        return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in info.items())


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _failed(code: str, message: str) -> str:
    told = f"<message>{escape(message)}</message><statusCode>{code}</statusCode>"
    return f"<errors>{told}</errors><success>false</success>"


def _results(name: str, results: Iterable[str]) -> Response:
    inner = "".join(f"<result>{each}</result>" for each in results)
    return _envelope(f"<{name}Response>{inner}</{name}Response>")


def _envelope(body: str) -> Response:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns="urn:partner.soap.sforce.com"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>'
    )
    return Response(text, content_type="text/xml;charset=UTF-8")


def _fault(code: str, message: str) -> Response:
    return Response(_FAULT.format(code, escape(message)), status=500, content_type="text/xml;charset=UTF-8")
