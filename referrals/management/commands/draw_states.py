"""manage.py draw_states: draws docs/states.svg from the table of steps in stages.py. Pure Python; the file is text."""

from argparse import ArgumentParser
from html import escape
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from referrals.enums import Stage
from referrals.stages import STEPS

TARGET = Path(settings.BASE_DIR) / "docs" / "states.svg"
ORDER = (Stage.LOGGED, Stage.PREPARING, Stage.BOOKED, Stage.FOLLOW_UP, Stage.PAUSED, Stage.CLOSED)
LEFT, TOP, COLUMN, ROW, BOX = 190, 70, 150, 34, 110


class Command(BaseCommand):
    """Writes the drawing; `--check` only reports whether the file is up to date."""

    help = "Draw docs/states.svg from the table of steps; --check fails when the file is not current."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing, fail when it is not current"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        drawn = draw()
        if not options["check"]:
            TARGET.write_text(drawn, encoding="utf-8")
        elif not TARGET.exists() or TARGET.read_text(encoding="utf-8") != drawn:
            raise CommandError(
                "docs/states.svg is not what the table of steps gives: run manage.py draw_states."
            )


def _arrows() -> list[tuple[str, Stage, Stage | None]]:
    """(step, from, to); to None: back to the stage it was paused in."""
    return [(step.name, start, step.to) for step in STEPS.values() for start in step.froms]


def _x(stage: Stage) -> int:
    return LEFT + ORDER.index(stage) * COLUMN


def draw() -> str:
    """The stages as columns; a row per arrow, with the step's name. The same table always gives the same bytes."""
    arrows = _arrows()
    width, height = _x(ORDER[-1]) + COLUMN, TOP + ROW * len(arrows) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="title words" '
        'font-family="system-ui, sans-serif" font-size="14">',
        '<title id="title">The steps of a referral</title>',
        f'<desc id="words">{escape(_in_words(arrows))}</desc>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0 10 5 0 10z" fill="#47286b"/></marker></defs>',
    ]
    for stage in ORDER:
        parts += _column(stage, height)
    for row, arrow in enumerate(arrows):
        parts += _row(TOP + ROW * row + ROW, *arrow)
    return "\n".join([*parts, "</svg>", ""])


def _in_words(arrows: list[tuple[str, Stage, Stage | None]]) -> str:
    return "; ".join(f"{name}: {start} to {to or 'where it was paused'}" for name, start, to in arrows)


def _column(stage: Stage, height: int) -> list[str]:
    x = _x(stage)
    return [
        f'<line x1="{x}" y1="46" x2="{x}" y2="{height - 10}" stroke="#d3cedb" stroke-width="2"/>',
        f'<rect x="{x - BOX // 2}" y="14" width="{BOX}" height="32" rx="4" fill="#47286b"/>',
        f'<text x="{x}" y="35" text-anchor="middle" fill="#ffffff" font-weight="600">{escape(str(stage.label))}</text>',
    ]


def _row(y: int, name: str, start: Stage, to: Stage | None) -> list[str]:
    x = _x(start)
    label = f'<text x="12" y="{y + 5}" fill="#1d1a26">{escape(name.replace("_", " "))}</text>'
    dot = f'<circle cx="{x}" cy="{y}" r="5" fill="#47286b"/>'
    if to is None:
        words = f'<text x="{x - 12}" y="{y + 5}" text-anchor="end" fill="#1d1a26">back to where it was</text>'
        return [label, dot, words]
    if to == start:
        loop = (
            f'<path d="M{x + 4} {y - 4} h34 v10 h-34" fill="none" stroke="#47286b" stroke-width="2" {HEAD}/>'
        )
        return [label, dot, loop]
    end = _x(to) + (-6 if to_the_right(start, to) else 6)
    return [label, dot, f'<path d="M{x} {y} H{end}" stroke="#47286b" stroke-width="2" {HEAD}/>']


HEAD = 'marker-end="url(#head)"'


def to_the_right(start: Stage, to: Stage) -> bool:
    """Whether an arrow points to the right."""
    return ORDER.index(to) > ORDER.index(start)
