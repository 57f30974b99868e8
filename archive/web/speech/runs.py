"""Start a machine transcription, or import a transcript file."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive import access
from archive.actions.office import jobs
from archive.actions.speech import runs
from archive.actions.speech.runs import JOB_KIND, TranscriptionOptions
from archive.actions.transcripts import imports, versions
from archive.messages import import_remarks
from archive.models import Interview, Job
from archive.models.vocabulary import OPEN_JOB_STATES
from archive.web.core import current, loaders
from archive.web.core.language_names import language_name
from transcription.engines.base import EngineError, ModelInfo, ModelMissing
from transcription.engines.registry import ENGINES
from transcription.formats.base import MAX_BYTES, Problem
from transcription.formats.reading import read_transcript
from transcription.formats.registry import FORMATS

bp = Blueprint("transcripts", __name__, url_prefix="/interviews/<accession>/transcript")

SUGGESTED_LANGUAGES = ("vi", "en", "fr", "zh", "km", "ko", "ja")


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    """A selectable model. `missing` names the file and folder to install it."""

    value: str
    name: str
    is_limited: bool = False
    is_default: bool = False
    missing: ModelMissing | None = None


def installed_models() -> list[tuple[str, ModelInfo]]:
    """Return the models on this machine, each with the name of its engine."""
    folder = current.settings().models_dir
    return [
        (name, info)
        for name, engine in ENGINES.items()
        if not engine.for_tests and engine.available().ok
        for info in engine.models(folder)
    ]


def model_choices() -> list[ModelChoice]:
    """Return the selectable models: the default first, sample-only models last."""
    settings = current.settings()
    default = f"{settings.default_engine}:{settings.default_model}"
    installed = [
        ModelChoice(
            value=f"{engine}:{info.name}",
            name=info.name,
            is_limited=bool(info.limited_to),
            is_default=f"{engine}:{info.name}" == default,
        )
        for engine, info in installed_models()
    ]
    if not any(choice.is_default for choice in installed):
        installed.append(
            ModelChoice(
                value=default,
                name=settings.default_model,
                is_default=True,
                missing=_missing(settings.default_engine, settings.default_model),
            )
        )
    return sorted(installed, key=lambda choice: (not choice.is_default, choice.is_limited))


@bp.app_template_global("jobs_of")
def jobs_of(interview: Interview) -> list[Job]:
    """Return the open jobs of an interview and its latest failures, for panels."""
    return jobs.list_for_interview(current.db(), current.rights(), interview)


@bp.get("/new")
def new(accession: str) -> ResponseReturnValue:
    """Render the page to select a model or a transcript file."""
    return _render_page(loaders.interview(accession, "transcribe"))


@bp.post("/start")
def start(accession: str) -> ResponseReturnValue:
    """Enqueue the transcription; the interview's page shows its progress."""
    interview = loaders.interview(accession, "transcribe")
    settings = current.settings()
    default = f"{settings.default_engine}:{settings.default_model}"
    requested = request.form.get("model") or default
    if requested not in {choice.value for choice in model_choices()}:
        return _render_page(
            interview, model_problem=_("The archive does not have this model. Choose one of these.")
        ), 422
    language = request.form.get("language") or interview.language
    if language not in _languages(interview):
        return _render_page(interview, model_problem=_("Choose one of these languages.")), 422
    engine, _colon, model = requested.partition(":")
    runs.request(
        current.db(),
        current.rights(),
        interview,
        TranscriptionOptions(engine=engine, model=model, language=language),
    )
    return redirect(url_for("interviews.show", accession=accession) + "#work", 303)


@bp.post("/import")
def import_transcript(accession: str) -> ResponseReturnValue:
    """Import a transcript file; warnings are shown line by line."""
    interview = loaders.interview(accession, "import_text")
    file = request.files.get("file")
    name = (file.filename or "")[:200] if file is not None else ""
    if file is None or not name:
        return _render_page(interview, file_problem=_("Choose the file first.")), 422
    parsed = read_transcript(file.stream.read(MAX_BYTES + 1), name)
    if not parsed.segments:
        problem = _("Nothing of %(name)s was imported.", name=name)
        return _render_page(interview, file_problem=problem, warnings=parsed.problems), 422
    segments, part_warnings = imports.assign_recordings(interview, parsed.segments)
    warnings = [*part_warnings, *((p.line, p.code, p.text) for p in parsed.problems)]
    state = request.form.get("state", "machine")
    is_to_approve = state == "approved"
    if is_to_approve:
        access.require(current.rights(), "approve", access.Scope(interview))
    version = imports.import_transcript(
        current.db(),
        current.rights(),
        interview,
        language=parsed.language or _selected_language(interview),
        state="corrected" if is_to_approve else state,  # its approval shows first what it lacks
        source=name,
        warnings=warnings,
        segments=segments,
    )
    flash(_("Version %(number)d was imported.", number=version.number))
    if is_to_approve:
        if warnings:
            flash(_("There are remarks about the file: see the edit history."), "warning")
        return redirect(url_for("approval.show", version_id=version.id), 303)
    if warnings:
        return redirect(url_for("versions.history", version_id=version.id), 303)
    return redirect(url_for("interviews.show", accession=accession, version=version.number), 303)


def _render_page(
    interview: Interview,
    *,
    model_problem: str = "",
    file_problem: str = "",
    warnings: tuple[Problem, ...] = (),
) -> str:
    db, rights = current.db(), current.rights()
    available = model_choices()
    selected = request.form.get("model") or _preselected(available, interview)
    return render_template(
        "speech/runs/new.html",
        interview=interview,
        choices=available,
        selected=selected,
        languages=_languages(interview),
        selected_language=_selected_language(interview),
        recordings=runs.source_recordings(db, interview),
        open_jobs=[
            job
            for job in jobs.list_for_interview(db, rights, interview)
            if job.kind == JOB_KIND and job.state in OPEN_JOB_STATES
        ],
        has_text=bool(versions.list_versions(db, interview)),
        suffixes=[s for f in FORMATS.values() if f.read is not None for s in f.suffixes],
        may_approve=bool(access.may(rights, "approve", access.Scope(interview))),
        selected_state=request.form.get("state", "corrected"),
        model_problem=model_problem,
        file_problem=file_problem,
        remarks=import_remarks.remarks(
            [(p.line, p.code, p.text) for p in warnings[: imports.MAX_WARNINGS]]
        ),
    )


def _preselected(available: list[ModelChoice], interview: Interview) -> str:
    """Return the default model; for a sample interview the model trained on its sentences."""
    if interview.is_sample:
        return next((c.value for c in available if c.is_limited), available[0].value)
    return available[0].value


def _missing(engine_name: str, model: str) -> ModelMissing | None:
    engine = ENGINES.get(engine_name)
    try:
        if engine is not None:
            engine.model_info(model, models_dir=current.settings().models_dir)
    except ModelMissing as missing:
        return missing
    except EngineError:
        return None
    return None


def _languages(interview: Interview) -> dict[str, str]:
    """Return code → name in the page's language, those of the interview first."""
    codes = dict.fromkeys((*interview.languages, *SUGGESTED_LANGUAGES))
    return {code: language_name(code) for code in codes}


def _selected_language(interview: Interview) -> str:
    requested = request.form.get("language", "")
    return requested if requested in _languages(interview) else interview.language
