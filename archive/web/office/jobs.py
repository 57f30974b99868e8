"""Jobs: the page, the panel on other pages, and the numbers that the panel polls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as WerkzeugResponse

from archive import access, messages
from archive.actions.holdings import fixity, missing_derivatives
from archive.actions.office import jobs as job_actions
from archive.actions.office.jobs import InterviewJobs, JobCounts, JobWithInterview
from archive.models import Interview, Job
from archive.models.vocabulary import OPEN_JOB_STATES, RETRIABLE_JOB_STATES
from archive.web.core import current, language, links, loaders
from archive.web.office import backup_age, job_labels, worker_state
from transcription import timecode

bp = Blueprint("jobs", __name__)

bp.add_app_template_filter(job_labels.job_kind_label)
bp.add_app_template_filter(job_labels.job_stage_label)
bp.add_app_template_filter(job_labels.job_state_label)
bp.add_app_template_filter(timecode.format_clock, "clock")


@bp.app_template_global("job_may_stop")
def _may_stop(job: Job, interview: Interview | None) -> bool:
    return (
        job.state in OPEN_JOB_STATES and not job.cancel_requested and _may_control(job, interview)
    )


@bp.app_template_global("job_may_retry")
def _may_retry(job: Job, interview: Interview | None) -> bool:
    return job.state in RETRIABLE_JOB_STATES and _may_control(job, interview)


@bp.app_template_global("job_problem")
def _problem_message(job: Job) -> messages.Message | None:
    return messages.for_code(job.problem, **job.detail) if job.problem else None


@bp.get(language.LANGUAGE_PREFIX + "/jobs")
def catalogue() -> ResponseReturnValue:
    """Render open and failed jobs, and originals that failed the integrity check."""
    db, rights = current.db(), current.rights()
    counts = job_actions.count_jobs(db, rights)
    return render_template(
        "office/jobs/catalogue.html",
        worker_note=worker_state.note(has_queued_jobs=counts.queued > 0),
        backup_warning=backup_age.warning(),
        groups=_groups(job_actions.open_jobs(db, rights), counts),
        failed_jobs=job_actions.by_interview(job_actions.recent_failures(db, rights)),
        damaged_files=fixity.failed_checks(db, rights),
    )


@bp.get(language.LANGUAGE_PREFIX + "/jobs/<job_id>/panel")
def panel(job_id: str) -> ResponseReturnValue:
    """Render the panel of one job; fetched when its stage or state has changed."""
    interview, job = loaders.job(job_id, "see_jobs")
    return render_template("office/jobs/_fragment.html", job=job, interview=interview)


@bp.get("/api/v1/jobs/<job_id>")
def show(job_id: str) -> ResponseReturnValue:
    """Return the numbers of one job as JSON, for polling."""
    interview, job = loaders.job(job_id, "see_jobs")
    return jsonify(_job_json(job, interview))


@bp.get("/api/v1/interviews/<accession>/jobs")
def of_interview(accession: str) -> ResponseReturnValue:
    """Return the open jobs of an interview and its latest failures, newest first."""
    interview = loaders.interview(accession, "know")
    jobs = job_actions.list_for_interview(current.db(), current.rights(), interview)
    return jsonify(jobs=[_job_json(job, interview) for job in jobs])


@bp.post(language.LANGUAGE_PREFIX + "/jobs/copies")
def make_all_copies() -> WerkzeugResponse:
    """Enqueue the jobs that make the missing copies of all interviews."""
    count = missing_derivatives.request_missing(
        current.db(), current.rights(), toolbox=current.toolbox()
    )
    flash(job_labels.copies_enqueued(count))
    return redirect(url_for(".catalogue"), 303)


@bp.post(language.LANGUAGE_PREFIX + "/jobs/<job_id>/cancel")
def cancel(job_id: str) -> WerkzeugResponse:
    """Cancel a job."""
    interview, job = loaders.job(job_id, "see_jobs")
    job_actions.cancel(current.db(), current.rights(), job, interview=interview)
    return _redirect_back()


@bp.post(language.LANGUAGE_PREFIX + "/jobs/<job_id>/retry")
def retry(job_id: str) -> WerkzeugResponse:
    """Retry a failed job."""
    interview, job = loaders.job(job_id, "see_jobs")
    job_actions.retry(current.db(), current.rights(), job, interview=interview)
    return _redirect_back()


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Jobs in one state: `count` of them, of which the first are listed by interview."""

    count: int
    interviews: list[InterviewJobs]

    @property
    def unshown(self) -> int:
        return max(0, self.count - sum(len(group.jobs) for group in self.interviews))


def _groups(found: list[JobWithInterview], counts: JobCounts) -> dict[str, _Group]:
    """Return the open jobs: those that wait for a person first."""
    states = {
        "waiting": ("waiting", counts.waiting),
        "working": ("running", counts.working),
        "queued": ("queued", counts.queued),
    }
    return {
        name: _Group(
            count=count,
            interviews=job_actions.by_interview(one for one in found if one.job.state == state),
        )
        for name, (state, count) in states.items()
    }


def _may_control(job: Job, interview: Interview | None) -> bool:
    return bool(
        access.may(current.rights(), job_actions.required_action(job), access.Scope(interview, job))
    )


def _job_json(job: Job, interview: Interview | None) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "interview": interview.accession if interview is not None else None,
        "state": job.state,
        "is_open": job.state in OPEN_JOB_STATES,
        "is_stopping": job.cancel_requested,
        "progress": round(job.progress, 4),
        "stage": job.message,
        "problem": job.problem,
        "left_ms": job.detail.get("left_ms") if job.state == "running" else None,
        "detail": {k: v for k, v in job.detail.items() if isinstance(v, int | float | str)},
        "result": job.result,
        "attempts": job.attempts,
    }


def _redirect_back() -> WerkzeugResponse:
    """Redirect to the page with the panel, which may be any page of this site."""
    target = links.local_path(request.form.get("next", ""))
    return redirect(target or links.referring_page() or url_for(".catalogue"), 303)
