"""Run every bench of this folder in a process of its own, then print one table of all figures.

    python -m bench                 everything, at full size
    python -m bench ingest          some of them
    python -m bench --quick         everything, at small sizes

A bench is a module with `main()`; figures are the lines that begin like a row of
`bench.figures`. A bench that fails is named, and the others still run. Exit code 1 if one
failed; a missed target does not fail, since the machine may be busy.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from bench.figures import HEAD, ROW

HERE = Path(__file__).parent
NOT_BENCHES = frozenset({"__init__", "__main__", "figures", "served_archive"})
QUICK = {
    "after_answer": ("--pages", "50"),
    "ingest": ("--mib", "256"),
    "listeners": ("--pages", "30"),
    "reading": ("--pages", "8"),
    "search": ("4000",),
    "transcription": ("--chunks", "12", "--hours", "0.1"),
}


def benches() -> list[str]:
    """Return the names of the bench modules of this folder."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NOT_BENCHES)


def run(name: str, arguments: tuple[str, ...]) -> tuple[int, list[str]]:
    """Run one bench and echo its output; return its exit code and its rows."""
    print(f"\n== {name} {' '.join(arguments)}", flush=True)
    rows = []
    with subprocess.Popen(
        [sys.executable, "-m", f"bench.{name}", *arguments],
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            if line.startswith(ROW):
                rows.append(line.rstrip("\n"))
    return process.returncode, rows


def table(rows: list[str]) -> str:
    """Format the rows as a table with a header."""
    cells = [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in rows]
    lines = [list(HEAD), *cells]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEAD))]
    padded = [
        ROW + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([padded[0], rule, *padded[1:]])


def main() -> int:
    """Run the named benches and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(benches())}")
    parser.add_argument("--quick", action="store_true", help="small sizes")
    options = parser.parse_args()
    if unknown := set(options.names) - set(benches()):
        parser.error(f"there is no bench {', '.join(sorted(unknown))}")
    rows: list[str] = []
    failed = []
    for name in options.names or benches():
        code, printed = run(name, QUICK.get(name, ()) if options.quick else ())
        rows += printed
        if code:
            failed.append(f"{name} (exit code {code})")
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"\nLoad of the machine at the end: {load}, on {os.cpu_count()} processors.\n")
    if rows:
        print(table(rows))
    for name in failed:
        print(f"failed: {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
