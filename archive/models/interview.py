"""Interviews: the intellectual unit of the archive, one accession number each."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from archive.models.base import Base, Ulid, new_id, utc_now
from archive.models.collection import Collection
from archive.models.person import Person
from archive.models.place import Place
from archive.models.recording import Recording
from archive.models.vocabulary import Audience, ContributionRole

# Line drawings that may stand for an interview; drawn in templates/core/_macros/plates.html.
PLATES = (
    "sew",
    "bike",
    "lam",
    "bowl",
    "boat",
    "radio",
    "loom",
    "school",
    "sack",
    "stall",
    "clinic",
    "bridge",
    "ferry",
)


class Interview(Base):
    """An interview with one or more witnesses, in one or more sittings.

    The interview date is stored as a phrase, as EDTF, and as its earliest and latest day.
    `told_from_year` and `told_to_year` are the years covered by the account.
    `audience` decides who may view the interview; the default is the narrowest.
    """

    __tablename__ = "interview"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    accession: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    collection_id: Mapped[str | None] = mapped_column(ForeignKey("collection.id"), index=True)
    languages: Mapped[list[str]] = mapped_column(default=lambda: ["vi"])
    held_as_told: Mapped[str] = mapped_column(default="")
    held_edtf: Mapped[str] = mapped_column(default="")
    held_earliest_on: Mapped[date | None]
    held_latest_on: Mapped[date | None]
    told_from_year: Mapped[int | None]
    told_to_year: Mapped[int | None]
    place_as_told: Mapped[str] = mapped_column(default="")
    place_id: Mapped[str | None] = mapped_column(ForeignKey("place.id"), index=True)
    abstract: Mapped[str] = mapped_column(default="")
    keywords: Mapped[list[str]] = mapped_column(default=list)
    audience: Mapped[Audience] = mapped_column(default="staff", index=True)
    plate: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)
    is_sample: Mapped[bool] = mapped_column(default=False, index=True)
    created_by_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now)

    collection: Mapped[Collection | None] = relationship()
    place: Mapped[Place | None] = relationship()
    numbers: Mapped[list[AccessionNumber]] = relationship(
        back_populates="interview",
        order_by="AccessionNumber.given_at",
        passive_deletes="all",
    )
    contributions: Mapped[list[Contribution]] = relationship(
        back_populates="interview",
        cascade="all, delete-orphan",
        order_by="Contribution.position",
    )
    recordings: Mapped[list[Recording]] = relationship(
        cascade="all, delete-orphan", order_by="Recording.part"
    )

    @property
    def language(self) -> str:
        """The main language."""
        return self.languages[0] if self.languages else "vi"

    @property
    def former_numbers(self) -> list[str]:
        """The accession numbers that the interview had before, the oldest first."""
        current = self.accession.lower()
        return [one.number for one in self.numbers if one.number.lower() != current]

    @property
    def listed_contributions(self) -> list[Contribution]:
        """Contributions of the description, without removed ones."""
        return [c for c in self.contributions if c.removed_at is None]

    def people(self, role: ContributionRole) -> list[Person]:
        """Return the people listed in this role, in order."""
        return [c.person for c in self.listed_contributions if c.role == role]

    def recording_of_part(self, part: int) -> Recording | None:
        """Return the recording of a part, or None without one."""
        return next((r for r in self.recordings if r.part == part), None)


class AccessionNumber(Base):
    """A number that an interview has or had: links lead on from it, and no other one gets it.

    `key` is the number as `accessions.fold_number` compares it. Kept without its interview.
    """

    __tablename__ = "accession_number"

    key: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str]
    interview_id: Mapped[str | None] = mapped_column(
        ForeignKey("interview.id", ondelete="SET NULL"), index=True
    )
    given_at: Mapped[datetime] = mapped_column(default=utc_now)

    interview: Mapped[Interview | None] = relationship(back_populates="numbers")


class Contribution(Base):
    """A person in a role in an interview; `speaker_label` is their label in transcripts.

    Not deleted while the interview exists, because segments refer to it. `removed_at` is
    when it was removed from the description, None while it is listed. A person may have two in
    one role: one of them taken over from another person, as the same voice.
    """

    __tablename__ = "contribution"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(
        ForeignKey("interview.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[ContributionRole]
    speaker_label: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)
    removed_at: Mapped[datetime | None]

    interview: Mapped[Interview] = relationship(back_populates="contributions")
    person: Mapped[Person] = relationship()
