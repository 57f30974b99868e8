"""Who gets which answer at which route: read a row as a sentence.

`open` is a public interview with an approved text, `closed` one for staff only with
machine text; `-` is a route about neither. The numbers are HTTP statuses for Ada
(administrator), Ben (archivist), Hoa (historian), Cleo (editor), Rob (reviewer), Sam
(researcher) and the public. 303 without a sign-in leads to the sign-in page; a thing
that may not be known of answers 404 like one that does not exist.
"""

from __future__ import annotations

TABLE = """
method endpoint                      about   ada ben hoa cleo rob sam public
GET    home.redirect_to_language     -       302 302 302 302 302 302 302
GET    home.health                   -       200 200 200 200 200 200 200
GET    home.show                     -       200 200 200 200 200 200 200
POST   display.set_preferences       -       303 303 303 303 303 303 303
GET    first_run.show                -       303 303 303 303 303 303 303
POST   first_run.create              -       303 303 303 303 303 303 303
GET    sign_in.show                  -       200 200 200 200 200 200 200
POST   sign_in.create_session        -       401 401 401 401 401 401 401
POST   sign_in.sign_out              -       303 303 303 303 303 303 401
GET    accounts.catalogue            -       200 403 403 403 403 403 303
POST   accounts.create               -       303 403 403 403 403 403 401
POST   accounts.update               -       303 403 403 403 403 403 401
GET    accounts.profile              -       200 200 200 200 200 200 303
POST   accounts.save_profile         -       303 303 303 303 303 303 401
POST   accounts.save_password        -       422 422 422 422 422 422 401
POST   accounts.end_sessions         -       303 303 303 303 303 303 401
GET    settings.edit                 -       200 403 403 403 403 403 303
POST   settings.save                 -       303 403 403 403 403 403 401
GET    interviews.catalogue          -       200 200 200 200 200 200 200
GET    interviews.new                -       200 200 200 403 403 403 303
POST   interviews.create             -       303 303 303 403 403 403 401
GET    interviews.read_date          -       200 200 200 403 403 403 303
GET    interviews.show               open    200 200 200 200 200 200 200
GET    interviews.show               closed  200 200 200 200 200 404 404
GET    interviews.edit               open    200 200 200 403 403 403 303
GET    interviews.edit               closed  200 200 200 403 403 404 303
POST   interviews.update             open    303 303 303 403 403 403 401
POST   interviews.update             closed  303 303 303 403 403 404 401
GET    people.catalogue              -       200 200 200 403 403 403 303
GET    people.new                    -       200 200 200 403 403 403 303
POST   people.create                 -       303 303 303 403 403 403 401
GET    people.edit                   -       200 200 200 403 403 403 303
POST   people.update                 -       303 303 303 403 403 403 401
GET    merging.show                  -       200 200 200 403 403 403 303
POST   merging.merge                 -       404 404 404 403 403 403 401
POST   merging.undo                  -       404 404 404 403 403 403 401
POST   people.remove                 -       303 303 303 403 403 403 401
GET    index_points.edit             open    200 200 200 403 403 403 303
GET    index_points.edit             closed  200 200 200 403 403 404 303
POST   index_points.add              open    303 303 303 403 403 403 401
POST   index_points.add              closed  303 303 303 403 403 404 401
POST   index_points.update           open    303 303 303 403 403 403 401
POST   index_points.update           closed  303 303 303 403 403 404 401
POST   index_points.remove           open    303 303 303 403 403 403 401
POST   index_points.remove           closed  303 303 303 403 403 404 401
GET    explanations.show             open    200 403 403 403 403 403 303
GET    explanations.show             closed  200 403 403 403 403 404 303
GET    events.interview_history      open    200 200 200 200 200 403 303
GET    events.interview_history      closed  200 200 200 200 200 404 303
GET    events.person_history         -       200 200 200 403 403 403 303
GET    events.account_history        -       200 403 403 403 403 403 303
GET    events.office_history         -       200 403 403 403 403 403 303
GET    reading.cite                  open    200 200 200 200 200 200 200
GET    reading.cite                  closed  200 200 200 200 200 404 404
GET    reading.words                 open    200 200 200 200 200 200 200
GET    reading.words                 closed  200 200 200 200 200 404 404
GET    search.show                   -       200 200 200 200 200 200 200
GET    transcripts.new               open    200 200 200 200 403 403 303
GET    transcripts.new               closed  200 200 200 200 403 404 303
POST   transcripts.start             open    303 303 303 303 403 403 401
POST   transcripts.start             closed  422 422 422 422 403 404 401
POST   transcripts.import_transcript open    303 303 303 303 403 403 401
POST   transcripts.import_transcript closed  303 303 303 303 403 404 401
GET    versions.history              open    200 200 200 200 200 403 303
GET    versions.history              closed  200 200 200 200 200 404 303
GET    versions.export               open    200 200 200 200 200 200 200
GET    versions.export               closed  200 200 200 200 200 404 404
POST   versions.submit               open    423 423 403 423 423 403 401
POST   versions.submit               closed  422 422 403 422 422 404 401
POST   versions.withdraw             open    423 423 403 423 423 403 401
POST   versions.withdraw             closed  422 422 403 422 422 404 401
GET    approval.show                 open    200 200 403 403 200 403 303
GET    approval.show                 closed  200 200 403 403 200 404 303
POST   approval.approve              open    422 422 403 403 422 403 401
POST   approval.approve              closed  422 422 403 403 422 404 401
POST   versions.reopen               open    303 303 403 403 303 403 401
POST   versions.reopen               closed  422 422 403 403 422 404 401
POST   versions.restore              open    423 423 403 423 423 403 401
POST   versions.restore              closed  303 303 403 303 303 404 401
GET    editor.show                   open    200 200 200 200 200 403 303
GET    editor.show                   closed  200 200 200 200 200 404 303
GET    editing.load_transcript       open    200 200 200 200 200 403 401
GET    editing.load_transcript       closed  200 200 200 200 200 404 401
GET    editing.ticket                open    200 200 200 200 200 403 401
GET    editing.ticket                closed  200 200 200 200 200 404 401
GET    editing.words                 open    200 200 200 200 200 403 401
GET    editing.words                 closed  200 200 200 200 200 404 401
PATCH  editing.save                  open    423 423 403 423 423 403 401
PATCH  editing.save                  closed  200 200 403 200 200 404 401
POST   editing.apply_operations      open    423 423 403 423 423 403 401
POST   editing.apply_operations      closed  200 200 403 200 200 404 401
GET    presence.show                 open    200 200 200 200 200 403 401
GET    presence.show                 closed  200 200 200 200 200 404 401
POST   presence.report               open    423 423 403 423 423 403 401
POST   presence.report               closed  200 200 403 200 200 404 401
DELETE presence.leave                open    204 204 204 204 204 403 401
DELETE presence.leave                closed  204 204 204 204 204 404 401
GET    editing.revisions             open    200 200 200 200 200 403 401
GET    editing.revisions             closed  200 200 200 200 200 404 401
POST   editing.revert                open    423 423 403 423 423 403 401
POST   editing.revert                closed  200 200 403 200 200 404 401
GET    files.file_list               open    200 200 200 200 200 403 303
GET    files.file_list               closed  200 200 200 200 200 404 303
POST   files.make_copies             open    303 303 303 403 403 403 401
POST   files.make_copies             closed  303 303 303 403 403 404 401
GET    files.receipt                 open    200 200 200 200 200 403 303
GET    files.receipt                 closed  200 200 200 200 200 404 303
GET    files.download_original       open    200 200 403 403 403 403 401
GET    files.download_original       closed  200 200 403 403 403 404 401
GET    media.stream                  open    200 200 200 200 200 200 200
GET    media.stream                  closed  200 200 200 200 200 404 404
GET    jobs.catalogue                -       200 200 200 200 200 403 303
POST   jobs.make_all_copies          -       303 303 303 403 403 403 401
GET    jobs.panel                    closed  200 200 200 200 200 404 303
GET    jobs.show                     closed  200 200 200 200 200 404 401
GET    jobs.of_interview             open    200 200 200 200 200 403 401
GET    jobs.of_interview             closed  200 200 200 200 200 404 401
POST   jobs.cancel                   closed  303 303 303 303 403 404 401
POST   jobs.retry                    closed  422 422 422 422 403 404 401
GET    uploads.show                  open    200 200 200 403 403 403 303
GET    uploads.show                  closed  200 200 200 403 403 404 303
POST   uploads.send_form             open    303 303 303 403 403 403 401
POST   uploads.send_form             closed  303 303 303 403 403 404 401
GET    uploads.progress_row          closed  404 404 200 404 404 404 303
POST   uploads.attach_duplicate      closed  404 404 410 404 404 404 401
GET    uploads.progress              closed  404 404 200 404 404 404 401
GET    uploads.may_be_known          open    200 200 200 403 403 403 401
GET    uploads.may_be_known          closed  200 200 200 403 403 404 401
POST   uploads.find_known            open    200 200 200 403 403 403 401
POST   uploads.find_known            closed  200 200 200 403 403 404 401
POST   uploads.matches_received      closed  404 404 200 404 404 404 401
POST   tus.create                    open    201 201 201 403 403 403 401
POST   tus.create                    closed  201 201 201 403 403 404 401
HEAD   tus.head                      closed  404 404 200 404 404 404 401
PATCH  tus.receive_part              closed  404 404 204 404 404 404 401
DELETE tus.discard                   closed  404 404 204 404 404 404 401
POST   tus.override                  closed  404 404 204 404 404 404 401
OPTIONS tus.options                   -       204 204 204 204 204 204 401
"""


def rows() -> list[tuple[str, str, str, list[int]]]:
    """Return method, endpoint, interview, and statuses in the order of the header."""
    found = []
    for line in TABLE.strip().splitlines()[1:]:
        method, endpoint, about, *statuses = line.split()
        found.append((method, endpoint, about, [int(s) for s in statuses]))
    return found
