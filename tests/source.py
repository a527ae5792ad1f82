"""The project's source, parsed: modules and their imports, for tests of conventions.
The conventions themselves are in the tests."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

BASE = Path(settings.BASE_DIR)
# From the bottom up: an app imports only those before it.
APPS = (
    "restorative.common",
    "restorative.audit",
    "restorative.notify",
    "restorative.accounts",
    "referrals",
    "meetings",
    "casework",
    "portal",
    "reports",
)
TOP = "restorative"  # urls, celery, settings and other modules above all apps


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name, its path and its syntax tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def app(self) -> str:
        return app_of(self.name)

    @property
    def room(self) -> str:
        """The first name inside the app: 'views', 'models', 'presenters_page'."""
        return self.name.removeprefix(self.app).strip(".").split(".")[0]

    @property
    def text(self) -> str:
        return self.path.read_text()


@dataclass(frozen=True)
class Import:
    """A name that one module imports from another at runtime, not only for type checking."""

    module: Module
    target: str
    line: int

    def __str__(self) -> str:
        return f"{self.module.name}:{self.line} → {self.target}"


def app_of(name: str) -> str:
    """The app of a dotted name; TOP for modules above all apps; '' for other packages."""
    for app in APPS:
        if name == app or name.startswith(f"{app}."):
            return app
    return TOP if name == TOP or name.startswith(f"{TOP}.") else ""


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the project except tests and migrations."""
    found = []
    for folder in ("restorative", "referrals", "meetings", "casework", "portal", "reports"):
        for path in sorted((BASE / folder).rglob("*.py")):
            parts = path.relative_to(BASE).with_suffix("").parts
            if not {"tests", "migrations"} & set(parts):
                name = ".".join(parts).removesuffix(".__init__")
                found.append(Module(name, path, ast.parse(path.read_text())))
    return tuple(found)


def imports(module: Module) -> Iterator[Import]:
    """A module's imports, at the top or inside functions, without those for type checking only."""
    for_types = {
        id(inner)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(module.tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (Import(module, alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = _package(module, node)
            yield from (Import(module, f"{package}.{alias.name}", node.lineno) for alias in node.names)


def _package(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    if module.path.name != "__init__.py":
        parts = parts[:-1]
    parts = parts[: len(parts) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])
