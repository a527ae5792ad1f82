"""Pages about a meeting: plan, show, day of the meeting, call off, release, record."""
