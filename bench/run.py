"""One run: the data of each size, the measurements on it, and the results."""

import argparse
import time

from django.db import connection

from bench import cloning, databases, plan, progress, stories


def run(options: argparse.Namespace) -> None:
    """Make what is missing, measure each size and write the results so far after each."""
    sizes = make_data(options)
    if options.fill:
        return
    from bench import acts, cases, measuring, report

    found = []
    for size in sizes:
        databases.use(databases.name_of(size))
        print(f"{size:,} referrals", flush=True)
        meter = measuring.Meter(size, rounds=options.rounds, seconds=options.seconds)
        for case in cases.all_cases(options.only):
            found.append(_told(meter.pages(case)))
        for act in acts.all_acts(options.only):
            found.append(_told(meter.acts(act)))
        report.write(found, options)
    connection.close()


def _told(row):
    print(
        f"  {row.name:<34} {row.queries:>4} queries {row.p50:>9,.1f} ms  p95 {row.p95:>9,.1f} ms "
        f"(Python {row.python:>7,.1f}, PostgreSQL {row.postgresql:>7,.1f}; {len(row.samples)} rounds)",
        flush=True,
    )
    return row


def make_data(options: argparse.Namespace) -> list[int]:
    """The databases of the wanted sizes, each grown from the next smaller one."""
    before = databases.name_of("stories")
    if options.fresh or not databases.is_usable(before, any_code=options.reuse):
        options.fresh = True
        stories.play(before)
        plan.write_casts()
    for size in options.sizes:
        name = databases.name_of(size)
        if options.fresh or not databases.is_usable(name, any_code=options.reuse):
            databases.make(name, before)
            grow(size)
            databases.finish(name)
        before = name
    return options.sizes


def grow(size: int) -> None:
    """Clone until there are so many referrals, and have PostgreSQL learn what there is."""
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM bench.stories), (SELECT coalesce(max(n), 0) FROM bench.units)"
        )
        played, cloned = cursor.fetchone()
    if played + cloned < size:
        tables = cloning.read_tables()
        plan.write_units(cloned + 1, size - played)
        cloning.clone(tables, cloned + 1, size - played, progress.bar(f"{size:,} referrals"))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(f"\r{size:,} referrals made in {time.monotonic() - started:,.0f} s{' ' * 40}", flush=True)
