"""Events in words: what happened, for the history of an interview, a person or an account.

Words of a transcript are never among them: a reader may not have all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from archive.messages import quantities
from archive.messages.message import TextFactory
from archive.messages.rights import AUDIENCE_LABELS, FOUR_EYES_LABELS, USER_ROLE_LABELS
from archive.models import Event
from archive.models.vocabulary import EventKind

WORKER_SEPARATOR = " for "  # part of the actor name that `archive.jobs.context` sets
CLI_ACTOR = "command line"  # actor name that `archive.cli.output` sets

EventWords = Callable[[Mapping[str, Any]], str]

_DERIVED: dict[str, TextFactory] = {
    "access_copy": lambda: _("listening copy made"),
    "peaks": lambda: _("waveform drawn"),
    "poster": lambda: _("still taken"),
    "thumbnail": lambda: _("small picture made"),
    "thumbnail_large": lambda: _("larger picture made"),
}
_MISSING_COPIES: dict[str, TextFactory] = {
    "access_copy": lambda: _("No listening copy."),
    "peaks": lambda: _("No waveform."),
    "poster": lambda: _("No still."),
    "thumbnail": lambda: _("No small picture."),
    "thumbnail_large": lambda: _("No larger picture."),
}
_CHECK_EVENTS: dict[str, TextFactory] = {
    "ok": lambda: _("integrity check: checksum matches"),
    "mismatch": lambda: _("integrity check: checksum does not match"),
    "missing": lambda: _("integrity check: the file is missing"),
    "unreadable": lambda: _("integrity check: the file could not be read"),
}
_FIELDS: dict[str, TextFactory] = {
    "accession": lambda: _("number"),
    "title": lambda: _("title"),
    "collection_id": lambda: _("collection"),
    "witnesses": lambda: _("witnesses"),
    "interviewers": lambda: _("interviewers"),
    "languages": lambda: _("languages"),
    "held_as_told": lambda: _("date"),
    "held_edtf": lambda: _("date"),
    "told_from_year": lambda: _("years covered"),
    "told_to_year": lambda: _("years covered"),
    "place_as_told": lambda: _("place"),
    "place_id": lambda: _("place"),
    "abstract": lambda: _("abstract"),
    "keywords": lambda: _("keywords"),
    "audience": lambda: _("access"),
    "plate": lambda: _("drawing"),
}

_LACKS: dict[str, EventWords] = {
    "unheard": lambda d: _("%(count)s of %(segments)s segments not checked", **d),
    "flagged": lambda d: _("%(count)s of %(segments)s doubted by the machine", **d),
    "unnamed": lambda d: _("%(count)s of %(segments)s without a speaker", **d),
}


def _name_change(detail: Mapping[str, Any]) -> str:
    name = detail.get("name")
    if not name:
        return ""
    return str(
        _(
            "name changed from “%(before)s” to “%(after)s”",
            before=name["before"],
            after=name["after"],
        )
    )


def _account_changed(detail: Mapping[str, Any]) -> str:
    role = USER_ROLE_LABELS[detail["role"]]()
    state = _("may sign in") if detail.get("active", True) else _("account closed")
    return "; ".join(filter(None, (_name_change(detail), role, state)))


def _described(detail: Mapping[str, Any]) -> str:
    changed = detail.get("changed", ())
    fields = dict.fromkeys(_FIELDS[name]() for name in changed if name in _FIELDS)
    words = [_("description changed: %(fields)s", fields=", ".join(fields))]
    if not fields:
        words = [_("description saved")]
    if number := detail.get("accession"):
        words.append(_("number %(before)s became %(after)s", **number))
    if "audience" in changed:
        words.append(_audience(detail))
    if detail.get("voices_of"):
        words.append(_("the passages of the replaced person belong to the new one"))
    return "; ".join(words)


def _office_described(detail: Mapping[str, Any]) -> str:
    words = [_name_change(detail)]
    if "four_eyes" in detail:
        rule = FOUR_EYES_LABELS[detail["four_eyes"]["after"]]()
        words.append(_("four eyes: %(rule)s", rule=rule))
    return "; ".join(filter(None, words)) or _("settings saved")


def _interview_opened(detail: Mapping[str, Any]) -> str:
    before, after = (AUDIENCE_LABELS[detail[name]]() for name in ("before", "after"))
    if detail["role"] == "administrator":
        return str(
            _("opened by an administrator: %(before)s → %(after)s", before=before, after=after)
        )
    return str(_("opened: %(before)s → %(after)s", before=before, after=after))


def _audience(detail: Mapping[str, Any]) -> str:
    return AUDIENCE_LABELS[detail["audience"]]()


def _clock(detail: Mapping[str, Any]) -> str:
    length = quantities.duration(abs(detail["by_s"]) * 1000)
    if detail["by_s"] > 0:
        return str(_("the computer's clock was set ahead by %(length)s", length=length))
    return str(_("the computer's clock was set back by %(length)s", length=length))


def _duplicate(detail: Mapping[str, Any]) -> str:
    if detail.get("sent") is False:
        return str(_("chosen for upload again; already stored, so nothing was sent"))
    return str(_("an identical file was uploaded again"))


def _checked(detail: Mapping[str, Any]) -> str:
    state = str(detail.get("state", ""))
    return _CHECK_EVENTS[state]() if state in _CHECK_EVENTS else state


def _derived(detail: Mapping[str, Any]) -> str:
    recipe = str(detail.get("recipe", ""))
    if detail.get("problem"):
        return missing_copy_label(recipe)
    return _DERIVED[recipe]() if recipe in _DERIVED else recipe


def _edited(detail: Mapping[str, Any]) -> str:
    state = detail.get("state")  # of events before 2026-12
    if state == "corrected":
        return str(_("transcript handed in for approval"))
    return str(_("transcript taken back") if state == "editing" else _("transcript corrected"))


def _approved(detail: Mapping[str, Any]) -> str:
    words = [_("version %(number)s approved", number=detail["number"])]
    if detail.get("role") == "administrator":
        words = [_("version %(number)s approved by an administrator", number=detail["number"])]
    counted = {"count": 0, "segments": detail.get("segments", 0)}
    for name, label in _LACKS.items():
        if detail.get(name):
            words.append(label({**counted, "count": detail[name]}))
    if detail.get("reason"):
        words.append(_("reason: %(reason)s", reason=detail["reason"]))
    return "; ".join(words)


def _opened(detail: Mapping[str, Any]) -> str:
    words = _(
        "version %(number)s opened: %(reason)s",
        **{"number": detail["number"], "reason": detail["reason"]},
    )
    return str(words)


EVENT_WORDS: dict[EventKind, EventWords] = {
    "account.changed": _account_changed,
    "account.described": lambda d: _name_change(d) or _("name or language saved"),
    "account.opened": lambda d: _("account opened: %(role)s", role=USER_ROLE_LABELS[d["role"]]()),
    "account.password_set": lambda d: _("password set"),
    "archive.backed_up": lambda d: _("backup finished: %(copy)s", copy=d["copy"]),
    "archive.restored": lambda d: _("archive restored from %(copy)s", copy=d["copy"]),
    "clock.jumped": _clock,
    "collection.created": lambda d: _("collection added"),
    "collection.described": lambda d: _("collection changed"),
    "contents.added": lambda d: _("entry added to the contents"),
    "contents.changed": lambda d: _("entry of the contents changed"),
    "contents.removed": lambda d: _("entry of the contents removed"),
    "duplicate.found": _duplicate,
    "file.derived": _derived,
    "file.received": lambda d: _("received; SHA-256 computed on arrival and again from the disk"),
    "file.refused": lambda d: _("not taken in"),
    "fixity.checked": _checked,
    "fixity.repaired": lambda d: _("restored from an identical file that was uploaded"),
    "interview.created": lambda d: _("interview added; access: %(who)s", who=_audience(d)),
    "interview.described": _described,
    "interview.opened": _interview_opened,
    "interview.redacted": lambda d: _("words hidden"),
    "job.cancelled": lambda d: _("a job was stopped"),
    "job.retried": lambda d: _("a job was started again"),
    "office.described": _office_described,
    "person.created": lambda d: _("person added"),
    "person.described": lambda d: _("record changed"),
    "person.merge_undone": lambda d: _("merge of another record undone"),
    "person.merged": lambda d: _("another record merged into this one"),
    "person.removed": lambda d: _("record of a person removed"),
    "place.described": lambda d: _("place changed"),
    "sample.loaded": lambda d: _("sample archive loaded"),
    "sample.removed": lambda d: _("sample archive removed"),
    "transcript.approved": _approved,
    "transcript.approved_alone": lambda d: _(
        "exception from four eyes: version %(number)s approved by a person who corrected it; "
        "reason: %(reason)s",
        number=d["number"],
        reason=d["reason"],
    ),
    "transcript.edited": _edited,
    "transcript.imported": lambda d: _(
        "version %(number)s imported from a file", number=d["number"]
    ),
    "transcript.made": lambda d: _(
        "version %(number)s transcribed by machine (%(model)s)",
        number=d["number"],
        model=d["model"],
    ),
    "transcript.opened": _opened,
    "transcript.submitted": lambda d: _("transcript handed in for approval"),
    "transcript.withdrawn": lambda d: _("transcript taken back"),
    "transcription.requested": lambda d: _("machine transcription requested"),
}


def event_label(event: Event) -> str:
    """Return what happened; the kind for one of an earlier or a later version."""
    try:
        return str(EVENT_WORDS[event.kind](event.detail))
    except KeyError:
        return event.kind


def missing_copy_label(recipe: str) -> str:
    """Return that a recipe made no copy; the reason follows on the same line."""
    return _MISSING_COPIES[recipe]() if recipe in _MISSING_COPIES else str(_("No copy."))


def actor_label(actor_name: str) -> str:
    """Return the person named by an event, or the system and for whom it worked."""
    if actor_name == CLI_ACTOR:
        return str(_("a command on the server"))
    machine, _sep, name = actor_name.partition(WORKER_SEPARATOR)
    if machine != "worker":
        return actor_name
    return str(_("the system, at the request of %(name)s", name=name) if name else _("the system"))
