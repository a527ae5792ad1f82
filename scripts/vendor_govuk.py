"""Copies the parts of govuk-frontend that we use from npm into static/vendor/govuk-frontend/.
Run by hand when the version changes; pages never fetch anything. Our own styles are in static/css/.

    python scripts/vendor_govuk.py            # needs npm and a connection
    python scripts/vendor_govuk.py FOLDER     # an unpacked package, no connection
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

VERSION = "6.6.0"
ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "static" / "vendor" / "govuk-frontend"
FIXTURES = ROOT / "restorative" / "common" / "tests" / "govuk_fixtures"

# Blocks whose rules are kept. Other govuk- classes have no style; our own classes start with "rp-".
BLOCKS = {
    "back-link", "body", "body-l", "button", "button-group", "checkboxes", "details", "error-message", "error-summary",
    "fieldset", "form-group", "heading-l", "heading-m", "heading-s", "hint", "input", "inset-text", "label",
    "label-wrapper", "link",
    "list", "radios", "select", "skip-link", "summary-list", "table", "tag", "task-list",
    "textarea", "visually-hidden", "warning-text",
}  # fmt: skip
# Variants that we never use.
UNUSED = re.compile(
    r"--(inverse|start|xl|l-spacious|orange|magenta|pink|turquoise|purple|teal|large|extra-letter-spacing"
    r"|no-underline|text-colour|no-visited-state|muted|rebranded|spaced|card|small-text-until-tablet)\b"
    r"|__(prefix|suffix|wrapper|caption|start-icon|divider)\b|--width-(2|3|4|30)\b|summary-card|-image\b"
)
MODULES = [
    "components/button/button.mjs",
    "components/error-summary/error-summary.mjs",
    "components/skip-link/skip-link.mjs",
]
# Components that tests compare our templates with.
TESTED = [
    "button", "checkboxes", "error-summary", "input", "radios", "select", "summary-list", "tag", "task-list",
    "textarea", "warning-text",
]  # fmt: skip

LICENCE = """The MIT License (MIT)

Copyright (C) 2017 Crown Copyright (Government Digital Service)

Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies
of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""

HEADER = (
    "/*! Parts of govuk-frontend {version} (MIT, see LICENCE.txt). Written by scripts/vendor_govuk.py. */\n"
)

START = """
document.body.classList.add("js-enabled", "govuk-frontend-supported");
for (const Component of [Button, ErrorSummary, SkipLink]) {
  document.querySelectorAll(`[data-module="${Component.moduleName}"]`).forEach(($root) => new Component($root));
}
"""


def blocks(css: str) -> Iterator[tuple[str, str]]:
    """The top-level (prelude, body) pairs of a minified style sheet; body is '' for a statement such as @charset."""
    start = depth = opened = 0
    for place, letter in enumerate(css):
        if letter == "{":
            depth += 1
            if depth == 1:
                opened = place
        elif letter == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened].strip(), css[opened + 1 : place]
                start = place + 1
        elif letter == ";" and depth == 0:
            yield css[start:place].strip(), ""
            start = place + 1


def wanted(selector: str) -> bool:
    """Whether a selector names only blocks that we use."""
    names = re.findall(r"\.(govuk-[\w!\\-]+)", selector)
    if not names or UNUSED.search(selector):
        return False
    return all(re.split(r"__|--", name.removeprefix("govuk-"))[0] in BLOCKS for name in names)


def declarations(body: str) -> str:
    """A rule's body without the licensed font and without declarations for one old browser."""
    kept = []
    for part in body.split(";"):
        if re.match(
            r"-webkit-font-smoothing|-moz-osx-font-smoothing|-webkit-text-decoration-skip|-ms-", part
        ):
            continue
        if part == "font-family:sans-serif":
            continue
        kept.append(re.sub(r"font-family:GDS Transport,.*", "font-family:inherit", part))
    return ";".join(filter(None, kept))


def trim(css: str) -> str:
    """The style sheet with only the rules of BLOCKS, without fonts and URLs."""
    kept = []
    for prelude, body in blocks(re.sub(r"/\*.*?\*/", "", css, flags=re.S)):
        if prelude.startswith(("@media", "@supports")):
            inner = (
                ":root{" + body + "}" if prelude == "@media print" and body.startswith("--") else trim(body)
            )
            if inner and "attr(href)" not in inner:
                kept.append(f"{prelude}{{{inner}}}")
        elif prelude.startswith("@"):
            continue
        elif prelude == ":root":
            kept.append(f":root{{{body}}}")
        else:
            selectors = ",".join(one for one in prelude.split(",") if wanted(one))
            body = declarations(body)
            if selectors and body:
                kept.append(f"{selectors}{{{body}}}")
    return "".join(kept)


def join_modules(source: Path) -> str:
    """The modules and their imports as one file, each once, in dependency order."""
    done: list[Path] = []
    texts: list[str] = []

    def take(path: Path) -> None:
        path = path.resolve()
        if path in done:
            return
        done.append(path)
        text = path.read_text()
        for address in re.findall(r"^import .* from '([^']+)';$", text, flags=re.M):
            take(path.parent / address)
        text = re.sub(r"^import .*;$|^export \{.*\};$|^//# sourceMappingURL.*$", "", text, flags=re.M)
        text = re.sub(r"/\*\*.*?\*/\n?", "", text, flags=re.S)
        text = re.sub(r"^const _self = .*;$", "", text, flags=re.M)
        texts.append(re.sub(r"\n{2,}", "\n", text).strip())

    for module in MODULES:
        take(source / module)
    return "const _self = globalThis;\n" + "\n".join(texts) + "\n" + START.lstrip()


def fixtures(source: Path, component: str) -> dict:
    """A component's fixtures, reduced to name, options and markup."""
    known = json.loads((source / "components" / component / "fixtures.json").read_text())
    kept = [{key: one[key] for key in ("name", "options", "html")} for one in known["fixtures"]]
    return {"component": component, "version": VERSION, "fixtures": kept}


def vendor(package: Path) -> None:
    """Write the style sheet, the script, the licence and the fixtures from an unpacked package."""
    version = json.loads((package / "package.json").read_text())["version"]
    if version != VERSION:
        raise SystemExit(f"The package is {version}; this script is written for {VERSION}.")
    source = package / "dist" / "govuk"
    css = trim((source / "govuk-frontend.min.css").read_text())
    for unwanted in ("url(", "GDS", "sourceMapping", "@font-face", "crown"):
        if unwanted in css:
            raise SystemExit(f"{unwanted!r} is still in the style sheet.")
    TARGET.mkdir(parents=True, exist_ok=True)
    FIXTURES.mkdir(parents=True, exist_ok=True)
    header = HEADER.format(version=VERSION)
    (TARGET / "govuk-frontend.css").write_text(header + css.replace("}", "}\n") + "\n")
    (TARGET / "govuk-frontend.js").write_text(header + join_modules(source))
    (TARGET / "LICENCE.txt").write_text(LICENCE)
    for component in TESTED:
        text = json.dumps(fixtures(source, component), indent=1, ensure_ascii=False)
        (FIXTURES / f"{component}.json").write_text(text + "\n")


def main() -> None:
    if len(sys.argv) > 1:
        vendor(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", f"govuk-frontend@{VERSION}", "--silent"], cwd=folder, check=True)
        shutil.unpack_archive(next(Path(folder).glob("*.tgz")), folder, "gztar")
        vendor(Path(folder) / "package")


if __name__ == "__main__":
    main()
