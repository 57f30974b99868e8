"""Check that every sentence of pages and messages has a Vietnamese translation.

Run by `make check`. Sentences are extracted from the code, templates and scripts and compared
with `archive/web/translations/vi/*.po`. Each fault is printed with file and line; exit code 1
if there is one.
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

from tools.placeholders_check import is_valid_format, missing_arguments, placeholders
from tools.translation_style import english_problems, style_problems

ARCHIVE = Path(__file__).parents[1] / "archive"
PYTHON_KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
SCRIPT_KEYWORDS = {"t": None, "nt": (1, 2)}
# Sources of sentences: folder, suffix, babel's extractor, the functions that translate.
SOURCES = (
    ("messages", ".py", "python", PYTHON_KEYWORDS),
    ("web", ".py", "python", PYTHON_KEYWORDS),
    ("web/templates", ".html", "jinja2", PYTHON_KEYWORDS),
    ("web/templates", ".xml", "jinja2", PYTHON_KEYWORDS),
    ("web/templates", ".txt", "jinja2", PYTHON_KEYWORDS),
    ("web/static/js", ".js", "javascript", SCRIPT_KEYWORDS),
)


@dataclass(frozen=True)
class SourceSentence:
    """A sentence in the source: its context, singular and, if it counts, plural."""

    location: str
    context: str
    ids: tuple[str, ...]
    in_script: bool

    @property
    def text(self) -> str:
        """The singular."""
        return self.ids[0]

    @property
    def key(self) -> tuple[str, str]:
        """The key of the sentence in a catalogue."""
        return self.context, self.ids[0]


@dataclass(frozen=True)
class Entry:
    """An entry of a catalogue with its translation, one string for each plural form."""

    location: str
    file: str
    context: str
    ids: tuple[str, ...]
    strings: tuple[str, ...]
    is_fuzzy: bool

    @property
    def text(self) -> str:
        """The singular."""
        return self.ids[0]

    @property
    def key(self) -> tuple[str, str]:
        """The key of the entry."""
        return self.context, self.ids[0]

    @property
    def is_for_scripts(self) -> bool:
        """Return whether the entry is sent to the browser."""
        return self.file.endswith(".js.po")


def source_sentences(archive: Path) -> list[SourceSentence]:
    """Return every sentence of messages and pages under `archive`, by file and line."""
    sentences = []
    for folder, ending, extractor, keywords in SOURCES:
        for path in sorted((archive / folder).rglob(f"*{ending}")):
            with path.open("rb") as file:
                # silent: a template that cannot be parsed must not look like one without sentences.
                messages = extract(extractor, file, keywords, options={"silent": "false"})
                for line, message, _comments, context in messages:
                    ids = (message,) if isinstance(message, str) else tuple(message)
                    location = f"{path.relative_to(archive).as_posix()}:{line}"
                    sentences.append(
                        SourceSentence(location, context or "", ids, extractor == "javascript")
                    )
    return [sentence for sentence in sentences if sentence.ids[0]]


def entries(folder: Path) -> tuple[list[Entry], list[str]]:
    """Return the entries of the catalogues of a language, and faults of unreadable ones."""
    result: list[Entry] = []
    faults: list[str] = []
    for path in sorted(folder.glob("*.po")):
        for first_line, block in _blocks(path):
            location = f"{folder.name}/{path.name}:{first_line}"
            try:
                catalog = read_po(BytesIO(block), locale=folder.name, abort_invalid=True)
            except PoFileError as error:
                faults.append(f"{location}: cannot be read: {error}")
                continue
            for message in catalog:
                if not message.id:
                    continue
                ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
                translation = message.string
                strings = (
                    (translation,) if isinstance(translation, str) else tuple(translation or ("",))
                )
                result.append(
                    Entry(location, path.name, message.context or "", ids, strings, message.fuzzy)
                )
    return result, faults


def problems(sentences: list[SourceSentence], catalogue: list[Entry]) -> list[str]:
    """Return the faults found by comparing the sentences with the catalogue."""
    return [
        *_missing(sentences, catalogue),
        *_unused(sentences, catalogue),
        *_contradictions(catalogue),
        *(fault for entry in catalogue for fault in _faults(entry)),
    ]


def main(archive: Path = ARCHIVE, language: str = "vi") -> int:
    """Print every fault on stderr; return 1 if there is one."""
    catalogue, faults = entries(archive / "web" / "translations" / language)
    sentences = source_sentences(archive)
    faults += problems(sentences, catalogue)
    faults += missing_arguments(archive)
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    count = len({sentence.key for sentence in sentences})
    sys.stderr.write(f"{count} sentences, {len(catalogue)} translations, {len(faults)} faults\n")
    return 1 if faults else 0


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    # Parsed one by one: babel would let the second of two equal entries replace the first.
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


def _missing(sentences: list[SourceSentence], catalogue: list[Entry]) -> Iterator[str]:
    by_key = {entry.key: entry for entry in catalogue}
    for_scripts = {entry.key for entry in catalogue if entry.is_for_scripts}
    reported = set()
    for sentence in sentences:
        if (sentence.key, sentence.ids, sentence.in_script) in reported:
            continue
        reported.add((sentence.key, sentence.ids, sentence.in_script))
        entry = by_key.get(sentence.key)
        if entry is None:
            yield f"{sentence.location}: not translated: {sentence.text!r}"
        elif sentence.in_script and sentence.key not in for_scripts:
            yield f"{sentence.location}: used by a script, so in a *.js.po: {sentence.text!r}"
        elif len(sentence.ids) > 1 and entry.ids != sentence.ids:
            # gettext looks entries up by their singular, so it would use this one
            yield f"{sentence.location}: other plural than in {entry.location}: {sentence.text!r}"


def _unused(sentences: list[SourceSentence], catalogue: list[Entry]) -> Iterator[str]:
    by_key = {sentence.key for sentence in sentences}
    by_scripts = {sentence.key for sentence in sentences if sentence.in_script}
    for entry in catalogue:
        if entry.key not in by_key:
            yield f"{entry.location}: unused: {entry.text!r}"
        elif entry.is_for_scripts and entry.key not in by_scripts:
            yield f"{entry.location}: not used by a script: {entry.text!r}"


def _contradictions(catalogue: list[Entry]) -> Iterator[str]:
    same: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in catalogue:
        same[entry.key].append(entry)
    for first, *others in same.values():
        for other in others:
            if other.strings != first.strings:
                yield f"{other.location}: {other.text!r} differs from {first.location}"
            elif other.file == first.file:
                yield f"{other.location}: {other.text!r} is already in {first.location}"


def _faults(entry: Entry) -> Iterator[str]:
    shown = repr(entry.ids[0])
    if entry.is_fuzzy:
        yield f"{entry.location}: fuzzy, so readers get English: {shown}"
    if not all(entry.strings):
        yield f"{entry.location}: empty: {shown}"
        return
    if len(entry.strings) > 1:
        yield f"{entry.location}: Vietnamese has one plural form: {shown}"
    # "one file" and "%(num)s files": placeholders of both forms are required, of one allowed.
    needed = set.intersection(*(placeholders(text) for text in entry.ids))
    allowed = set.union(*(placeholders(text) for text in entry.ids))
    for text in (*entry.ids, *entry.strings):
        if not entry.is_for_scripts and placeholders(text) and not is_valid_format(text):
            yield f"{entry.location}: a lone % (write %%): {text!r}"
    for text in entry.ids:
        yield from (f"{entry.location}: {fault}: {text!r}" for fault in english_problems(text))
    for text in entry.strings:
        if not needed <= placeholders(text) <= allowed:
            yield f"{entry.location}: other placeholders than in {shown}: {text!r}"
        for problem in style_problems(entry.ids[-1], text):
            yield f"{entry.location}: {problem}: {text!r}"


if __name__ == "__main__":
    sys.exit(main())
