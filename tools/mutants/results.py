"""Results of mutants in a file of JSON lines, so that a run can be stopped and continued."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from tools.mutants.sampling import Mutant

Outcome = Literal["killed", "survived", "timeout"]


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one mutant; `seconds` is how long its tests ran."""

    key: str
    digest: str
    outcome: Outcome
    seconds: float
    change: str


class ResultsFile:
    """Append-only file of results; the last line about a mutant counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._results = {(result.key, result.digest): result for result in self._read()}

    def find(self, mutant: Mutant) -> Result | None:
        """Return the result of a mutant of the module as it is now, or None."""
        return self._results.get((mutant.key, mutant.digest))

    def add(self, result: Result) -> None:
        """Append a result."""
        with self._lock:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
            self._results[result.key, result.digest] = result

    def _read(self) -> Iterator[Result]:
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    fields = json.loads(line)
                except json.JSONDecodeError:  # the tool was killed while it wrote the line
                    continue
                yield Result(**fields)


def report(mutants: Iterable[Mutant], results: ResultsFile) -> str:
    """Return the score and the survivors, as text."""
    found = [(mutant, results.find(mutant)) for mutant in mutants]
    tested = [(mutant, result) for mutant, result in found if result is not None]
    survivors = sorted(
        (mutant.module, mutant.line, mutant.change)
        for mutant, result in tested
        if result.outcome == "survived"
    )
    lines = ["Survivors:", *(f"  {change}" for *_place, change in survivors)] if survivors else []
    detected = len(tested) - len(survivors)
    share = f" ({100 * detected / len(tested):.1f} %)" if tested else ""
    timeouts = sum(result.outcome == "timeout" for _mutant, result in tested)
    lines.append(
        f"{detected} of {len(tested)} mutants detected{share}, {timeouts} of them by the time "
        f"limit; {len(found) - len(tested)} not tested yet"
    )
    return "\n".join(lines)
