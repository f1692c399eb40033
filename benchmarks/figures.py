"""Writes the README's figures from docs/figures.json, between `<!-- figures:begin -->` and `<!-- figures:end -->`.

`python -m benchmarks.figures [--take FILE]`: with FILE, the docs/figures.json of another clone (a proof takes long, and
wants a machine and a tree that stand still), its entries are taken first where they are newer.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.record import ROOT, keep, load

README = ROOT / "README.md"
BEGIN, END = "<!-- figures:begin -->", "<!-- figures:end -->"


def _truth(f: Mapping[str, Any]) -> str:
    return (
        f"{f['exact']} of {f['portfolios']} portfolios exact ({f['seeds']} seeds, scales "
        f"{' and '.join(map(str, f['scales']))}; {f['planted']} findings planted): {f['missing']} missing, "
        f"{f['extra']} extra; "
        f"writes of the first runs {f['writes_first_run']}, of the second {f['writes_second_run']}, "
        f"of the third {f['writes_third_run']}; {f.get('in_another_order', 0)} read anew in another order: "
        f"{f.get('in_another_order_other_findings', 0)} other findings"
    )


def _rules(f: Mapping[str, Any]) -> str:
    return (
        f"each of {f['rules']} rules taken out in turn, and noticed {f['missed']} times (findings missing: "
        + ", ".join(f"`{kind}` {count}" for kind, count in f["findings_missing_without"].items())
        + ")"
    )


def _kills(f: Mapping[str, Any]) -> str:
    return (
        f"{f['kills_at_requests']} kills, of the {f['kills_at_requests_of']} possible at {f['write_requests']} write "
        f"requests of two plans, of {f['kinds_killed_at']} kinds by tool; {f['kills_at_random']} at random moments: "
        f"{f['duplicates']} duplicates, {f['other_end_states']} end states other than undisturbed"
    )


def _traffic(f: Mapping[str, Any]) -> str:
    return f"{f['exchanges']} exchanges, {f['unexplained']} unexplained findings ({f['explained']} explained)"


def _requests(f: Mapping[str, Any]) -> str:
    parts = [
        f"{name}: full pull {one['full_pull']['left']} of at least {one['full_pull']['least']}, quiet cycle "
        f"{one['quiet']['left']} of {one['quiet']['least']}, {one['writes']['writes']} writes in "
        f"{one['writes']['left']} of {one['writes']['least']}"
        for name, one in f["connections"].items()
    ]
    return "; ".join(parts)


def _speed(f: Mapping[str, Any]) -> str:
    return (
        f"{f['records']} records: {f['records_per_s']} a second, {f['client_cpu_us_per_record']} µs of CPU each, peak "
        f"{f['peak_memory_mb']} MB; requests of at least: "
        + ", ".join(f"{name} {one['left']} of {one['least']}" for name, one in f["requests"].items())
        + f"; reading and parsing the same pages alone: {f['bound_records_per_s']} a second"
    )


def _mapping(f: Mapping[str, Any]) -> str:
    return (
        f"{f['parsed_and_mapped_per_s']} records a second parsed, mapped and searched for links on one core "
        f"({f['source']}); mapping takes {f['mapping_by_json_loads']} times as long as `json.loads` of the same bytes"
    )


def _remap(f: Mapping[str, Any]) -> str:
    small, large = f["small"], f["large"]
    return (
        f"{large['records']} stored records ({f['source']}): {large['records_per_cpu_s']} a second of CPU, read, "
        f"mapped, compared and stored; peak {large['peak_memory_mb']} MB, and {small['peak_memory_mb']} MB for "
        f"{small['records']}: {f['memory_ratio']} times as much; reading and parsing the same rows alone: "
        f"{large['bound_records_per_cpu_s']} a second"
    )


def _stand_ins(f: Mapping[str, Any]) -> str:
    parts = [
        f"{service}: "
        + ", ".join(f"{one['per_s']} {name} (at least {one['at_least_per_s']})" for name, one in rates.items())
        for service, rates in f["services"].items()
    ]
    return "a second of the wall clock, by one client: " + "; ".join(parts)


TELL: dict[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    "truth": ("Findings against what was planted", _truth),
    "rules": ("Every rule is needed", _rules),
    "kills": ("Killed at any write", _kills),
    "traffic": ("Traffic against the official descriptions", _traffic),
    "requests": ("Requests against the least possible", _requests),
    "speed": ("Speed of a full pull", _speed),
    "mapping": ("Speed of the mapping", _mapping),
    "remap": ("Mapping stored records again", _remap),
    "stand-ins": ("Speed of the stand-ins", _stand_ins),
}
"""Proof -> its title and how its figures are told; the order is the README's."""


def render(document: Mapping[str, Mapping[str, Any]]) -> str:
    """The block, markers included."""
    lines = [BEGIN]
    if document:
        lines += ["| what | measured | made by | on |", "|---|---|---|---|"]
    for name, (title, tell) in TELL.items():
        if name in document:
            entry = document[name]
            made = f"{entry['date']}, `{entry['commit']}`, Python {entry['python']}"
            lines.append(f"| {title} | {tell(entry['figures'])} | `{entry['command']}` | {made} |")
    return "\n".join([*lines, END])


def replaced(text: str, block: str) -> str:
    """The README with its block replaced.

    Raises:
        ValueError: It has not exactly one pair of markers.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"README.md needs exactly one {BEGIN} and one {END}")
    before, rest = text.split(BEGIN)
    return before + block + rest.split(END)[1]


def main() -> None:
    """Take what was measured elsewhere, and write the README."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.figures", description=__doc__)
    parser.add_argument("--take", nargs="*", type=Path, default=[], help="docs/figures.json of other clones")
    for path in parser.parse_args().take:
        keep(json.loads(path.read_text(encoding="utf-8")))
    README.write_text(replaced(README.read_text(encoding="utf-8"), render(load())), encoding="utf-8")


if __name__ == "__main__":
    main()
