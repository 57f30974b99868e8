"""Where a rule closes the only recording, label and citation are those of an interview without."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from archive.access import EVERY_READER
from archive.actions.transcripts import text_facts
from archive.models import Recording
from archive.toolbox import Toolbox
from tests.archive.web.core.conftest import CloseByRule
from tests.support import sample_transcript

ClientOf = Callable[[str | None], FlaskClient]


def test_an_unknown_recording_gives_the_label_and_citation_of_a_missing_one(
    toolbox: Toolbox, close: CloseByRule, client_of: ClientOf
) -> None:
    with toolbox.database.writing() as db:
        for accession, is_recorded in (("LK-1", True), ("LK-2", False)):
            interview = sample_transcript.add_interview(db, accession, recorded=is_recorded)
            version = sample_transcript.add_approved_version(db, interview)
            version.kind = "imported"
            for segment in version.segments:
                segment.recording_id = None
                segment.state = "machine"
        of_first = db.query(Recording).one().id
    reader = client_of(None)

    def answers(accession: str) -> list[str | int]:
        page = f"/en/interviews/{accession}"
        cited = reader.get(f"{page}/cite?t=1-3")
        label = (reader.get(f"{page}/words").json or {})["label"]
        return [label, cited.status_code, reader.get(f"{page}/cite?t=1-3&part=2").status_code]

    assert answers("LK-1") != answers("LK-2")
    close(of_first, "know")
    assert answers("LK-1") == answers("LK-2")


def test_recordings_of_closed_interviews_count_for_the_index(toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        interview = sample_transcript.add_interview(db, audience="staff")
        version = sample_transcript.add_approved_version(db, interview)
        assert text_facts.origins(db, EVERY_READER, [version])[version.id].has_recording
