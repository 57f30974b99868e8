"""The settings of a machine as a file of environment variables, for its backup."""

from __future__ import annotations

import shlex

from sqlalchemy import make_url

from archive.settings import Settings


def as_environment(settings: Settings) -> dict[str, str]:
    """Return the variables from which `Settings.from_env` reads these settings again.

    The password of the database is masked, and the secret key is left out.
    """
    url = make_url(settings.database_url)
    if url.drivername.startswith("postgresql"):
        url = url.set(drivername="postgresql")
    variables = {
        "LOIKE_HOME": str(settings.home),
        "LOIKE_DATABASE_URL": url.render_as_string(hide_password=True),
        "LOIKE_LANGUAGE": settings.default_language,
        "LOIKE_PUBLIC_STATES": ",".join(sorted(settings.public_states)),
        "LOIKE_ENGINE": settings.default_engine,
        "LOIKE_MODEL": settings.default_model,
        "LOIKE_HOST": settings.host,
        "LOIKE_PORT": str(settings.port),
        "LOIKE_WEB_THREADS": str(settings.web_threads),
        "LOIKE_LEASE_S": str(round(settings.lease_s)),
        "LOIKE_POLL_MS": str(round(settings.poll_s * 1000)),
        "LOIKE_UPLOAD_EXPIRY_H": str(settings.upload_expiry_h),
        "LOIKE_MEDIA_HANDOFF": settings.media_handoff,
        "LOIKE_HTTPS": "yes" if settings.https else "no",
        "LOIKE_TIMEZONE": settings.timezone,
        "LOIKE_BACKUP_HOUR": str(settings.backup_hour),
    }
    if settings.media_group:
        variables["LOIKE_MEDIA_GROUP"] = settings.media_group
    if settings.backup_target is not None:
        variables["LOIKE_BACKUP_TARGET"] = str(settings.backup_target)
    return variables


def settings_file(settings: Settings) -> str:
    """Return the lines of a file that a shell or systemd reads."""
    lines = [f"{name}={shlex.quote(value)}" for name, value in as_environment(settings).items()]
    return "\n".join(lines) + "\n"
