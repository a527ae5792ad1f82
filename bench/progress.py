"""The progress bar of what takes long."""

import sys
from collections.abc import Callable


def bar(what: str) -> Callable[[float], None]:
    """A progress bar on the standard error; in a log, a line for each tenth."""
    steps, last = (100, "\r") if sys.stderr.isatty() else (10, "\n"), -1

    def show(part: float) -> None:
        nonlocal last
        (count, end) = steps
        if int(part * count) > last:
            last = int(part * count)
            full = int(part * 40)
            sys.stderr.write(f"{what} [{'#' * full}{'.' * (40 - full)}] {part:4.0%}{end}")
            sys.stderr.flush()

    return show
