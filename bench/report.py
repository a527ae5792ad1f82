"""The results: a table that says whether each page keeps its budget, every measurement as JSON, and the chart."""

import argparse
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import chart
from bench.measuring import Cost, Row, Sample

LIST_MS, PAGE_MS, ACTION_MS = 30, 50, 150
SQL_TIMES, QUERIES, GROWTH, CHANGELIST_TIMES = 2, 15, 1.3, 5
BUDGET = f"""\
A list costs at most its floor + {LIST_MS} ms, and its SQL at most {SQL_TIMES} × the floor's. Any other page costs at
most its floor + {PAGE_MS} ms. Every page runs at most {QUERIES} queries. p95 at the largest size is at most {GROWTH} ×
p95 at the smallest. At the largest size a list is at least {CHANGELIST_TIMES} × faster than Django admin's changelist.
An action costs at most {ACTION_MS} ms. Except for p95, the median counts.
"""
ABOUT = """\
`make bench` made this; bench/README.md says how. All times are milliseconds of CPU, in Python and in PostgreSQL
together. The *floor* is a bare view with the same sign-in, SQL written by hand and the same number of rows shown.
The *changelist* is that of Django admin for the same rows. Neither asks who may see what.
"""


def write(rows: list[Row], options: argparse.Namespace) -> None:
    """Write pages.md, pages.svg and pages.json."""
    options.out.mkdir(parents=True, exist_ok=True)
    before = read(options.before) if options.before else []
    (options.out / "pages.json").write_text(json.dumps([row.as_json() for row in rows]) + "\n")
    (options.out / "pages.md").write_text(page(rows, before))
    (options.out / "pages.svg").write_text(chart.draw(rows))
    print(f"results are in {options.out}")


def read(path: Path) -> list[Row]:
    """The rows of an earlier pages.json."""
    return [_row(each) for each in json.loads(path.read_text())]


def _row(found: dict[str, Any]) -> Row:
    costs = {name: Cost(**_samples(found.pop(name))) for name in ("floor", "changelist")}
    return Row(**_samples(found), **costs)


def _samples(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "samples": [Sample(**each) for each in found["samples"]]}


def page(rows: list[Row], before: list[Row]) -> str:
    """The whole of pages.md."""
    sizes = sorted({row.size for row in rows})
    smallest = {row.name: row for row in rows if row.size == sizes[0]}
    judged = [judge(row, smallest[row.name]) for row in rows if row.size == sizes[-1]]
    load, _, _ = os.getloadavg()
    machine = f"Measured with {os.cpu_count()} processors and a load of {load:.1f}: on a busy machine all costs more.\n"
    parts = ["# What pages cost\n", ABOUT, machine, f"**Budget.** {BUDGET}", f"## {sizes[-1]:,} referrals\n"]
    parts += [_budget_table(judged, sizes, before), "![Chart of the same](pages.svg)\n"]
    for size in sizes:
        parts += [f"## Everything measured with {size:,} referrals\n", _size_table(rows, size)]
    return "\n".join(parts)


@dataclass(frozen=True)
class Judged:
    """A row at the largest size, beside the budget. A part that does not apply is None."""

    row: Row
    over_floor: float | None
    sql_times: float | None
    growth: float | None
    changelist_times: float | None
    misses: list[str]


def judge(row: Row, smallest: Row) -> Judged:
    """What of the budget a row keeps."""
    acts = row.kind == "action"
    over = None if acts else row.p50 - row.floor.p50
    sql = row.postgresql / row.floor.postgresql if row.kind == "list" and row.floor.postgresql else None
    growth = row.p95 / smallest.p95 if smallest.size != row.size and not acts else None
    times = row.changelist.p50 / row.p50 if row.changelist.samples else None
    allowed = LIST_MS if row.kind == "list" else PAGE_MS
    misses = {
        "over the floor": over is not None and over > allowed,
        "SQL": sql is not None and sql > SQL_TIMES,
        "queries": not acts and row.queries > QUERIES,
        "growth": growth is not None and growth > GROWTH,
        "changelist": times is not None and times < CHANGELIST_TIMES,
        "cost": acts and row.p50 > ACTION_MS,
    }
    return Judged(row, over, sql, growth, times, [name for name, missed in misses.items() if missed])


def _budget_table(judged: list[Judged], sizes: list[int], before: list[Row]) -> str:
    heads = [
        "Page",
        "Queries",
        "p50",
        "p95",
        "Floor",
        "Over floor",
        "SQL ÷ floor’s",
        f"p95 ÷ at {sizes[0]:,}",
    ]
    heads += ["Changelist ÷ page", "Budget"]
    earlier = {row.name: row for row in before if row.size == sizes[-1]}
    lines = []
    for each in judged:
        row = each.row
        cells = [
            row.name,
            str(row.queries),
            _ms(row.p50),
            _ms(row.p95),
            _ms(row.floor.p50),
            _ms(each.over_floor),
        ]
        cells += [_times(each.sql_times), _times(each.growth), _times(each.changelist_times)]
        cells.append(f"misses: {', '.join(each.misses)}" if each.misses else "met")
        if before:
            old = earlier.get(row.name)
            cells.insert(2, f"{_ms(old.p50)} ({old.queries} queries)" if old else "–")
        lines.append(cells)
    if before:
        heads.insert(2, "p50 before")
    met = sum(not each.misses for each in judged)
    return f"{met} of {len(judged)} keep the whole budget.\n\n{_table(heads, lines)}"


def _size_table(rows: list[Row], size: int) -> str:
    heads = [
        "Page",
        "Queries",
        "p50",
        "of it Python",
        "of it PostgreSQL",
        "p95",
        "Floor p50",
        "Floor PostgreSQL",
    ]
    heads += ["Changelist p50", "Rounds"]
    lines = [
        [
            row.name,
            str(row.queries),
            *(_ms(value) for value in (row.p50, row.python, row.postgresql, row.p95)),
            *(_ms(value or None) for value in (row.floor.p50, row.floor.postgresql, row.changelist.p50)),
            str(len(row.samples)),
        ]
        for row in rows
        if row.size == size
    ]
    return _table(heads, lines)


def _table(heads: list[str], lines: list[list[str]]) -> str:
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, rule, *lines))


def _ms(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"


def _times(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
