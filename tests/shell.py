"""The command line, asked in this process; what only a process can show is in its own tests."""

from __future__ import annotations

import json
from typing import Any

from click.testing import Result
from flask import Flask


class Shell:
    """`flask …` of one archive."""

    def __init__(self, app: Flask) -> None:
        self._runner = app.test_cli_runner()

    def run(self, *words: str, typed: str = "") -> Result:
        """Whatever comes out; a traceback never may."""
        result = self._runner.invoke(args=list(words), input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        assert "Traceback" not in result.output
        return result

    def says(self, *words: str, typed: str = "") -> str:
        """What is printed for a person when all is well."""
        result = self.run(*words, typed=typed)
        assert result.exit_code == 0, result.output
        assert result.stderr == ""
        return result.stdout

    def json(self, *words: str, typed: str = "") -> Any:
        """What is printed for a program when all is well: one line of JSON and nothing else."""
        return json.loads(self.says(*words, "--json", typed=typed))

    def refuses(self, code: str, *words: str, typed: str = "") -> str:
        """The sentence of a refusal: on stderr, with its code, and exit code 1."""
        result = self.run(*words, typed=typed)
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        assert result.stderr.endswith(f"[{code}]\n"), result.stderr
        return result.stderr

    def misused(self, *words: str) -> str:
        """What click says of a command that was typed wrongly; exit code 2."""
        result = self.run(*words)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        return result.stderr
