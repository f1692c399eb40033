"""``syncline init`` over real HTTP: from flags, and by a person at a terminal; ``check`` accepts what it writes."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import signal
import time
import tomllib
from pathlib import Path

import pytest

from benchmarks.product import command, syncline

pytestmark = pytest.mark.loopback

LOGIN = {
    "jira": {"deployment": "cloud", "email": "syncline@partner.example"},
    "jira-dc": {"deployment": "data-center"},
    "salesforce": {"flow": "client_credentials", "client_id": "syncline"},
    "github": {},
    "launchpad": {"web_url": "https://launchpad.example"},
}
SECRETS = {"salesforce": "client_secret", "launchpad": "credentials"}


class Terminal:
    """A person at a terminal, who reads up to a question and answers it."""

    def __init__(self, config: Path, *words: str) -> None:
        self.text, self._at = "", 0
        self._child, self._tty = pty.fork()
        if self._child == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, where the tests run in the background
            os.chdir(config.parent)
            os.environ |= {"COLUMNS": "110", "TERM": "dumb", "NO_COLOR": "1"}
            os.execv(command(), [command(), "-c", config.name, *words])  # noqa: S606 - the child of a terminal

    def asked(self, pattern: str) -> str:
        """What was shown since the last answer, up to the question."""
        ends = time.monotonic() + 60
        while (found := re.compile(pattern).search(self.text, self._at)) is None:
            assert time.monotonic() < ends, (pattern, self.text[self._at :])
            if not self._read(0.2):
                pytest.fail(f"ended before {pattern}: {self.text[self._at :]}")
        shown, self._at = self.text[self._at : found.end()], found.end()
        return shown

    def answer(self, pattern: str, text: str = "") -> str:
        shown = self.asked(pattern)
        if "not shown" in pattern:
            time.sleep(0.1)  # what comes before the echo is off is thrown away
        os.write(self._tty, text.encode() + b"\n")
        return shown

    def ends(self) -> int:
        ends = time.monotonic() + 60
        while self._read(1):
            assert time.monotonic() < ends, self.text[self._at :]
        os.close(self._tty)
        return os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])

    def _read(self, wait_s: float) -> bool:
        if not select.select([self._tty], [], [], wait_s)[0]:
            return True
        try:
            data = os.read(self._tty, 65536)
        except OSError:  # the child has ended
            return False
        self.text += data.decode(errors="replace")
        return bool(data)


def secret_file(world, name: str) -> Path:
    return world.folder / connections(world)[name][SECRETS.get(name, "token")]["file"]


def connections(world):
    return tomllib.loads(world.config.read_text(encoding="utf-8"))["connections"]


def flags(world) -> list[str]:
    words = []
    for name, settings in LOGIN.items():
        words += ["--connection", f"{name}={connections(world)[name]['url']}"]
        words += [word for key, value in settings.items() for word in ("--set", f"{name}.{key}={value}")]
        words += ["--secret", f"{name}.{SECRETS.get(name, 'token')}=file:{secret_file(world, name)}"]
    return [*words, "--set", f"salesforce.ca_file={world.folder / 'ca.pem'}"]


ENGAGEMENT = ("--engagement", "MAM-01", "--anchor", "MAM-01=jira:MAM-1", "--place", "MAM-01=launchpad:mam-images")


def understood(config: Path) -> set[str]:
    """Values that the mapping of a configuration does not understand in what was pulled."""
    found = syncline(config, "check", "--mapping", "--json").json["mapping"]
    return {unknown["value"] for one in found for unknown in one["not_understood"]}


def test_from_flags(untouched, tmp_path) -> None:
    new = tmp_path / "new.toml"
    ran = syncline(new, "init", *flags(untouched), *ENGAGEMENT)
    assert (ran.code, ran.out.splitlines()[1]) == (0, f"written: {new} (5 connections, 1 engagement)"), ran.err
    text = new.read_text(encoding="utf-8")
    assert '"Shelved" = "open" or "in_progress" or "done" or "dropped"' in text
    assert "mapping" not in tomllib.loads(text), "a guess was written"
    assert syncline(new, "check", "--json").json["ok"]
    assert syncline(new, "pull").code == 0
    assert [e["engagement"] for e in syncline(new, "status", "--json").json["engagements"]] == ["MAM-01"]
    assert not {e["method"] for _, e in untouched.writes()} & {"PUT", "PATCH", "DELETE"}

    hidden = syncline(tmp_path / "other.toml", "init", *flags(untouched), *ENGAGEMENT, "--place", "MAM-01=jira:NOPE")
    assert hidden.code == 1
    assert "NOPE does not exist or this login may not see it" in " ".join(hidden.out.split())
    assert not (tmp_path / "other.toml").exists()


def test_a_person_is_asked_and_a_foreign_workflow_is_decided(untouched, tmp_path) -> None:
    state = untouched.steering.call("GET", "jira", "state").json()
    state["statuses"].append({"id": "77", "name": "Parked", "category": "undefined"})
    state["resolutions"].append({"id": "77", "name": "Wont Fix"})
    next(i for i in state["issues"] if i["key"] == "MAM-2")["fields"]["status"] = {"name": "Parked"}
    untouched.steering.call("PUT", "jira", "state", state)
    urls = {name: table["url"] for name, table in connections(untouched).items()}
    new = tmp_path / "syncline.toml"
    at = Terminal(new, "init")

    def tool(kind: str, name: str = "", way: str | None = None) -> None:
        at.answer(r"Which \(number or name\)", kind)
        at.answer("What you call this connection", name)
        if way is not None:
            at.answer("Which", way)

    def typed(name: str, question: str, secret: str | None = None) -> None:
        at.answer(f"{question} .type it.")
        at.answer(f"{question} .not shown", secret or secret_file(untouched, name).read_text().strip())

    tool("jira", way="1")
    at.answer("address of the site", urls["jira"])
    assert "Browse Projects" in at.answer("e-mail address", LOGIN["jira"]["email"])
    typed("jira", "API token of the login", "wrong-token-wrong-token")
    assert "check email and token" in " ".join(at.answer("ENTER tries again", "token").split())
    typed("jira", "API token of the login")
    tool("jira", "jira-dc", way="2")
    at.answer("address that people open", urls["jira-dc"])
    at.answer("personal access token", f"file:{secret_file(untouched, 'jira-dc')}")
    tool("salesforce", way="")
    at.answer("My Domain", urls["salesforce"])
    at.answer("consumer key", "syncline")
    typed("salesforce", "consumer secret")
    assert "set ca_file" in at.answer("ENTER tries again", "ca_file")
    at.answer("ca_file: ", str(untouched.folder / "ca.pem"))
    tool("github", way="1")
    at.answer("address of the REST API", urls["github"])
    typed("github", "personal access token")
    at.answer("project", "")
    tool("launchpad")
    at.answer("service root", urls["launchpad"])
    typed("launchpad", "token:secret")
    at.answer(r"Which \(number or name\)")

    assert "MAM-01  Mammatus Example Systems" in at.answer("Which of them", "MAM-01, LEN-01")
    assert "MAM  Mammatus" in at.answer("Places", "MAM, LEN")
    at.answer("Places", "none")
    at.answer("Places", "fictitious-partner/mam-images")
    at.answer("Places", "mam-images")
    for _ in range(2):
        key = re.search(r"^(MAM|LEN)-01", at.asked("Its places"), re.MULTILINE)
        at.answer("", "these" if key and key[1] == "MAM" else "jira:LEN-1")
    meanings = {"Parked": "open", "Wont Fix": "", "Shelved": "dropped", "Ask first": "2"}
    met = set()
    while "may syncline write" not in (shown := at.asked(r"It means.*: |Which \(numbers.*: ")):
        value = next(v for v in meanings if f"'{v}'" in shown)
        assert ("likely dropped" in shown) == (value == "Wont Fix")
        assert ("a status without a category" in shown) == (value == "Parked")
        assert ("jira: Resolution" in shown) == (value in {"Wont Fix", "Shelved"})
        at.answer("", meanings[value])
        met.add(value)
    assert met >= {"Parked", "Wont Fix", "Shelved"}
    at.answer("", "anchor.status")
    for name in list(LOGIN)[1:]:
        assert f"on {name}?" in at.answer(r"Which \(numbers")
    assert at.ends() == 0, at.text

    read = tomllib.loads(new.read_text(encoding="utf-8"))
    assert {n: t["owned"] for n, t in read["connections"].items()} == {
        **{name: [] for name in LOGIN},
        "jira": ["anchor.status"],
    }
    assert not any(t["first_write_approved"] for t in read["connections"].values())
    assert read["engagements"]["LEN-01"]["places"] == [{"connection": "jira", "place": "LEN", "anchor": "LEN-1"}]
    assert [p["place"] for p in read["engagements"]["MAM-01"]["places"]] == [
        "MAM",
        "fictitious-partner/mam-images",
        "mam-images",
    ]
    for name in ("jira", "github", "launchpad", "salesforce"):
        (file,) = (tmp_path / "secrets").glob(f"{name}-*")
        assert (file.stat().st_mode & 0o777, file.read_text()) == (
            0o600,
            secret_file(untouched, name).read_text().strip() + "\n",
        )
        assert file.read_text().strip() not in at.text + new.read_text(encoding="utf-8")
    assert '#"Wont Fix" = "dropped"' in new.read_text(encoding="utf-8")

    assert syncline(new, "check").code == 0
    assert syncline(new, "pull").code == 0
    assert {e["engagement"] for e in syncline(new, "status", "--json").json["engagements"]} == {"MAM-01", "LEN-01"}
    assert {value for value in understood(new) if not value.startswith("scope:")} == set()


BEGUN = ("--connection", "jira=https://jira.example", "--set", "jira.overlap_minutes=0")
GIVEN = ("--set", "jira.deployment=cloud", "--set", "jira.email=bot@partner.example")


def test_stopped_in_the_middle_it_writes_nothing_and_says_how_to_go_on(tmp_path) -> None:
    at = Terminal(tmp_path / "syncline.toml", "init", *BEGUN)
    at.answer(r"Which \(number or name\)", "1")
    at.answer("e-mail address", "bot@partner.example")
    at.answer(".type it.")
    at.answer("not shown", "-----BEGIN PRIVATE KEY-----")
    time.sleep(0.2)  # a long paste comes in parts
    at.answer("", "PASTED-KEY-LINE\n-----END PRIVATE KEY-----")
    at.asked("file:PATH")
    at.answer(".type it.")
    at.answer("not shown", "a-token-that-is-kept-nowhere")
    assert "overlap_minutes" in at.asked("ENTER tries again")  # no value that could be tried
    at.answer("", "\x03")
    assert at.ends() == 1
    said = at.text.replace("\r\n", "\n").splitlines()
    assert said[-2] == "stopped; nothing was written. To go on with what was answered:"
    assert said[-1] == shlex.join(["syncline", "init", *BEGUN, *GIVEN])
    assert "a-token-that" not in at.text
    assert "that is no file:PATH" not in at.text, "the rest of the key answered the next question"
    assert not list(tmp_path.iterdir())
