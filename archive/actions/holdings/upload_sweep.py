"""Daily clean-up of uploads: finish complete ones, expire old ones, delete their bytes."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from sqlalchemy import select

from archive import access
from archive.access import Refused
from archive.actions.holdings.uploads import discard_part, load_progress
from archive.models import Upload, User
from archive.models.base import utc_now
from archive.toolbox import Toolbox


def sweep(toolbox: Toolbox) -> int:
    """Finish complete uploads, expire old ones, delete their bytes; return how many."""
    _finish_complete(toolbox)
    with toolbox.database.writing() as db:
        for upload in db.scalars(
            select(Upload).where(Upload.state == "receiving", Upload.expires_at <= utc_now())
        ):
            upload.state = "expired"
    freed = 0
    older_than = utc_now() - timedelta(hours=24)
    for part_id in list(toolbox.parts.expired(older_than)):
        with toolbox.database.reading() as db:
            row = db.get(Upload, part_id)
        if row is None or row.state != "receiving":
            freed += discard_part(toolbox, part_id)
    return freed


def _finish_complete(toolbox: Toolbox) -> None:
    with toolbox.database.reading() as db:
        rows = db.execute(
            select(Upload, User)
            .join(User, User.id == Upload.user_id)
            .where(Upload.state == "receiving", Upload.expires_at > utc_now())
        ).all()
    for upload, user in rows:
        rights = access.rights_today(access.actor_of_user(user), toolbox.settings)
        with contextlib.suppress(Refused):  # deleted, busy, unreadable, or no longer permitted
            load_progress(toolbox, rights, upload.id)
