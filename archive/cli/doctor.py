"""`flask doctor`: check everything that the archive needs to run.

The checks are in the modules `*_checks`; an error in one is its result.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict

import click
from flask.cli import with_appcontext

from archive.cli import backup_checks, database_checks, holdings_checks, machine_checks, work_checks
from archive.cli.check_result import CheckResult
from archive.cli.output import (
    describe_error,
    json_option,
    print_result,
    report_errors_also_restoring,
    toolbox,
)
from archive.toolbox import Toolbox

CHECKS: tuple[Callable[[Toolbox], CheckResult], ...] = (
    machine_checks.check_python,
    backup_checks.check_restore,
    machine_checks.check_home,
    machine_checks.check_private,
    machine_checks.check_disk,
    machine_checks.check_clock,
    database_checks.check_database,
    database_checks.check_events,
    holdings_checks.check_vault,
    holdings_checks.check_copies,
    holdings_checks.check_uploads,
    backup_checks.check_backup,
    work_checks.check_index,
    machine_checks.check_speech,
    work_checks.check_jobs,
    work_checks.check_worker,
)


@click.command("doctor")
@json_option
@with_appcontext
@report_errors_also_restoring
def doctor(as_json: bool) -> None:
    """Check the archive and this machine; exit with 1 on a fault."""
    results: list[CheckResult] = []
    for check in CHECKS:
        try:
            results.append(check(toolbox()))
        except Exception as error:
            name = check.__name__.removeprefix("check_")
            results.append(CheckResult(name, "fault", describe_error(error)[1]))
        if check is backup_checks.check_restore and results[-1].state == "fault":
            break  # there is no archive yet, about which the other checks would give advice
    healthy = all(result.state != "fault" for result in results)
    text = "\n".join(
        f"{result.state:8}{result.check:10}{result.detail} {result.advice}".rstrip()
        for result in results
    )
    report = {"ok": healthy, "checks": [asdict(result) for result in results]}
    print_result(report, as_json=as_json, text=text)
    if not healthy:
        sys.exit(1)


COMMANDS = (doctor,)
