"""Install the browser's libraries and fonts and check their digests.

`python -m tools.browser_files` runs at set-up. The files must have the SHA-256 in
`browser_files.json`; `--update` rewrites it after a version was changed in `package.json`.
A second run has nothing to do.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools import npm

HERE = Path(__file__).parent
ROOT = HERE.parent
STATIC = ROOT / "archive" / "web" / "static"
MANIFEST = HERE / "browser_files.json"

_SERIF = "@fontsource-variable/source-serif-4/"
_SANS = "@fontsource/be-vietnam-pro/"
PRODUCT_FILES = {
    "tus-js-client/dist/tus.min.js": "vendor/tus.min.js",
    "tus-js-client/LICENSE": "vendor/LICENSE-tus-js-client",
    "wavesurfer.js/dist/wavesurfer.esm.js": "vendor/wavesurfer.esm.js",
    "wavesurfer.js/dist/plugins/regions.esm.js": "vendor/wavesurfer-regions.esm.js",
    "wavesurfer.js/LICENSE": "vendor/LICENSE-wavesurfer",
    _SANS + "LICENSE": "fonts/OFL-be-vietnam-pro.txt",
    _SERIF + "LICENSE": "fonts/OFL-source-serif-4.txt",
    **{
        f"{_SANS}files/{name}.woff2": f"fonts/{name}.woff2"
        for name in (
            "be-vietnam-pro-latin-400-normal",
            "be-vietnam-pro-latin-500-normal",
            "be-vietnam-pro-latin-600-normal",
            "be-vietnam-pro-latin-ext-400-normal",
            "be-vietnam-pro-vietnamese-400-normal",
            "be-vietnam-pro-vietnamese-500-normal",
            "be-vietnam-pro-vietnamese-600-normal",
        )
    },
    **{
        f"{_SERIF}files/{name}.woff2": f"fonts/{name}.woff2"
        for name in (
            "source-serif-4-latin-ext-wght-normal",
            "source-serif-4-latin-wght-italic",
            "source-serif-4-latin-wght-normal",
            "source-serif-4-vietnamese-wght-italic",
            "source-serif-4-vietnamese-wght-normal",
        )
    },
}

TEST_FILES = {"axe-core/axe.min.js": "tests/browser/vendor/axe.min.js"}


class BrowserFilesMissing(Exception):
    """The files could not be fetched or have other digests than the manifest."""


def missing(files: Mapping[str, str]) -> list[str]:
    """Return the names of files that are missing or have another digest than the manifest."""
    manifest = _manifest()
    return [name for name in files.values() if _digest(_target_path(name)) != manifest.get(name)]


def fetch(files: Mapping[str, str], *, update: bool, with_dev: bool) -> None:
    """Install the packages in a temporary folder, check the files, then copy them."""
    with tempfile.TemporaryDirectory(prefix="loike-npm-") as aside:
        folder = Path(aside)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, folder / name)
        try:
            npm.install(folder, with_dev=with_dev)
        except npm.NpmFailed as error:
            raise BrowserFilesMissing(
                f"{error}; pages work without them, but with plainer fonts and without resuming "
                "uploads. Run `make setup` again when the package index answers."
            ) from error
        modules = folder / "node_modules"
        digests = {name: _digest(modules / source) for source, name in files.items()}
        if update:
            MANIFEST.write_text(json.dumps(digests, indent=2, sort_keys=True) + "\n", "utf-8")
        wrong = [name for name, digest in digests.items() if _manifest().get(name) != digest]
        if wrong:
            raise BrowserFilesMissing(f"these are not the files that were chosen: {wrong}")
        for source, name in files.items():
            target = _target_path(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(modules / source, target)


def _target_path(name: str) -> Path:
    """Return the path of a file: under static/ for the product, under tests/ for the tests."""
    return ROOT / name if name.startswith("tests/") else STATIC / name


def _manifest() -> dict[str, str]:
    if not MANIFEST.exists():
        return {}
    manifest: dict[str, str] = json.loads(MANIFEST.read_text("utf-8"))
    return manifest


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def main() -> int:
    """Run the command line; return 1 and print an error if a file is missing afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="rewrite the manifest")
    parser.add_argument("--tests", action="store_true", help="also the files of the browser tests")
    options = parser.parse_args()
    files = PRODUCT_FILES | TEST_FILES if options.tests or options.update else PRODUCT_FILES
    try:
        if options.update or missing(files):
            fetch(files, update=options.update, with_dev=options.tests or options.update)
    except BrowserFilesMissing as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
