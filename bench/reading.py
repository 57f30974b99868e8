"""The reading page of three hours: its time with the rendition and with plain rows.

1,350 segments with invented words of two speakers, approved and public, are read without an
account through the test client. The yardstick of the same run is the same page with plain rows:
the columns of the segments that the template shows, without `rendition` and its checks. Both
pages alternate. Processor time, so that other work on the machine counts little; the row is the
ratio of the minima.
Run: ``python -m bench.reading [segments]``.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import create_app
from archive import migrations
from archive.access import Rights
from archive.actions.accounts import accounts
from archive.actions.transcripts import imports, rendition, speakers
from archive.models import Contribution, Interview, Person, Recording, Segment, TranscriptVersion
from archive.models.base import new_id
from archive.settings import Settings
from archive.toolbox import Toolbox
from bench.figures import Figure, print_figures
from bench.search import syllables
from bench.served_archive import EMAIL, PASSWORD
from tests.support.rights import rights_of_machine
from transcription.document import TranscriptSegment, words_from_text

SEGMENTS = 1_350
SEGMENT_MS = 8_000
WORDS_PER_SEGMENT = 22
PAGES = 25
MAX_RATIO = 1.25
ACCESSION = "BENCH-READING"
BENCH = rights_of_machine("bench")


@dataclass
class PlainTurn:
    """The columns of a segment that the template shows, as they are stored."""

    id: str
    recording_id: str | None
    start_ms: int
    end_ms: int
    text: str
    speaker: speakers.Speaker
    part: int = 1
    vouched_by: str = "imported"
    is_unheard: bool = True
    is_closed: bool = False


@dataclass
class PlainText:
    """Stands for a `Rendition` in the yardstick."""

    turns: list[PlainTurn]


def plain_turns(
    db: Session, rights: Rights, interview: Interview, version: TranscriptVersion
) -> PlainText:
    """Return the rows of the segments as they are; takes the arguments of `for_reader`."""
    of_version = speakers.VersionSpeakers(rights, interview, version)
    by_id = {c.id: of_version.speaker(c.id, "") for c in interview.contributions}
    rows = db.execute(
        select(
            Segment.id,
            Segment.recording_id,
            Segment.start_ms,
            Segment.end_ms,
            Segment.text,
            Segment.contribution_id,
        )
        .where(Segment.version_id == version.id, Segment.ended_at.is_(None))
        .order_by(Segment.position, Segment.id)
    )
    return PlainText([PlainTurn(*row[:5], speaker=by_id[row[5] or ""]) for row in rows])


def add_interview(toolbox: Toolbox, segments: int) -> None:
    """Add a public interview of two speakers with an approved text."""
    with toolbox.database.writing() as db:
        # Without any account every page leads to the first run.
        accounts.add(db, BENCH, email=EMAIL, name="Bench", role="archivist", password=PASSWORD)
        interview = Interview(accession=ACCESSION, title="Ba giờ lời kể", audience="public")
        db.add(interview)
        db.flush()
        for position, role in enumerate(("witness", "interviewer")):
            person = Person(id=new_id(), full_name=f"Người {role}", given_name=role, sort_key=role)
            db.add(person)
            db.flush()
            db.add(
                Contribution(
                    interview_id=interview.id, person_id=person.id, role=role, position=position
                )
            )
        duration_ms = segments * SEGMENT_MS
        db.add(Recording(interview_id=interview.id, part=1, duration_ms=duration_ms))
        db.flush()
        db.expire(interview)
        imports.import_transcript(
            db,
            BENCH,
            interview,
            language="vi",
            state="approved",
            reason="invented words",
            source="bench.txt",
            segments=[(None, segment) for segment in invent_segments(segments)],
        )


def invent_segments(count: int) -> Iterator[TranscriptSegment]:
    """Yield segments of 22 timed words; every fourth one is the interviewer's."""
    rng = random.Random(30041975)
    vocabulary = syllables(rng)[:3000]
    for number in range(count):
        text = " ".join(rng.choices(vocabulary, k=WORDS_PER_SEGMENT))
        start_ms, end_ms = number * SEGMENT_MS, (number + 1) * SEGMENT_MS - 200
        yield TranscriptSegment(
            id="",
            start_ms=start_ms,
            end_ms=end_ms,
            text=text,
            words=words_from_text(text, start_ms=start_ms, end_ms=end_ms),
            role="witness" if number % 4 else "interviewer",
        )


@contextlib.contextmanager
def serve_page(segments: int) -> Iterator[FlaskClient]:
    """Create an archive with the interview in a temporary folder; yield a client of its app."""
    with tempfile.TemporaryDirectory(prefix="loike-bench-") as folder:
        home = Path(folder)
        address = f"sqlite:///{home / 'archive.db'}"
        migrations.upgrade(address)
        app = create_app(Settings(home=home, database_url=address))
        toolbox: Toolbox = app.extensions["loi_ke"]
        add_interview(toolbox, segments)
        yield app.test_client()
        toolbox.database.dispose()


def get_page(client: FlaskClient) -> bytes:
    """Return the page; raises RuntimeError if it is not answered with 200."""
    with client.get(f"/vi/interviews/{ACCESSION}") as response:
        if response.status_code != 200:
            raise RuntimeError(f"the page answered {response.status_code}")
        return response.get_data()


def transcript_of(page: bytes) -> bytes:
    """Return the transcript in a page: without the tokens that differ between any two pages."""
    return page[page.index(b"<article") : page.index(b"</article>")]


def processor_ms(work: Callable[[], object]) -> float:
    """Return the processor time of a call in ms."""
    start = time.thread_time()
    work()
    return (time.thread_time() - start) * 1000


def measure(client: FlaskClient, pages: int) -> tuple[list[float], list[float]]:
    """Return the ms of pages with the rendition, and of the pages with plain rows between them."""
    rendered, plain = [], []
    expected = transcript_of(get_page(client))
    with patch.object(rendition, "for_reader", plain_turns):
        if transcript_of(get_page(client)) != expected:
            raise RuntimeError("the page with plain rows shows another transcript")
    for _ in range(pages):
        rendered.append(processor_ms(partial(get_page, client)))
        with patch.object(rendition, "for_reader", plain_turns):
            plain.append(processor_ms(partial(get_page, client)))
    return rendered, plain


def main() -> None:
    """Request the page with the rendition and with plain rows in turn, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("segments", nargs="?", type=int, default=SEGMENTS)
    parser.add_argument("--pages", type=int, default=PAGES)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with serve_page(options.segments) as client:
        rendered, plain = measure(client, options.pages)
    print(
        f"page: least {min(rendered):.1f} ms, p50 {statistics.median(rendered):.1f} ms; "
        f"with plain rows: least {min(plain):.1f} ms, p50 {statistics.median(plain):.1f} ms"
    )
    print_figures(
        Figure(
            name="reading page of three hours against plain rows",
            measured=min(rendered) / min(plain),
            target=MAX_RATIO,
            unit="×",
            note=f"{options.segments} segments, least of {options.pages}",
        )
    )


if __name__ == "__main__":
    main()
