"""Daily clean-up of uploads: finish complete ones, expire old ones, delete their bytes."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Refused
from archive.actions.holdings.uploads import discard_part, load_progress
from archive.models import Upload, User
from archive.models.base import utc_now
from archive.toolbox import Toolbox
from media.vault import VaultError

log = logging.getLogger(__name__)


def sweep(toolbox: Toolbox) -> int:
    """Finish complete uploads, expire old ones, delete their bytes; return how many."""
    _finish_complete(toolbox)
    now = utc_now()
    with toolbox.database.writing() as db:
        for upload in db.scalars(
            select(Upload).where(Upload.state == "receiving", Upload.expires_at <= now)
        ):
            upload.state = "expired"
        _shorten(db, now + _lifetime(toolbox))
    freed = 0
    for part_id in list(toolbox.parts.expired(now - timedelta(hours=24))):
        with toolbox.database.reading() as db:
            row = db.get(Upload, part_id)
        if row is None or row.state != "receiving":
            try:
                freed += discard_part(toolbox, part_id)
            except OSError as error:
                log.warning("the upload %s cannot be deleted: %s", part_id, error)
    return freed + toolbox.parts.sweep()


def renew(toolbox: Toolbox) -> None:
    """Finish complete uploads, and give the others their full time from now; delete nothing.

    For a clock that has jumped: what is two weeks old by the date may have begun today.
    """
    with toolbox.database.writing() as db:
        for upload in db.scalars(select(Upload).where(Upload.state == "receiving")):
            upload.expires_at = utc_now() + _lifetime(toolbox)
    _finish_complete(toolbox)


def _shorten(db: Session, latest: datetime) -> None:
    """Shorten the time of uploads that began while the clock was ahead."""
    for upload in db.scalars(
        select(Upload).where(
            Upload.state == "receiving", Upload.expires_at > latest + timedelta(days=1)
        )
    ):
        upload.expires_at = latest


def _lifetime(toolbox: Toolbox) -> timedelta:
    return timedelta(hours=toolbox.settings.upload_expiry_h)


def _finish_complete(toolbox: Toolbox) -> None:
    with toolbox.database.reading() as db:
        rows = db.execute(
            select(Upload, User)
            .join(User, User.id == Upload.user_id)
            .where(Upload.state == "receiving")
        ).all()
    for upload, user in rows:
        rights = access.rights_today(access.actor_of_user(user), toolbox.settings)
        try:
            load_progress(toolbox, rights, upload.id)
        except (Refused, VaultError):
            continue  # deleted, busy, unreadable, or no longer permitted
        except OSError as error:  # one bad sector stops no other upload; flask doctor names it
            log.warning("the upload %s cannot be finished: %s", upload.id, error)
