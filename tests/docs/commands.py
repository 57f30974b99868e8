"""How each command is called, in one line: what `docs/commands.md` must say of it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from archive.cli import GROUPS


def all_of_them() -> dict[str, click.Command]:
    """Every command of ours by its whole name, in the order in which help lists them."""
    return dict(found for group in GROUPS for found in _within(group, str(group.name)))


def _within(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for short, inner in command.commands.items():
            yield from _within(inner, f"{name} {short}")
    else:
        yield name, command


def synopsis(name: str, command: click.Command) -> str:
    """`flask ingest ACCESSION FILES… [--json]`."""
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    options = [p for p in command.params if isinstance(p, click.Option)]
    words = [f"{str(a.name).upper()}{'…' if a.nargs < 0 else ''}" for a in arguments]
    return " ".join(["flask", name, *words, *map(_option, options)])


def _option(option: click.Option) -> str:
    called = "/".join([*option.opts, *option.secondary_opts])
    value = "" if option.is_flag else f" {_value(option)}"
    told = f"{called}{value}" if option.required else f"[{called}{value}]"
    return f"{told}…" if option.multiple else told


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return "|".join(map(str, option.type.choices))
    return option.metavar or str(option.name).upper()
