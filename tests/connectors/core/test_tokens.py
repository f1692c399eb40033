"""Tokens lie in a file that only its owner can read, and survive a crash whole."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from connectors.core.errors import FatalError
from connectors.core.tokens import FileTokenStore, MemoryTokenStore


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "state" / "tokens.json"


def test_what_was_put_is_there_for_another_process(path):
    FileTokenStore(path).put("salesforce", "one")
    FileTokenStore(path).put("jira", "two")
    assert FileTokenStore(path).get("salesforce") == "one"
    assert FileTokenStore(path).get("jira") == "two"
    assert FileTokenStore(path).get("github") is None


def test_the_file_is_for_its_owner_alone_whatever_the_umask(path):
    before = os.umask(0)
    try:
        FileTokenStore(path).put("salesforce", "one")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused(path, mode):
    store = FileTokenStore(path)
    store.put("salesforce", "one")
    path.chmod(mode)
    with pytest.raises(FatalError, match="0600"):
        store.get("salesforce")
    with pytest.raises(FatalError, match="chmod 600"):
        store.put("salesforce", "two")


def test_a_crash_while_writing_leaves_the_old_tokens_and_nothing_else(path, monkeypatch):
    store = FileTokenStore(path)
    store.put("salesforce", "one")

    def crash(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        store.put("salesforce", "two")
    monkeypatch.undo()
    assert store.get("salesforce") == "one"
    assert sorted(p.name for p in path.parent.iterdir()) == ["tokens.json", "tokens.json.lock"]


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"a": 1})])
def test_a_damaged_file_is_named_without_its_content(path, text):
    store = FileTokenStore(path)
    store.put("salesforce", "one")
    path.write_text(text)
    with pytest.raises(FatalError, match=r"tokens\.json is damaged"):
        store.get("salesforce")


def test_a_one_off_run_keeps_its_tokens_in_memory():
    store = MemoryTokenStore()
    store.put("salesforce", "one")
    assert store.get("salesforce") == "one"
    assert MemoryTokenStore().get("salesforce") is None
