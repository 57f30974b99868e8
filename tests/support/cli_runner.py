"""Run commands in this process; tests/archive/cli/test_processes.py runs real processes."""

from __future__ import annotations

import json
from typing import Any

from click.testing import Result
from flask import Flask


class CliRunner:
    """Run `flask …` commands of one archive and check how they end."""

    def __init__(self, app: Flask) -> None:
        self._runner = app.test_cli_runner()

    def run(self, *words: str, stdin: str = "") -> Result:
        """Run a command and return its result; fail on a traceback."""
        result = self._runner.invoke(args=list(words), input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        assert "Traceback" not in result.output
        return result

    def output(self, *words: str, stdin: str = "") -> str:
        """Return the output of a command that must succeed."""
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == 0, result.output
        assert result.stderr == ""
        return result.stdout

    def json(self, *words: str, stdin: str = "") -> Any:
        """Return the parsed JSON of a command that must succeed and print nothing else."""
        return json.loads(self.output(*words, "--json", stdin=stdin))

    def fails(self, code: str, *words: str, stdin: str = "") -> str:
        """Return the error message of a command that must fail with this code and exit with 1."""
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        assert result.stderr.endswith(f"[{code}]\n"), result.stderr
        return result.stderr

    def usage_error(self, *words: str) -> str:
        """Return the message of a usage error, which exits with 2."""
        result = self.run(*words)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        return result.stderr
