from __future__ import annotations

from flask import Flask, render_template_string

from archive.models.interview import PLATES

PAGE = """{% from "core/_macros/plates.html" import plate, plate_label, PLATES %}
{{- PLATES|list|join(",") }};
{%- for name in names %}{{ plate(name) }}|{{ plate_label(name) }};{% endfor %}"""


def test_every_plate_has_a_drawing_and_a_name(app: Flask) -> None:
    with app.test_request_context("/en/"):
        drawn = render_template_string(PAGE, names=(*PLATES, "", "unknown"))
    known, *shown, nothing, unknown, _end = drawn.strip().split(";")
    assert known == ",".join(PLATES)
    pictures = [one.partition("|")[0] for one in shown]
    assert len(set(pictures)) == len(PLATES)
    assert all(one.partition("|")[2] not in (*PLATES, "") for one in shown)
    radio = pictures[PLATES.index("radio")]
    assert nothing.partition("|")[0] == unknown.partition("|")[0] == radio
