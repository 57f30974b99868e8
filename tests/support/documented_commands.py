"""One-line synopsis of each command, as `docs/commands.md` must have it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from archive.cli import GROUPS


def all_commands() -> dict[str, click.Command]:
    """Return every command by its full name, in the order of the help."""
    return dict(pair for group in GROUPS for pair in _within(group, str(group.name)))


def _within(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for short, inner in command.commands.items():
            yield from _within(inner, f"{name} {short}")
    else:
        yield name, command


def synopsis(name: str, command: click.Command) -> str:
    """Return the synopsis, such as `flask ingest ACCESSION FILES… [--json]`."""
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    return " ".join(["flask", name, *map(_argument, arguments), *map(_option, options)])


def _argument(argument: click.Argument) -> str:
    word = f"{str(argument.name).upper()}{'…' if argument.nargs < 0 else ''}"
    return word if argument.required else f"[{word}]"


def _option(option: click.Option) -> str:
    names = "/".join([*option.opts, *option.secondary_opts])
    value = "" if option.is_flag else f" {_value(option)}"
    text = f"{names}{value}" if option.required else f"[{names}{value}]"
    return f"{text}…" if option.multiple else text


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return "|".join(map(str, option.type.choices))
    return option.metavar or str(option.name).upper()
