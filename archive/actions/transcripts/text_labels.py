"""The label of a text, composed of its facts: the same on pages and paper, in files and search.

Both languages are defined here, because exports, the command line and jobs need them
and only pages have a translator.
"""

from __future__ import annotations

from collections.abc import Mapping

from archive.actions.transcripts.text_facts import TextFacts

_STATES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "vi": {
        "machine": ("bản gỡ băng tự động", "chưa hiệu đính"),
        "imported": ("bản nhập từ tệp", "chưa hiệu đính"),
        "editing": ("bản đang hiệu đính",),
        "corrected": ("bản đã hiệu đính", "chưa duyệt"),
        "approved": ("bản đã duyệt",),
    },
    "en": {
        "machine": ("machine draft", "not yet corrected"),
        "imported": ("imported text", "not yet corrected"),
        "editing": ("transcript being corrected",),
        "corrected": ("corrected transcript", "not yet approved"),
        "approved": ("approved transcript",),
    },
}
_BADGES = {
    "vi": {
        "machine": "Bản máy, chưa ai nghe",
        "machine, some heard": "Bản máy",
        "imported": "Bản nhập từ tệp, chưa hiệu đính",
        "editing": "Đang hiệu đính",
        "corrected": "Đã hiệu đính",
        "approved": "Đã duyệt",
        "no recording": "không có bản ghi âm",
        "unheard": "{unheard}/{segments} đoạn chưa nghe",
    },
    "en": {
        "machine": "Machine draft, not checked",
        "machine, some heard": "Machine draft",
        "imported": "Imported text, not corrected",
        "editing": "Being corrected",
        "corrected": "Corrected",
        "approved": "Approved",
        "no recording": "no recording",
        "unheard": "{unheard} of {segments} segments not checked",
    },
}
_WORDS = {
    "vi": {
        "no recording": "không có bản ghi âm",
        "unheard": "{unheard}/{segments} đoạn chưa nghe đối chiếu",
        "all heard": "đã nghe đối chiếu",
        "imported": "nhập từ tệp",
        "imported by": "do {name} nhập từ tệp",
        "passage": "đoạn trích này chưa nghe đối chiếu",
        "turn": "chưa nghe đối chiếu",
        "sample model": "mô hình mẫu, chỉ biết năm mươi câu của chính nó",
        "sample": "mẫu minh họa, nhân vật và lời kể hư cấu",
    },
    "en": {
        "no recording": "no recording",
        "unheard": "{unheard} of {segments} segments not checked against the audio",
        "all heard": "checked against the audio",
        "imported": "imported from a file",
        "imported by": "imported from a file by {name}",
        "passage": "this passage not checked against the audio",
        "turn": "not checked against the audio",
        "sample model": "sample model that knows only its own fifty sentences",
        "sample": "sample, the people and their words are invented",
    },
}


def full_label(facts: TextFacts, language: str, *, with_sample: bool = True) -> str:
    """Return the whole label, such as "Approved transcript – 23 of 24 segments not checked …".

    Pages that mark samples by themselves leave that part out.
    """
    words = _WORDS[language]
    parts = [*_hearing(facts, language, with_all_heard=True)]
    if facts.is_imported and facts.imported_by:
        parts.append(words["imported by"].format(name=facts.imported_by))
    elif facts.is_imported and facts.state != "machine":  # that state has the word itself
        parts.append(words["imported"])
    whole = " – ".join(state_words(facts, language))
    whole = f"{whole} – {', '.join(parts)}" if parts else whole
    if _is_nonsense(facts):
        whole += f" ({words['sample model']})"
    if with_sample and facts.is_sample:
        whole += f" – {words['sample']}"
    return whole[:1].upper() + whole[1:]


def short_label(facts: TextFacts, language: str, *, with_counts: bool = True) -> str:
    """Return the short label of lists; the editor, whose counts change, leaves them out."""
    words = _BADGES[language]
    name: str = facts.state
    if name == "machine":
        name = "imported" if facts.is_imported else name
        name = "machine, some heard" if facts.heard and not facts.is_imported else name
    parts = [words[name]]
    if not facts.has_recording:
        parts.append(words["no recording"])
    if with_counts and _shows_unheard(facts):
        parts.append(words["unheard"].format(unheard=facts.unheard, segments=facts.segments))
    return ", ".join(parts)


def doubts(facts: TextFacts, language: str, *, is_of_unheard_passage: bool = False) -> list[str]:
    """Return the doubts that a citation names; empty for an approved one that was heard."""
    words = _WORDS[language]
    found = [] if facts.state == "approved" else [", ".join(state_words(facts, language))]
    found += _hearing(facts, language, with_all_heard=False)
    if is_of_unheard_passage:
        found.append(words["passage"])
    if _is_nonsense(facts):
        found.append(words["sample model"])
    return [*found, *sample_doubt(facts.is_sample, language)]


def sample_doubt(is_sample: bool, language: str) -> list[str]:
    """Return what a citation adds for a sample, also of one without a text."""
    return [_WORDS[language]["sample"]] if is_sample else []


def unheard_mark(language: str) -> str:
    """Return what is written beside a turn that a person should hear and did not."""
    return _WORDS[language]["turn"]


def state_words(facts: TextFacts, language: str) -> tuple[str, ...]:
    """Return the words of the state alone."""
    is_unread_import = facts.state == "machine" and facts.is_imported
    return _STATES[language]["imported" if is_unread_import else facts.state]


def _hearing(facts: TextFacts, language: str, *, with_all_heard: bool) -> list[str]:
    """Return whether there is a recording, and how much of the text was heard."""
    words = _WORDS[language]
    found = [] if facts.has_recording else [words["no recording"]]
    if _shows_unheard(facts):
        found.append(words["unheard"].format(unheard=facts.unheard, segments=facts.segments))
    elif (
        with_all_heard and facts.has_recording and facts.segments and facts.heard == facts.segments
    ):
        found.append(words["all heard"])
    return found


def _shows_unheard(facts: TextFacts) -> bool:
    """Return whether the count of unheard segments adds to the state, which may imply it."""
    return facts.unheard > 0 and not (
        facts.state == "machine" and not facts.heard and not facts.is_imported
    )


def _is_nonsense(facts: TextFacts) -> bool:
    return facts.is_of_sample_model and (facts.state in ("machine", "editing") or facts.unheard > 0)
