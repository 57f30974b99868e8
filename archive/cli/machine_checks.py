"""Checks of `flask doctor` for the machine: Python, home, permissions, disks, speech, clock."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from archive import file_modes
from archive.actions.office import clock_check
from archive.cli.check_result import CheckResult
from archive.storage_faults import sqlite_file
from archive.toolbox import Toolbox
from media.disk import Disk, lacks_inodes
from transcription.engines.base import ModelMissing
from transcription.engines.registry import ENGINES

MIN_FREE_BYTES = 5 * 1024**3
# A request longer than a few MB is spooled to a file there.
LEAST_TEMPORARY_BYTES = 256 * 1024**2


def check_python(_tools: Toolbox) -> CheckResult:
    """Return the version of Python."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    # An older Python cannot parse this file.
    return CheckResult("python", "ok", f"Python {version}.")


def check_home(tools: Toolbox) -> CheckResult:
    """Find a home that is missing or cannot be written."""
    home = tools.settings.home
    if not home.is_dir():
        return CheckResult("home", "fault", f"There is no folder {home}.", "flask init makes it.")
    if not os.access(home, os.W_OK | os.X_OK):
        return CheckResult(
            "home", "fault", f"Nothing can be written into {home}.", "Mend its rights."
        )
    return CheckResult("home", "ok", f"The archive lives in {home}.")


def check_private(tools: Toolbox) -> CheckResult:
    """Find files that other accounts of the machine can read, or that belong to them."""
    settings = tools.settings
    problems = file_modes.explain_problems(settings, file_modes.check_permissions(settings))
    if problems:
        return CheckResult(
            "private",
            "fault" if any(problem.is_fault for problem in problems) else "warning",
            " ".join(problem.detail for problem in problems),
            " ".join(problem.advice for problem in problems),
        )
    if settings.media_group:
        detail = f"Of other accounts, only the group {settings.media_group} reads files here."
        return CheckResult("private", "ok", detail)
    return CheckResult("private", "ok", "No other account of this machine can read the archive.")


def check_disk(tools: Toolbox) -> CheckResult:
    """Find a disk of the archive, or for temporary files, that is full: a fault."""
    settings = tools.settings
    database = sqlite_file(settings.database_url)
    folders = [settings.home, settings.vault_dir, settings.derivatives_dir, settings.index_dir]
    if database is not None:
        folders.append(database.parent)
    full = [folder for folder in _one_per_disk(folders) if Disk().free_bytes(folder) == 0]
    temporary = _temporary_folder()
    if temporary is None:
        full.append(Path("TMPDIR"))
    elif _free_bytes(temporary) < LEAST_TEMPORARY_BYTES:
        full.append(temporary)
    free = shutil.disk_usage(settings.home).free
    detail = f"{free / 1024**3:.1f} GiB are free."
    if full:
        names = ", ".join(str(folder) for folder in full)
        return CheckResult(
            "disk",
            "fault",
            f"The disk is full, or holds no more files: {names}. {detail}",
            "Free some disk space; uploads and jobs then go on by themselves.",
        )
    if free >= MIN_FREE_BYTES:
        return CheckResult("disk", "ok", detail)
    advice = "Free some disk space before the next long recording."
    return CheckResult("disk", "warning", detail, advice)


def _one_per_disk(folders: list[Path]) -> list[Path]:
    """Return the first existing folder of each file system."""
    by_device = {folder.stat().st_dev: folder for folder in reversed(folders) if folder.is_dir()}
    return list(by_device.values())


def _free_bytes(folder: Path) -> int:
    status = os.statvfs(folder)
    return 0 if lacks_inodes(status) else status.f_bavail * status.f_frsize


def _temporary_folder() -> Path | None:
    """Return the folder for temporary files; None if none can be written."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        return None


def check_clock(tools: Toolbox) -> CheckResult:
    """Find a clock that jumped: dates of events, embargoes and sign-ins depend on it."""
    with tools.database.reading() as db:
        jump = clock_check.find_jump(db)
    if jump is None:
        return CheckResult("clock", "ok", "The clock agrees with the records.")
    days, minutes = round(jump.by / timedelta(days=1)), round(jump.by.total_seconds() / 60)
    length = f"{days} days" if days > 1 else f"{minutes} minutes"
    detail = {
        "behind_records": f"The clock is {length} behind the last event.",
        "went_back": f"The clock was set back by {length} in the last week.",
        "went_ahead": f"The clock was set ahead by {length} in the last week.",
        "server_differs": f"The clock and that of the database server differ by {length}.",
    }[jump.kind]
    return CheckResult(
        "clock",
        "fault",
        detail,
        "Set the clock, and let the system keep it (NTP). Records keep the times that they have;"
        " a jump is named for seven days.",
    )


def check_speech(tools: Toolbox) -> CheckResult:
    """Find a missing speech engine or model."""
    settings = tools.settings
    engine = ENGINES.get(settings.default_engine)
    if engine is None:
        detail = f"There is no speech engine {settings.default_engine}."
        return CheckResult("speech", "fault", detail, f"Set LOIKE_ENGINE to {', '.join(ENGINES)}.")
    available = engine.available()
    if not available.ok:
        detail = f"The speech engine {engine.name} is not installed: {available.detail}."
        return CheckResult("speech", "fault", detail, "make setup installs it.")
    names = ", ".join(model.name for model in engine.models(settings.models_dir)) or "none"
    detail = f"Speech models on this machine: {names}."
    try:
        engine.model_info(settings.default_model, models_dir=settings.models_dir)
    except ModelMissing as missing:
        advice = f"To transcribe by default, put {missing.file} into {missing.folder}."
        if missing.url:
            advice += f" It is published here: {missing.url}"
        return CheckResult("speech", "warning", detail, advice)
    return CheckResult("speech", "ok", detail)
