"""Messages about descriptions: interviews, people, collections, places, index points."""

from __future__ import annotations

from flask_babel import gettext as _

from archive.messages.message import Message, MessageFactory
from archive.messages.quantities import duration

INTERVIEWS: dict[str, MessageFactory] = {
    "accession_refused": lambda f: Message(
        _("An accession number has letters without marks, digits, and single - . _ between them."),
        advice=_("For example LK-2026-041, at most 40 characters."),
    ),
    "accession_taken": lambda f: Message(
        _(
            "Another interview has or had the number %(accession)s.",
            accession=f.get("accession", ""),
        ),
        advice=_("Leave the field empty to get the next free number."),
    ),
    "title_missing": lambda f: Message(_("A title is needed: a few words on what it is about.")),
    "text_too_long": lambda f: Message(
        _("This is too long: at most %(longest)s characters.", longest=f.get("longest", ""))
    ),
    "too_many_entries": lambda f: Message(
        _("At most %(most)s entries can be listed here.", most=f.get("most", ""))
    ),
    "language_refused": lambda f: Message(_("Name at least one language by its code: vi, en, zh.")),
    "opening_refused": lambda f: Message(
        _("Only an archivist opens an interview to a wider audience than before."),
        reassurance=_("Nothing was changed."),
        advice=_("Save it with the narrower one, and ask an archivist."),
    ),
    "audience_refused": lambda f: Message(_("Choose who can find this interview.")),
    "plate_refused": lambda f: Message(_("There is no such drawing.")),
    "held_refused": lambda f: Message(
        _("“%(text)s” is not a date in EDTF.", text=f.get("text", "")),
        advice=_("For example 2019-05-12, 2019-05, 1978~ for about 1978, 1985/1986."),
    ),
    "years_refused": lambda f: Message(
        _("Years go from 1800 to 2100, and the first may not be later than the last.")
    ),
    "voice_undecided": lambda f: Message(
        _("A person who speaks in the transcript is replaced."),
        advice=_("Say whose the passages are."),
    ),
    "description_outdated": lambda f: Message(
        _("A colleague saved this description while you were writing."),
        reassurance=_("Both are kept: theirs is in the archive, yours is in this form."),
        advice=_("Check the marked fields, then save again."),
    ),
}

PEOPLE: dict[str, MessageFactory] = {
    "person_name_missing": lambda f: Message(_("A name is needed.")),
    "person_name_refused": lambda f: Message(
        _("The name is too long (at most %(longest)s characters).", longest=f.get("longest", ""))
    ),
    "person_too_long": lambda f: Message(
        _("This is too long: at most %(longest)s characters.", longest=f.get("longest", ""))
    ),
    "too_many_names": lambda f: Message(
        _("At most %(most)s entries can be listed here.", most=f.get("most", ""))
    ),
    "birth_refused": lambda f: Message(
        _("“%(text)s” is not a date in EDTF.", text=f.get("text", "")),
        advice=_("For example 1946, 1946-03, 1946~ for about 1946."),
    ),
    "several_people": lambda f: Message(
        _("Several people are called %(name)s.", name=f.get("name", "")),
        advice=_("Choose one: %(choices)s.", choices="; ".join(f.get("choices", ()))),
    ),
    "namesake_exists": lambda f: Message(
        _("The archive already has a person named %(name)s.", name=f.get("name", "")),
        advice=_("Compare the records, then choose."),
    ),
    "person_in_use": lambda f: Message(
        _("This record cannot be removed: an interview or an approved transcript refers to it."),
        reassurance=_("Nothing was changed."),
    ),
    "merge_refused": lambda f: Message(
        _("These two records cannot be merged."),
        reassurance=_("Nothing was changed."),
        advice=_("Choose two different records, neither of which is merged already."),
    ),
    "merge_not_undoable": lambda f: Message(
        _("This merge can no longer be undone here: it was undone, or a later one came after it."),
        reassurance=_("Nothing was changed."),
        advice=_("Undo the later merge first."),
    ),
    "person_changed": lambda f: Message(
        _("A colleague saved this record while you were writing."),
        reassurance=_("Both are kept: theirs is in the archive, yours is in this form."),
        advice=_("Compare the two, then save again."),
    ),
}

COLLECTIONS: dict[str, MessageFactory] = {
    "collection_unknown": lambda f: Message(_("There is no such collection.")),
    "collection_refused": lambda f: Message(
        _("The code of a collection has letters without marks, digits, and single - . _ between.")
    ),
    "collection_taken": lambda f: Message(
        _("Another collection has the code %(code)s.", code=f.get("collection", ""))
    ),
    "collection_title_missing": lambda f: Message(_("A collection needs a title.")),
}

PLACES: dict[str, MessageFactory] = {
    "place_unknown": lambda f: Message(_("This place is not in the list.")),
}

CONTENTS: dict[str, MessageFactory] = {
    "point_title_missing": lambda f: Message(_("An entry needs a title.")),
    "point_too_long": lambda f: Message(
        _("This is too long: at most %(longest)s characters.", longest=f.get("longest", ""))
    ),
    "point_outside": lambda f: Message(
        _(
            "The recording is %(length)s long; this is after its end.",
            length=duration(f.get("duration_ms")),
        )
    ),
    "part_unknown": lambda f: Message(_("The interview has no such part.")),
    "too_many_points": lambda f: Message(
        _("The contents hold at most %(most)s entries.", most=f.get("most", ""))
    ),
}

MESSAGES: dict[str, MessageFactory] = {**CONTENTS, **PLACES, **INTERVIEWS, **PEOPLE, **COLLECTIONS}
