"""Starting machine transcription, and bringing in a transcript from a file."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive.actions import transcription, transcripts, work
from archive.actions.transcription import Wanted
from archive.models import Interview, Job
from archive.web import current, loaders
from transcription.engines.base import ModelInfo
from transcription.engines.registry import ENGINES
from transcription.formats.reading import read
from transcription.formats.registry import FORMATS

bp = Blueprint("transcripts", __name__, url_prefix="/interviews/<accession>/transcript")

LONGEST_FILE_BYTES = 32 * 1024 * 1024


def models() -> list[tuple[str, ModelInfo]]:
    """The models that lie on this machine, each with the engine that runs it."""
    folder = current.settings().models_dir
    return [
        (name, info)
        for name, engine in ENGINES.items()
        if name != "scripted" and engine.available().ok
        for info in engine.models(folder)
    ]


@bp.app_template_global("jobs_of")
def jobs_of(interview: Interview) -> list[Job]:
    """The open jobs of an interview and its latest failures, for panels."""
    return work.of_interview(current.db(), current.actor(), interview)


@bp.get("/new")
def choose(accession: str) -> ResponseReturnValue:
    """Choose a model, or a file to bring in."""
    interview = loaders.interview(accession, "transcribe")
    return render_template(
        "transcripts/new.html",
        interview=interview,
        models=models(),
        default_model=current.settings().default_model,
        recordings=transcription.sounds(current.db(), interview),
        suffixes=[s for f in FORMATS.values() if f.read is not None for s in f.suffixes],
    )


@bp.post("/start")
def start(accession: str) -> ResponseReturnValue:
    """Queue the job; the page of the interview shows how far it is."""
    interview = loaders.interview(accession, "transcribe")
    settings = current.settings()
    engine, _colon, model = request.form.get("model", "").partition(":")
    transcription.request(
        current.db(), current.actor(), interview,
        Wanted(
            engine=engine or settings.default_engine,
            model=model or settings.default_model,
            language=request.form.get("language") or interview.language,
        ),
    )  # fmt: skip
    return redirect(url_for("interviews.show", accession=accession) + "#work", 303)


@bp.post("/import")
def bring_in(accession: str) -> ResponseReturnValue:
    """Keep a transcript that was written elsewhere."""
    interview = loaders.interview(accession, "import_text")
    file = request.files.get("file")
    content = file.stream.read(LONGEST_FILE_BYTES + 1) if file is not None else b""
    name = (file.filename or "") if file is not None else ""
    reading = read(content, name)
    parts = {recording.part: recording.id for recording in interview.recordings}
    version = transcripts.bring_in(
        current.db(), current.actor(), interview,
        language=reading.language or interview.language,
        state=request.form.get("state", "machine"), source=name[:200],
        spoken=[(parts.get(s.recording), s) for s in reading.segments],
    )  # fmt: skip
    flash(_("Version %(number)d was brought in.", number=version.number))
    for problem in reading.problems[:10]:
        flash(_("Line %(line)d: %(text)s", line=problem.line, text=str(problem)), "warning")
    return redirect(url_for("interviews.show", accession=accession), 303)
