"""Secrets come from where the configuration says, or with a sentence why not; never in the message."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from connectors.core.settings import Credential
from sync.config.credentials import CredentialError, secrets_of


class _Settings(BaseModel):
    url: str = "https://x.example"
    token: Credential


def _get(credential: Credential, folder: Path, environ: dict[str, str]) -> str:
    return secrets_of(_Settings(token=credential), connection="jira", folder=folder, environ=environ)["token"]


def test_from_the_environment(tmp_path: Path) -> None:
    assert _get(Credential(env="T"), tmp_path, {"T": " abc\n"}) == "abc"


def test_from_a_private_file(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("abc\n")
    (tmp_path / "t").chmod(0o600)
    assert _get(Credential(file="t"), tmp_path, {}) == "abc"


def test_from_a_systemd_credential(tmp_path: Path) -> None:
    (tmp_path / "jira-token").write_text("abc")
    assert _get(Credential(credential="jira-token"), tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "abc"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "t").write_text("canary-secret")
    (tmp_path / "t").chmod(mode)
    with pytest.raises(CredentialError, match="chmod 600") as caught:
        _get(Credential(file="t"), tmp_path, {})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("credential", "words"),
    [
        (Credential(env="T"), "environment variable T"),
        (Credential(file="none"), "found no file"),
        (Credential(credential="x"), "LoadCredential=x"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, credential: Credential, words: str) -> None:
    with pytest.raises(CredentialError, match=words) as caught:
        _get(credential, tmp_path, {})
    assert str(caught.value).startswith("connections.jira.token: ")
