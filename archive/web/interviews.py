"""Interviews: the catalogue, one interview's page, and its description."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from archive.web import loaders, reading

bp = Blueprint("interviews", __name__, url_prefix="/interviews")


@bp.get("")
def catalogue() -> ResponseReturnValue:
    """Every interview that the reader may know of."""
    return render_template("interviews/catalogue.html")


@bp.get("/<accession>")
def show(accession: str) -> ResponseReturnValue:
    """The page of an interview."""
    return reading.page(loaders.interview(accession, "view"))


@bp.get("/<accession>/edit")
def edit(accession: str) -> ResponseReturnValue:
    """The description, to be changed."""
    interview = loaders.interview(accession, "describe")
    return render_template("interviews/form.html", interview=interview)
