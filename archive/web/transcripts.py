"""Starting machine transcription, and bringing in a transcript from a file."""

from __future__ import annotations

from dataclasses import dataclass

from babel import Locale
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive import access
from archive.actions import transcription, transcripts, work
from archive.actions.transcription import JOB_KIND, Wanted
from archive.models import Interview, Job
from archive.models.job import OPEN_STATES
from archive.web import current, import_words, language, loaders
from transcription.engines.base import EngineProblem, ModelInfo, ModelMissing
from transcription.engines.registry import ENGINES
from transcription.formats.base import MAX_BYTES, Problem
from transcription.formats.reading import read
from transcription.formats.registry import FORMATS

bp = Blueprint("transcripts", __name__, url_prefix="/interviews/<accession>/transcript")

LANGUAGES = ("vi", "en", "fr", "zh", "km", "ko", "ja")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A model that a person may choose. `missing` tells where its file must be put."""

    value: str
    name: str
    knows_only: bool = False
    is_default: bool = False
    missing: ModelMissing | None = None


def models() -> list[tuple[str, ModelInfo]]:
    """The models that lie on this machine, each with the engine that runs it."""
    folder = current.settings().models_dir
    return [
        (name, info)
        for name, engine in ENGINES.items()
        if not engine.for_tests and engine.available().ok
        for info in engine.models(folder)
    ]


def choices() -> list[Choice]:
    """The archive's default first, on this machine or not; models that know little come last."""
    settings = current.settings()
    default = f"{settings.default_engine}:{settings.default_model}"
    here = [
        Choice(
            value=f"{engine}:{info.name}", name=info.name, knows_only=bool(info.knows_only),
            is_default=f"{engine}:{info.name}" == default,
        )
        for engine, info in models()
    ]  # fmt: skip
    if not any(choice.is_default for choice in here):
        here.append(
            Choice(
                value=default, name=settings.default_model, is_default=True,
                missing=_missing(settings.default_engine, settings.default_model),
            )
        )  # fmt: skip
    return sorted(here, key=lambda choice: (not choice.is_default, choice.knows_only))


@bp.app_template_global("jobs_of")
def jobs_of(interview: Interview) -> list[Job]:
    """The open jobs of an interview and its latest failures, for panels."""
    return work.of_interview(current.db(), current.actor(), interview)


@bp.get("/new")
def choose(accession: str) -> ResponseReturnValue:
    """Choose a model, or a file to bring in."""
    return _page(loaders.interview(accession, "transcribe"))


@bp.post("/start")
def start(accession: str) -> ResponseReturnValue:
    """Queue the job; the page of the interview shows how far it is."""
    interview = loaders.interview(accession, "transcribe")
    settings = current.settings()
    default = f"{settings.default_engine}:{settings.default_model}"
    wanted = request.form.get("model") or default
    if wanted not in {choice.value for choice in choices()}:
        return _page(
            interview, model_problem=_("This model is not here. Choose one of these.")
        ), 422
    spoken = request.form.get("language") or interview.language
    if spoken not in _languages(interview):
        return _page(interview, model_problem=_("Choose one of these languages.")), 422
    engine, _colon, model = wanted.partition(":")
    transcription.request(
        current.db(), current.actor(), interview,
        Wanted(engine=engine, model=model, language=spoken),
    )  # fmt: skip
    return redirect(url_for("interviews.show", accession=accession) + "#work", 303)


@bp.post("/import")
def bring_in(accession: str) -> ResponseReturnValue:
    """Keep a transcript that was written elsewhere; what is odd about it is told line by line."""
    interview = loaders.interview(accession, "import_text")
    file = request.files.get("file")
    name = (file.filename or "")[:200] if file is not None else ""
    if file is None or not name:
        return _page(interview, file_problem=_("Choose the file first.")), 422
    reading = read(file.stream.read(MAX_BYTES + 1), name)
    if not reading.segments:
        problem = _("Nothing of %(name)s was brought in.", name=name)
        return _page(interview, file_problem=problem, noticed=reading.problems), 422
    told, elsewhere = transcripts.placed(interview, reading.segments)
    noticed = [*elsewhere, *((p.line, p.code, p.text) for p in reading.problems)]
    version = transcripts.bring_in(
        current.db(), current.actor(), interview,
        language=reading.language or _wanted_language(interview),
        state=request.form.get("state", "machine"), source=name, noticed=noticed,
        spoken=told,
    )  # fmt: skip
    flash(_("Version %(number)d was brought in.", number=version.number))
    if noticed:
        return redirect(url_for("versions.history", version_id=version.id), 303)
    return redirect(url_for("interviews.show", accession=accession, version=version.number), 303)


def _page(
    interview: Interview, *, model_problem: str = "", file_problem: str = "",
    noticed: tuple[Problem, ...] = (),
) -> str:  # fmt: skip
    db, actor = current.db(), current.actor()
    offered = choices()
    chosen = request.form.get("model") or _preselected(offered, interview)
    return render_template(
        "transcripts/new.html",
        interview=interview, choices=offered, chosen=chosen,
        languages=_languages(interview), wanted_language=_wanted_language(interview),
        recordings=transcription.sounds(db, interview),
        under_way=[
            job for job in work.of_interview(db, actor, interview)
            if job.kind == JOB_KIND and job.state in OPEN_STATES
        ],
        has_text=bool(transcripts.versions(db, interview)),
        suffixes=[s for f in FORMATS.values() if f.read is not None for s in f.suffixes],
        may_approve=bool(access.may(actor, "approve", interview)),
        wanted_state=request.form.get("state", "corrected"),
        model_problem=model_problem, file_problem=file_problem,
        remarks=import_words.remarks(
            [(p.line, p.code, p.text) for p in noticed[: transcripts.MOST_NOTICED]]
        ),
    )  # fmt: skip


def _preselected(offered: list[Choice], interview: Interview) -> str:
    """The default; for an invented interview the model that knows its sentences."""
    if interview.is_sample:
        return next((c.value for c in offered if c.knows_only), offered[0].value)
    return offered[0].value


def _missing(engine_name: str, model: str) -> ModelMissing | None:
    engine = ENGINES.get(engine_name)
    try:
        if engine is not None:
            engine.describe(model, models_dir=current.settings().models_dir)
    except ModelMissing as missing:
        return missing
    except EngineProblem:
        return None
    return None


def _languages(interview: Interview) -> dict[str, str]:
    """Code → name in the language of the page, those of the interview first."""
    locale = Locale.parse(language.chosen())
    codes = dict.fromkeys((*interview.languages, *LANGUAGES))
    return {code: str(locale.languages.get(code, code)) for code in codes}


def _wanted_language(interview: Interview) -> str:
    wanted = request.form.get("language", "")
    return wanted if wanted in _languages(interview) else interview.language
