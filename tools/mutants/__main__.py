"""`python -m tools.mutants`: test a sample of mutants, print the score and the survivors."""

from __future__ import annotations

import argparse
import queue
import signal
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tools.mutants.results import Result, ResultsFile, report
from tools.mutants.running import BaselineFailed, Copy, files_of
from tools.mutants.sampling import Mutant, all_mutants, sample
from tools.mutants.targets import target_of

ROOT = Path(__file__).parent.parent.parent
RESULTS = ROOT / "var" / "mutants.jsonl"
SEED = 20261130
COUNT = 300


def write_line(text: str) -> None:
    """Print a line at once, also into a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="how many mutants (%(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="of the sample (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, choices=(1, 2))
    parser.add_argument("--module", default="", help="only modules whose path begins with this")
    parser.add_argument("--results", type=Path, default=RESULTS, help="file of results")
    parser.add_argument("--again", action="store_true", help="test the survivors once more")
    parser.add_argument("--report", action="store_true", help="only print the results so far")
    return parser.parse_args(arguments)


def run(pending: Sequence[Mutant], results: ResultsFile, *, workers: int) -> None:
    """Test mutants in copies of the tree; an interrupt ends the tests that run."""
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        files = files_of(ROOT)
        copies = [Copy(ROOT, files, Path(folder) / str(n)) for n in range(workers)]
        free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for copy in copies:
            free.put(copy)

        def test(mutant: Mutant) -> Result:
            copy = free.get()
            try:
                return copy.test(mutant, target_of(mutant.module, ROOT))
            finally:
                free.put(copy)

        with ThreadPoolExecutor(workers) as pool:
            tests = [pool.submit(test, mutant) for mutant in pending]
            try:
                for done, future in enumerate(as_completed(tests), start=1):
                    result = future.result()
                    results.add(result)
                    write_line(f"{done}/{len(tests)} {result.outcome:8} {result.change}")
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                for copy in copies:
                    copy.stop()
                raise


def main(arguments: Sequence[str]) -> int:
    """Return the exit status: 0 even with survivors, since some change nothing that matters."""
    options = parse_arguments(arguments)
    possible = [m for m in all_mutants(ROOT) if m.module.startswith(options.module)]
    mutants = sample(possible, count=options.count, seed=options.seed)
    results = ResultsFile(options.results)
    known = {mutant.key: results.find(mutant) for mutant in mutants}
    pending = [
        mutant
        for mutant in mutants
        if (result := known[mutant.key]) is None or (options.again and result.outcome == "survived")
    ]
    write_line(f"{len(mutants)} of {len(possible)} mutants, {len(pending)} to test")
    # A job in the background is started with SIGINT ignored, and its tests would inherit that.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        if pending and not options.report:
            run(pending, results, workers=options.workers)
    except KeyboardInterrupt:
        write_line("interrupted: the same command continues")
    except BaselineFailed as failed:
        write_line(f"{failed.output}\n{failed}")
        return 1
    write_line(report(mutants, results))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
