"""The two chains of list_revisions, and Alembic's settings for each.

`versions/` begins with the first release. `before_release/versions/` holds the four revisions
from the time before it, for archives that were made then; no revision is added there.
"""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

MIGRATIONS_FOLDER = Path(__file__).parent
FIRST_RELEASE = "0005"
LAST_BEFORE_RELEASE = "0004"  # creates the same tables as FIRST_RELEASE


def configuration(database_url: str, connection: Connection | None = None) -> Config:
    """Return Alembic's configuration. A passed connection is used and not committed."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS_FOLDER))
    config.attributes.update(database_url=database_url, connection=connection)
    return config


def configuration_before_release(database_url: str, connection: Connection | None = None) -> Config:
    """Return the configuration of the revisions from before the release."""
    config = configuration(database_url, connection)
    config.set_main_option("path_separator", "newline")
    config.set_main_option(
        "version_locations", str(MIGRATIONS_FOLDER / "before_release" / "versions")
    )
    return config


def newest_revision() -> str | None:
    """Return the revision that this program needs."""
    return ScriptDirectory.from_config(configuration("")).get_current_head()


def revisions_before_release() -> list[str]:
    """Return the revisions from before the release, oldest first."""
    return _revisions(configuration_before_release(""))


def list_revisions() -> list[str]:
    """Return every revision that this program can upgrade, oldest first."""
    return [*revisions_before_release(), *_revisions(configuration(""))]


def _revisions(config: Config) -> list[str]:
    script = ScriptDirectory.from_config(config)
    return [step.revision for step in script.walk_revisions()][::-1]
