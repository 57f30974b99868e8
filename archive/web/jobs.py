"""Work in progress: the page, the panel that any page may show, and the numbers it polls."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from archive import access
from archive.actions import fixity, work
from archive.models import Interview, Job
from archive.models.job import OPEN_STATES, RETRIABLE_STATES
from archive.web import addresses, current, language, loaders, messages, stages
from transcription import timecode

bp = Blueprint("jobs", __name__)

bp.add_app_template_filter(stages.kind, "job_kind")
bp.add_app_template_filter(stages.stage, "job_stage")
bp.add_app_template_filter(stages.state, "job_state")
bp.add_app_template_filter(timecode.clock, "clock")


@bp.app_template_global("job_may_stop")
def _may_stop(job: Job, interview: Interview | None) -> bool:
    return job.state in OPEN_STATES and not job.cancel_requested and _has_right(job, interview)


@bp.app_template_global("job_may_retry")
def _may_retry(job: Job, interview: Interview | None) -> bool:
    return job.state in RETRIABLE_STATES and _has_right(job, interview)


@bp.app_template_global("job_problem")
def _problem(job: Job) -> messages.Message | None:
    return messages.for_code(job.problem, **job.detail) if job.problem else None


@bp.get(language.PREFIX + "/jobs")
def catalogue() -> ResponseReturnValue:
    """Everything that runs, waits or failed, and what the last readings found wrong."""
    db, actor = current.db(), current.actor()
    return render_template(
        "jobs/catalogue.html",
        under_way=work.under_way(db, actor),
        troubled=work.troubled(db, actor),
        wrong=fixity.wrong(db, actor),
    )


@bp.get(language.PREFIX + "/jobs/<job_id>/panel")
def panel(job_id: str) -> ResponseReturnValue:
    """One job as the panel that pages show: fetched when its stage or state has changed."""
    interview, job = loaders.job(job_id, "see_jobs")
    return render_template("jobs/_fragment.html", job=job, interview=interview)


@bp.get("/api/v1/jobs/<job_id>")
def show(job_id: str) -> ResponseReturnValue:
    """The numbers of one job, for polling."""
    interview, job = loaders.job(job_id, "see_jobs")
    return jsonify(_told(job, interview))


@bp.get("/api/v1/interviews/<accession>/jobs")
def of_interview(accession: str) -> ResponseReturnValue:
    """The open jobs of an interview and its latest failures, newest first."""
    interview = loaders.interview(accession, "view")
    jobs = work.of_interview(current.db(), current.actor(), interview)
    return jsonify(jobs=[_told(job, interview) for job in jobs])


@bp.post(language.PREFIX + "/jobs/<job_id>/cancel")
def cancel(job_id: str) -> AnyResponse:
    """Stop a job."""
    interview, job = loaders.job(job_id, "see_jobs")
    work.cancel(current.db(), current.actor(), job, interview=interview)
    return _back()


@bp.post(language.PREFIX + "/jobs/<job_id>/retry")
def retry(job_id: str) -> AnyResponse:
    """Start a job that ended badly again."""
    interview, job = loaders.job(job_id, "see_jobs")
    work.retry(current.db(), current.actor(), job, interview=interview)
    return _back()


def _has_right(job: Job, interview: Interview | None) -> bool:
    return bool(access.may(current.actor(), work.right_over(job), job, interview=interview))


def _told(job: Job, interview: Interview | None) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "interview": interview.accession if interview is not None else None,
        "state": job.state,
        "is_open": job.state in OPEN_STATES,
        "is_stopping": job.cancel_requested,
        "progress": round(job.progress, 4),
        "stage": job.message,
        "problem": job.problem,
        "left_ms": job.detail.get("left_ms") if job.state == "running" else None,
        "detail": {k: v for k, v in job.detail.items() if isinstance(v, int | float | str)},
        "result": job.result,
        "attempts": job.attempts,
    }


def _back() -> AnyResponse:
    """To the page of this house that the button was on: the panel may be on any."""
    asked = addresses.own(request.form.get("next", ""))
    return redirect(asked or addresses.came_from() or url_for(".catalogue"), 303)
