"""Measured figures with their targets, as rows of the table that `python -m bench` prints."""

from __future__ import annotations

import os
from dataclasses import dataclass

ROW = "| "
HEAD = ("figure", "measured", "target", "kept", "load")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure: `measured` must not exceed `target`; `note` names the conditions."""

    name: str
    measured: float
    target: float
    unit: str
    note: str = ""

    @property
    def is_kept(self) -> bool:
        """Return whether the target was met."""
        return self.measured <= self.target

    def row(self) -> str:
        """Return one table row, with the load of the machine."""
        name = f"{self.name} ({self.note})" if self.note else self.name
        kept = "yes" if self.is_kept else "NO"
        cells = (
            name,
            f"{self.measured:,.2f} {self.unit}",
            f"≤ {self.target:,.2f} {self.unit}",
            kept,
            f"{os.getloadavg()[0]:.1f}",
        )
        return ROW + " | ".join(cells) + " |"


def print_figures(*figures: Figure) -> None:
    """Print the rows; `python -m bench` collects them from the output."""
    for figure in figures:
        print(figure.row(), flush=True)


def peak_mib(pid: int) -> float:
    """Return the peak resident memory of a running process in MiB (Linux)."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        [kib] = [line.split()[1] for line in status if line.startswith("VmHWM:")]
    return int(kib) / 1024
