#!/usr/bin/env python3
"""Django's commands for this project."""

import sys


def main() -> None:
    """Run one management command."""
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed here. Run `make .venv`, then use .venv/bin/python manage.py …")

    from restorative.boot import load_settings, make_demo_environment

    if sys.argv[1:2] == ["serve"]:
        make_demo_environment()
    load_settings()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
