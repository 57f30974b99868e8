"""A measured figure beside its target, as a row of the table that `python -m bench` collects."""

from __future__ import annotations

import os
from dataclasses import dataclass

ROW = "| "
HEAD = ("figure", "measured", "target", "kept", "load")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`measured` must not exceed `target`; `note` says what it was measured on."""

    name: str
    measured: float
    target: float
    unit: str
    note: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether the target was met."""
        return self.measured <= self.target

    def row(self) -> str:
        """One line of a table; the load of the machine stands beside every figure."""
        name = f"{self.name} ({self.note})" if self.note else self.name
        kept = "yes" if self.is_kept else "NO"
        cells = (
            name, f"{self.measured:,.2f} {self.unit}", f"≤ {self.target:,.2f} {self.unit}", kept,
            f"{os.getloadavg()[0]:.1f}",
        )  # fmt: skip
        return ROW + " | ".join(cells) + " |"


def tell(*figures: Figure) -> None:
    """Print them; whoever runs all benches finds these lines again."""
    for figure in figures:
        print(figure.row(), flush=True)


def peak_mib(pid: int) -> float:
    """The most memory that a running process has had resident, in MiB (Linux)."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        [kib] = [line.split()[1] for line in status if line.startswith("VmHWM:")]
    return int(kib) / 1024
