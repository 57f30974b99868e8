"""The modules to mutate and the test files of each; the fastest file comes first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Target:
    """Modules, as glob patterns below the root, and the test files run for their mutants."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


TARGETS = (
    Target(
        ("archive/access/*.py",),
        (
            "tests/archive/access/test_access.py",
            "tests/archive/access/test_visibility.py",
            "tests/archive/actions/accounts/test_sessions.py",
            "tests/archive/actions/discovery/test_search.py",
        ),
    ),
    Target(
        ("transcription/merging.py",),
        ("tests/transcription/test_shared_vectors.py", "tests/transcription/test_merging.py"),
    ),
    Target(
        ("media/vault*.py",),
        ("tests/media/test_vault.py",),
    ),
    Target(
        ("archive/queue/*.py",),
        (
            "tests/archive/test_queue_clock.py",
            "tests/archive/test_queue_interruptions.py",
            "tests/archive/test_queue_enqueue.py",
            "tests/archive/test_queue.py",
            "tests/archive/test_queue_retry.py",
            "tests/archive/jobs/test_worker.py",
        ),
    ),
    Target(
        ("search/backends/evaluation.py",),
        (
            "tests/search/backends/test_evaluation.py",
            "tests/search/backends/test_postings.py",
            "tests/search/backends/test_on_disk.py",
            "tests/contracts/test_search_backends.py",
        ),
    ),
)


def modules_of(target: Target, root: Path) -> list[str]:
    """Return the paths of the target's modules, relative to the root, sorted."""
    found = {path for pattern in target.modules for path in root.glob(pattern)}
    return sorted(path.relative_to(root).as_posix() for path in found)


def target_of(module: str, root: Path) -> Target:
    """Return the target of a module; raises LookupError when there is none."""
    for target in TARGETS:
        if module in modules_of(target, root):
            return target
    raise LookupError(module)
