"""Settings: read once from the environment variables `LOIKE_*`, then immutable.

Every field is described in `docs/operating.md`; a test compares the two.
"""

from __future__ import annotations

import errno
import grp
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

LANGUAGES = ("vi", "en")  # of pages
TRANSCRIPT_STATES = ("machine", "editing", "corrected", "approved")
DATABASES = ("sqlite", "postgresql+psycopg")


class SettingRefused(Exception):
    """An environment variable has an unusable value."""

    code = "setting_refused"

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name}={value!r} is not usable: expected {expected}")
        self.name = name
        self.value = value
        self.expected = expected


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of one archive. `home` contains all its data, except an external database."""

    home: Path
    database_url: str
    default_language: str = "vi"
    public_states: frozenset[str] = frozenset({"approved"})
    default_engine: str = "whisper"
    default_model: str = "small"
    host: str = "127.0.0.1"
    port: int = 8080
    web_threads: int = 16
    lease_s: float = 90.0
    poll_s: float = 0.5
    upload_part_bytes: int = 32 * 1024 * 1024
    upload_expiry_h: int = 24 * 14
    media_handoff: str = "wsgi"
    media_group: str = ""
    https: bool = False
    timezone: str = "Asia/Ho_Chi_Minh"
    backup_target: Path | None = None
    backup_hour: int = 2
    secret_key: str = field(default="", repr=False)

    def today(self) -> date:
        """Return the current date in the office's time zone."""
        return self.day_of(datetime.now(UTC))

    def day_of(self, instant: datetime) -> date:
        """Return the date of an instant in the office's time zone."""
        return instant.astimezone(ZoneInfo(self.timezone)).date()

    @property
    def vault_dir(self) -> Path:
        """Originals: never opened for writing once stored."""
        return self.home / "vault"

    @property
    def parts_dir(self) -> Path:
        """Incomplete uploads: on the same disk as the vault, so that the last step is a rename."""
        return self.home / "vault" / "parts"

    @property
    def derivatives_dir(self) -> Path:
        """Access copies, peaks and pictures: can be rebuilt from the originals."""
        return self.home / "derivatives"

    @property
    def index_dir(self) -> Path:
        """The search index: can be rebuilt from the database."""
        return self.home / "index"

    @property
    def models_dir(self) -> Path:
        """Weights of speech models, installed by the office."""
        return self.home / "models"

    @cached_property
    def media_gid(self) -> int | None:
        """The id of the group that may read originals and derivatives, if one is set."""
        return grp.getgrnam(self.media_group).gr_gid if self.media_group else None

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read `LOIKE_*`; raises SettingRefused and changes nothing on disk."""
        env = os.environ if env is None else env
        home = _home(env)
        return cls(
            home=home,
            database_url=_database_url(env, home),
            default_language=_one_of(env, "LOIKE_LANGUAGE", "vi", LANGUAGES),
            public_states=_states(env),
            default_engine=_word(env, "LOIKE_ENGINE", "whisper"),
            default_model=_word(env, "LOIKE_MODEL", "small"),
            host=_word(env, "LOIKE_HOST", "127.0.0.1"),
            port=_whole_number(env, "LOIKE_PORT", 8080, lowest=0, highest=65535),
            web_threads=_whole_number(env, "LOIKE_WEB_THREADS", 16, lowest=2, highest=256),
            lease_s=float(_whole_number(env, "LOIKE_LEASE_S", 90, lowest=1, highest=3600)),
            poll_s=_whole_number(env, "LOIKE_POLL_MS", 500, lowest=20, highest=60_000) / 1000,
            upload_expiry_h=_whole_number(
                env, "LOIKE_UPLOAD_EXPIRY_H", 24 * 14, lowest=1, highest=24 * 365
            ),
            media_handoff=_one_of(env, "LOIKE_MEDIA_HANDOFF", "wsgi", ("wsgi", "x-accel")),
            media_group=_group(env),
            https=_one_of(env, "LOIKE_HTTPS", "no", ("yes", "no")) == "yes",
            timezone=_timezone(env),
            backup_target=_backup_target(env),
            backup_hour=_whole_number(env, "LOIKE_BACKUP_HOUR", 2, lowest=0, highest=23),
            secret_key=env.get("LOIKE_SECRET_KEY", ""),
        )


def keep_secret_key(settings: Settings) -> str:
    """Return the key that signs forms: from the environment, else created once in `home`.

    The file has mode 0600. Two processes that start at once use the same key: the file
    is created exclusively, and the second process reads it.
    """
    if settings.secret_key:
        if len(settings.secret_key) < 32:
            raise SettingRefused("LOIKE_SECRET_KEY", "…", "at least 32 characters")
        return settings.secret_key
    make_home(settings.home)
    path = settings.home / "secret_key"
    aside = settings.home / f".secret_key.{secrets.token_hex(4)}"
    if not path.exists():
        try:
            aside.touch(mode=0o600)
            aside.write_text(secrets.token_hex(32), encoding="ascii")
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip()


def make_folders(settings: Settings) -> None:
    """Create the home and the folders in it."""
    make_home(settings.home)
    for folder in (
        settings.vault_dir,
        settings.parts_dir,
        settings.derivatives_dir,
        settings.index_dir,
        settings.models_dir,
    ):
        _require_reachable(folder)
        folder.mkdir(mode=0o700, exist_ok=True)


def _require_reachable(folder: Path) -> None:
    """Raise OSError for a link to a missing disk, and for a file in the place of a folder."""
    if folder.is_symlink() and not folder.exists():
        raise FileNotFoundError(
            errno.ENOENT, "it leads to a folder that is not there; is its disk connected?", folder
        )
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder)


def make_home(home: Path) -> None:
    """Create the home with mode 0700 and missing parent folders with mode 0755."""
    for folder in reversed(home.parents):
        if not folder.is_dir():
            folder.mkdir(mode=0o755, exist_ok=True)
    home.mkdir(mode=0o700, exist_ok=True)


def _home(env: Mapping[str, str]) -> Path:
    value = env.get("LOIKE_HOME") or "var"
    try:
        value.encode()  # the database needs a path of characters
        return Path(value).expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        raise SettingRefused("LOIKE_HOME", value, "the path of a folder") from None


def _backup_target(env: Mapping[str, str]) -> Path | None:
    value = env.get("LOIKE_BACKUP_TARGET", "").strip()
    if not value:
        return None
    path = Path(value).expanduser()
    if not path.is_absolute() or not value.isprintable():
        raise SettingRefused("LOIKE_BACKUP_TARGET", value, "the full path of a folder")
    return path


def _database_url(env: Mapping[str, str], home: Path) -> str:
    # The library writes the characters of a path that mean something else in a URL: ? # %.
    own = URL.create("sqlite", database=str(home / "archive.db"))
    value = env.get("LOIKE_DATABASE_URL") or own.render_as_string()
    expected = "sqlite:///PATH or postgresql://USER@HOST/DATABASE"
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        # The value may contain a password, which cannot be masked in an unparsable URL.
        raise SettingRefused("LOIKE_DATABASE_URL", "…", expected) from None
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")  # the only installed driver
        value = url.render_as_string(hide_password=False)
    shown = url.render_as_string(hide_password=True)
    if url.drivername not in DATABASES:
        raise SettingRefused("LOIKE_DATABASE_URL", shown, expected)
    if not url.database or url.database == ":memory:":
        raise SettingRefused("LOIKE_DATABASE_URL", shown, expected)
    return value


def _timezone(env: Mapping[str, str]) -> str:
    value = _word(env, "LOIKE_TIMEZONE", "Asia/Ho_Chi_Minh")
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingRefused("LOIKE_TIMEZONE", value, "a name such as Asia/Ho_Chi_Minh") from None


def _group(env: Mapping[str, str]) -> str:
    name = env.get("LOIKE_MEDIA_GROUP", "").strip()
    if not name:
        return ""
    try:
        gid = grp.getgrnam(name).gr_gid
    except (KeyError, ValueError):
        raise SettingRefused("LOIKE_MEDIA_GROUP", name, "a group of this machine") from None
    if os.geteuid() != 0 and gid not in {os.getegid(), *os.getgroups()}:
        expected = "a group that the account of the archive belongs to"
        raise SettingRefused("LOIKE_MEDIA_GROUP", name, expected)
    return name


def _word(env: Mapping[str, str], name: str, default: str) -> str:
    value = env.get(name, default).strip()
    if not value or not value.isprintable() or " " in value:
        raise SettingRefused(name, value, "a word without spaces")
    return value


def _one_of(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = env.get(name, default).strip().lower()
    if value not in allowed:
        raise SettingRefused(name, value, " or ".join(allowed))
    return value


def _whole_number(
    env: Mapping[str, str], name: str, default: int, *, lowest: int, highest: int
) -> int:
    value = env.get(name, str(default))
    expected = f"a whole number from {lowest} to {highest}"
    try:
        number = int(value)
    except ValueError:
        raise SettingRefused(name, value, expected) from None
    if not lowest <= number <= highest:
        raise SettingRefused(name, value, expected)
    return number


def _states(env: Mapping[str, str]) -> frozenset[str]:
    value = env.get("LOIKE_PUBLIC_STATES", "approved")
    states = frozenset(part.strip() for part in value.split(",") if part.strip())
    if not states <= set(TRANSCRIPT_STATES):
        raise SettingRefused(
            "LOIKE_PUBLIC_STATES", value, "a list of " + ", ".join(TRANSCRIPT_STATES)
        )
    return states
