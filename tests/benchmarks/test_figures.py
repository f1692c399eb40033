"""The README's figures are those of docs/figures.json, and every figure says how to make it again."""

from __future__ import annotations

import pytest

from benchmarks import figures, soak
from benchmarks.record import load


def test_the_readme_shows_the_measured_figures() -> None:
    readme = figures.README.read_text(encoding="utf-8")
    assert figures.replaced(readme, figures.render(load())) == readme, "run: make figures"


def test_every_entry_can_be_told_and_made_again() -> None:
    for name, entry in load().items():
        assert set(entry) == {"what", "figures", "command", "commit", "sources", "date", "python"}, name
        assert "python -m benchmarks" in entry["command"], name
        assert name in figures.TELL, name


def test_every_proof_has_a_line_in_the_readme() -> None:
    assert set(soak.PROOFS) <= set(figures.TELL)


def test_a_readme_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        figures.replaced("no markers", "")
