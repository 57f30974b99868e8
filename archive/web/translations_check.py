"""Whether every sentence of every page is there in Vietnamese; run by `make check`.

Sentences are read out of the code, the templates and the scripts, and compared with
`translations/vi/*.po`. Each fault is named with its file and line; exit code 1 when
there is one.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.pofile import PoFileError, read_po

from archive.web.placeholders_check import can_be_filled, names, unfilled
from archive.web.vietnamese import complaints

WEB = Path(__file__).parent
PYTHON_WORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
SCRIPT_WORDS = {"t": None, "nt": (1, 2)}
# Where sentences are written: folder, ending, babel's extractor, the functions that translate.
SOURCES = (
    (".", ".py", "python", PYTHON_WORDS),
    ("templates", ".html", "jinja2", PYTHON_WORDS),
    ("templates", ".xml", "jinja2", PYTHON_WORDS),
    ("templates", ".txt", "jinja2", PYTHON_WORDS),
    ("static/js", ".js", "javascript", SCRIPT_WORDS),
)


@dataclass(frozen=True)
class Use:
    """A sentence where it is said: its context, singular and, when it counts, plural."""

    place: str
    context: str
    ids: tuple[str, ...]
    in_script: bool

    @property
    def key(self) -> tuple[str, str]:
        """What a catalogue finds it by."""
        return self.context, self.ids[0]


@dataclass(frozen=True)
class Entry:
    """A sentence of a catalogue with its translation, one string for each plural form."""

    place: str
    file: str
    context: str
    ids: tuple[str, ...]
    strings: tuple[str, ...]
    is_fuzzy: bool

    @property
    def key(self) -> tuple[str, str]:
        """What it is found by."""
        return self.context, self.ids[0]

    @property
    def is_for_scripts(self) -> bool:
        """Whether the browser is given it."""
        return self.file.endswith(".js.po")


def uses(web: Path) -> list[Use]:
    """Every sentence under `web`, in the order of files and lines."""
    found = []
    for folder, ending, extractor, words in SOURCES:
        for path in sorted((web / folder).rglob(f"*{ending}")):
            with path.open("rb") as file:
                # silent: a template that cannot be read must not look like one without words.
                said = extract(extractor, file, words, options={"silent": "false"})
                for line, message, _comments, context in said:
                    ids = (message,) if isinstance(message, str) else tuple(message)
                    place = f"{path.relative_to(web).as_posix()}:{line}"
                    found.append(Use(place, context or "", ids, extractor == "javascript"))
    return [use for use in found if use.ids[0]]


def entries(folder: Path) -> tuple[list[Entry], list[str]]:
    """What the catalogues of a language hold, and which lines of them cannot be read."""
    found: list[Entry] = []
    faults: list[str] = []
    for path in sorted(folder.glob("*.po")):
        for first_line, block in _blocks(path):
            place = f"{folder.name}/{path.name}:{first_line}"
            try:
                catalog = read_po(BytesIO(block), locale=folder.name, abort_invalid=True)
            except PoFileError as error:
                faults.append(f"{place}: cannot be read: {error}")
                continue
            for message in catalog:
                if not message.id:
                    continue
                ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
                told = message.string
                strings = (told,) if isinstance(told, str) else tuple(told or ("",))
                found.append(
                    Entry(place, path.name, message.context or "", ids, strings, message.fuzzy)
                )
    return found, faults


def problems(said: list[Use], told: list[Entry]) -> list[str]:
    """What is wrong between the sentences that are said and those that are translated."""
    return [
        *_missing(said, told),
        *_unused(said, told),
        *_contradictions(told),
        *(fault for entry in told for fault in _faults(entry)),
    ]


def main(web: Path = WEB, language: str = "vi") -> int:
    """Name every fault on stderr; 1 when there is one."""
    told, faults = entries(web / "translations" / language)
    said = uses(web)
    faults += problems(said, told)
    faults += unfilled(web)
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    count = len({use.key for use in said})
    sys.stderr.write(f"{count} sentences, {len(told)} translations, {len(faults)} faults\n")
    return 1 if faults else 0


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    # Read one by one: babel would let the second of two equal entries replace the first.
    lines = path.read_text(encoding="utf-8").split("\n")
    block: list[str] = []
    start = 1
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            start = start if block else number
            block.append(line)
        elif block:
            yield start, "\n".join(block).encode()
            block = []


def _missing(said: list[Use], told: list[Entry]) -> Iterator[str]:
    anywhere = {entry.key: entry for entry in told}
    for_scripts = {entry.key for entry in told if entry.is_for_scripts}
    named = set()
    for use in said:
        if (use.key, use.in_script) in named:
            continue
        named.add((use.key, use.in_script))
        entry = anywhere.get(use.key)
        if entry is None:
            yield f"{use.place}: not translated: {use.ids[0]!r}"
        elif use.in_script and use.key not in for_scripts:
            yield f"{use.place}: said by a script, so it belongs in a *.js.po: {use.ids[0]!r}"
        elif entry.ids != use.ids:
            yield f"{use.place}: counted otherwise than in {entry.place}: {use.ids[0]!r}"


def _unused(said: list[Use], told: list[Entry]) -> Iterator[str]:
    anywhere = {use.key for use in said}
    by_scripts = {use.key for use in said if use.in_script}
    for entry in told:
        if entry.key not in anywhere:
            yield f"{entry.place}: nobody says {entry.ids[0]!r}"
        elif entry.is_for_scripts and entry.key not in by_scripts:
            yield f"{entry.place}: no script says {entry.ids[0]!r}"


def _contradictions(told: list[Entry]) -> Iterator[str]:
    same: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in told:
        same[entry.key].append(entry)
    for first, *others in same.values():
        for other in others:
            if other.strings != first.strings:
                yield f"{other.place}: {other.ids[0]!r} is told otherwise in {first.place}"
            elif other.file == first.file:
                yield f"{other.place}: {other.ids[0]!r} stands in {first.place} already"


def _faults(entry: Entry) -> Iterator[str]:
    shown = repr(entry.ids[0])
    if entry.is_fuzzy:
        yield f"{entry.place}: fuzzy, so readers get English: {shown}"
    if not all(entry.strings):
        yield f"{entry.place}: empty: {shown}"
        return
    if len(entry.strings) > 1:
        yield f"{entry.place}: Vietnamese has one plural form: {shown}"
    # "one file" and "%(num)s files": what both name must be told, what one names may be.
    needed = set.intersection(*(names(text) for text in entry.ids))
    allowed = set.union(*(names(text) for text in entry.ids))
    for text in (*entry.ids, *entry.strings):
        if not entry.is_for_scripts and names(text) and not can_be_filled(text):
            yield f"{entry.place}: a lone % (write %%): {text!r}"
    for text in entry.strings:
        if not needed <= names(text) <= allowed:
            yield f"{entry.place}: other placeholders than in {shown}: {text!r}"
        for complaint in complaints(entry.ids[-1], text):
            yield f"{entry.place}: {complaint}: {text!r}"


if __name__ == "__main__":
    sys.exit(main())
