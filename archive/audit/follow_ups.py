"""Jobs that follow from an event: `FOLLOW_UPS` lists them for every kind of event.

The only module that writes outbox rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from archive import queue
from archive.models import Contribution, Event, Interview, Outbox
from archive.models.vocabulary import EventKind, Lane

INDEX_PRIORITY = 50
REBUILD_KEY = "index:rebuild"


@dataclass(frozen=True, kw_only=True)
class JobForSubject:
    """Enqueues a job whose payload names the subject of the event."""

    kind: str
    lane: Lane
    priority: int

    def __call__(self, db: Session, event: Event) -> None:
        """Enqueue the job in the transaction of its event."""
        queue.enqueue(
            db,
            self.kind,
            lane=self.lane,
            priority=self.priority,
            interview_id=event.interview_id or None,
            unique_key=f"{self.kind}:{event.subject_id}",
            payload={"subject_id": event.subject_id},
            requested_by_id=event.actor_id or None,
        )


@dataclass(frozen=True)
class IndexAffected:
    """Has every interview indexed that shows the subject of the event."""

    affected: Callable[[Event], Select[str]]
    kind = "index"
    lane: Lane = "light"

    def __call__(self, db: Session, event: Event) -> None:
        """Write the outbox rows in the transaction of the event, and enqueue the index job."""
        index_interviews(db, sorted(db.scalars(self.affected(event))), event.kind)


@dataclass(frozen=True)
class RebuildIndex:
    """Has the search index rebuilt: words that were indexed stay in its files until then."""

    kind = "index"
    lane: Lane = "light"

    def __call__(self, db: Session, event: Event) -> None:
        """Enqueue the rebuild in the transaction of the event."""
        request_rebuild(db)


def request_rebuild(db: Session) -> None:
    """Enqueue a rebuild of the search index, unless one is queued."""
    queue.enqueue(
        db,
        "index",
        lane="light",
        priority=INDEX_PRIORITY,
        unique_key=REBUILD_KEY,
        payload={"rebuild": True},
    )


def _interview(event: Event) -> Select[str]:
    return select(Interview.id).where(Interview.id == event.interview_id)


def _of_person(event: Event) -> Select[str]:
    by_person = select(Contribution.interview_id).where(Contribution.person_id == event.subject_id)
    return by_person.distinct()


def _of_merged_people(event: Event) -> Select[str]:
    ids = (event.subject_id, event.detail["merged"])
    by_people = select(Contribution.interview_id).where(Contribution.person_id.in_(ids))
    return by_people.distinct()


def _at_place(event: Event) -> Select[str]:
    return select(Interview.id).where(Interview.place_id == event.subject_id)


def _in_collection(event: Event) -> Select[str]:
    return select(Interview.id).where(Interview.collection_id == event.subject_id)


def index_interviews(db: Session, interview_ids: Iterable[str], reason: str) -> None:
    """Write an outbox row for each interview, and enqueue the index job if there is one."""
    rows = [Outbox(interview_id=interview_id, reason=reason) for interview_id in interview_ids]
    if not rows:
        return
    db.add_all(rows)
    queue.enqueue(db, "index", lane="light", priority=INDEX_PRIORITY, unique_key="index")


FollowUp = JobForSubject | IndexAffected | RebuildIndex

FOLLOW_UPS: dict[EventKind, tuple[FollowUp, ...]] = {
    "file.received": (
        JobForSubject(kind="check_fixity", lane="files", priority=10),
        JobForSubject(kind="derive", lane="files", priority=20),
    ),
    "interview.created": (IndexAffected(_interview),),
    "interview.described": (IndexAffected(_interview),),
    "interview.redacted": (IndexAffected(_interview), RebuildIndex()),
    "person.described": (IndexAffected(_of_person),),
    "person.merge_undone": (IndexAffected(_of_merged_people),),
    "person.merged": (IndexAffected(_of_merged_people),),
    "place.described": (IndexAffected(_at_place),),
    "collection.described": (IndexAffected(_in_collection),),
    "transcript.made": (IndexAffected(_interview),),
    "transcript.imported": (IndexAffected(_interview),),
    "transcript.opened": (IndexAffected(_interview),),
    "transcript.edited": (IndexAffected(_interview),),
    "transcript.submitted": (IndexAffected(_interview),),
    "transcript.withdrawn": (IndexAffected(_interview),),
    "transcript.approved": (IndexAffected(_interview),),
}
