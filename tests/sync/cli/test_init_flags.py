"""The flags of ``init``: all mistakes at once, no secret taken, and the same flags said again."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connectors.core.registry import load_connectors
from sync.cli.exits import Exit, StoppedError
from sync.cli.init_flags import Flags, as_flags, read_flags
from sync.cli.main import cli

SPECS = load_connectors(plugins=()).specs
GOOD = (
    "--connection jira=https://x.example --set jira.deployment=cloud --set jira.email=a@x.example "
    "--secret jira.token=env:T --connection jira-dc=https://dc.example --set jira-dc.deployment=data-center "
    "--secret jira-dc.token=file:secrets/dc --set jira-dc.overlap_minutes=7 --set jira.notify_users=false "
    "--set jira.owned=anchor.status,work.label --connection salesforce=https://sf.example --set salesforce.flow=jwt "
    "--set salesforce.client_id=c --set salesforce.username=u --secret salesforce.private_key=file:k.pem "
    "--engagement NIM-01 --anchor NIM-01=jira:NIM-1 --place NIM-01=jira-dc:NIMDC --engagement NIM-02=salesforce:N2"
)


def run(folder: Path, words: str) -> Result:
    return CliRunner().invoke(cli, ["-c", str(folder / "syncline.toml"), "init", *shlex.split(words)])


def refusal(folder: Path, words: str) -> list[str]:
    result = run(folder, words)
    assert isinstance(result.exception, StoppedError), result
    assert result.exception.code is Exit.USAGE
    assert not list(folder.iterdir())
    return str(result.exception).splitlines()


def test_all_flags_that_cannot_be_understood_are_told_at_once(tmp_path: Path) -> None:
    words = (
        "--connection nope=https://x.example --connection jira=https://x.example --connection jira "
        "--set jira.token=hunter2hunter2 --set dc.url=x --set nonsense --secret jira.token=hunter2hunter2 "
        "--engagement NIM-01 --engagement X=y --place NIM-02=jira:NIM --anchor NIM-01=jira:nim --place NIM-01=dc:X"
    )
    said = refusal(tmp_path, words)
    assert len(said) == 11
    assert not any("hunter2" in line for line in said)
    assert "--anchor: found 'NIM-01=jira:nim'; expected an issue key such as NIM-1" in said
    assert "--set jira.token: a secret never lies in the configuration; use --secret" in said


def test_all_that_is_missing_is_told_with_the_flag_that_mends_it(tmp_path: Path) -> None:
    said = refusal(tmp_path, "--offline --connection jira=https://x.example --connection salesforce=http://sf.example")
    text = "\n".join(said)
    for flag in ("--set jira.deployment=…", "--secret jira.token=file:PATH", "--set salesforce.flow=…"):
        assert flag in text
    assert "salesforce.url" in text
    assert "--connection NAME=URL" in "\n".join(refusal(tmp_path, "--offline"))


def test_a_wrong_value_is_told_as_check_tells_it(tmp_path: Path) -> None:
    said = refusal(tmp_path, f"--offline {GOOD} --set jira.overlap_minutes=soon --set jira.owned=all")
    assert said[0].startswith("connections.jira.overlap_minutes: found 'soon'; expected a whole number")
    assert said[1].startswith(
        "connections.jira.owned.0: found 'all'; expected an outward rule of the mapping: anchor.link"
    )


def test_offline_it_is_written_without_asking_a_tool(tmp_path: Path) -> None:
    assert run(tmp_path, f"--offline {GOOD}").exit_code == 0
    checked = CliRunner().invoke(cli, ["-c", str(tmp_path / "syncline.toml"), "check", "--offline"])
    assert (checked.exit_code, checked.output) == (0, "syncline.toml: valid, 3 connections, 2 engagements\n")
    assert (tmp_path / "syncline.toml").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "syncline.toml"
    file.write_text("mine")
    result = run(tmp_path, f"--offline {GOOD}")
    assert isinstance(result.exception, StoppedError)
    assert file.read_text() == "mine"
    assert run(tmp_path, f"--offline --dry-run {GOOD}").output.startswith("# syncline's configuration")
    assert file.read_text() == "mine"
    assert run(tmp_path, f"--offline --force {GOOD}").exit_code == 0
    assert "[connections.jira-dc]" in file.read_text()


def test_a_secret_that_is_not_there_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    result = run(tmp_path, "--connection launchpad --secret launchpad.credentials=env:CANARY_NOT_SET")
    assert "CANARY_NOT_SET; expected the secret there" in " ".join(result.output.split())
    assert isinstance(result.exception, StoppedError)
    assert not list(tmp_path.iterdir())


def test_flags_said_again_say_the_same() -> None:
    words = shlex.split(GOOD)
    pairs = list(zip(words[::2], words[1::2], strict=True))
    given = {flag: [value for name, value in pairs if name == f"--{flag}"] for flag in FLAGS}
    draft = read_flags(Flags(**{FLAGS[flag]: values for flag, values in given.items()}), SPECS)
    draft.engagements["NIM-01"]["record"]["connection"] = "salesforce"
    again = shlex.split(as_flags(draft, {}))[2:]
    pairs = list(zip(again[::2], again[1::2], strict=True))
    given = {flag: [value for name, value in pairs if name == f"--{flag}"] for flag in FLAGS}
    assert read_flags(Flags(**{FLAGS[flag]: values for flag, values in given.items()}), SPECS) == draft


FLAGS = {
    "connection": "connections",
    "set": "settings",
    "secret": "secrets",
    "engagement": "engagements",
    "place": "places",
    "anchor": "anchors",
}


@pytest.mark.parametrize("kind", sorted(SPECS))
def test_the_ways_to_log_in_lead_to_valid_settings(kind: str) -> None:
    """What is settled and asked is enough, whatever a person may leave out is left out, and each setting is there."""
    sample = {"url": "https://x.example", "installation_id": 7}
    for way in SPECS[kind].ways:
        fields = SPECS[kind].settings.model_fields
        asked = [question.setting for question in way.questions]
        assert {*asked, *way.given} <= set(fields)
        needed = [name for name in asked if name != "project"]
        secrets = {"token", "client_secret", "private_key", "credentials"}
        table = {name: {"env": "X"} if name in secrets else sample.get(name, "x@x") for name in needed}
        SPECS[kind].settings.model_validate({**way.given, **table})
    assert SPECS[kind].ways


def test_the_help_says_what_every_connector_asks_for() -> None:
    told = " ".join(CliRunner().invoke(cli, ["init", "--help"]).output.split())
    for kind, spec in SPECS.items():
        for way in spec.ways:
            assert f"{kind}: {way.title}" in told
            assert all(f"NAME.{q.setting}=" in told for q in way.questions if q.setting != "url")
