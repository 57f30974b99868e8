"""Settings: a value that cannot work is refused with a sentence before anything is touched."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from archive.settings import SettingRefused, Settings, keep_secret_key

ROOT = Path(__file__).parent.parent.parent

HOSTILE = {
    "LOIKE_HOME": ["~nobody-of-this-name/archive", "a\x00b", "a\udcffb"],
    "LOIKE_DATABASE_URL": [
        "garbage",
        "mysql://root@localhost/x",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql+asyncpg://h/x",
        "postgresql+psycopg://host",
        "postgresql+psycopg://host:port/x",
        "://",
        " ",
    ],
    "LOIKE_LANGUAGE": ["fr", "", "vi en"],
    "LOIKE_PUBLIC_STATES": ["secret", "approved,everything", "approved;machine"],
    "LOIKE_ENGINE": ["", " ", "whis per"],
    "LOIKE_MODEL": ["", "a\nb"],
    "LOIKE_HOST": ["", "a b", "127.0.0.1\n" + "x"],
    "LOIKE_PORT": ["", "http", "-1", "65536", "80.5", "9" * 5000],
    "LOIKE_WEB_THREADS": ["0", "1", "257", "many"],
    "LOIKE_LEASE_S": ["0", "-5", "3601", "1e3", "nan"],
    "LOIKE_POLL_MS": ["0", "19", "60001", "fast"],
    "LOIKE_UPLOAD_EXPIRY_H": ["0", "-1", "8761", "∞"],
    "LOIKE_MEDIA_HANDOFF": ["nginx", ""],
    "LOIKE_MEDIA_GROUP": ["no-group-of-this-name", "a\x00b"],
    "LOIKE_HTTPS": ["maybe", "1", ""],
    "LOIKE_TIMEZONE": ["Mars/Olympus", "", "../../etc/passwd", "/etc/localtime", "Asia"],
    "LOIKE_BACKUP_TARGET": ["usb", "./usb", "/mnt/a\nb"],
    "LOIKE_BACKUP_HOUR": ["24", "-1", "noon", ""],
    "LOIKE_SECRET_KEY": ["short", " " * 3],
}


def test_every_variable_has_an_unusable_example() -> None:
    source = (ROOT / "archive" / "settings.py").read_text("utf-8")
    read = set(re.findall(r'"(LOIKE_[A-Z_]+)"', source))
    assert read == set(HOSTILE)


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in HOSTILE.items() for value in values]
)
def test_from_env_with_unusable_value_names_the_variable(
    name: str, value: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with pytest.raises(SettingRefused) as caught:
        keep_secret_key(Settings.from_env({"LOIKE_HOME": str(home), name: value}))
    assert caught.value.name == name
    assert name in str(caught.value)
    assert "expected" in str(caught.value)
    assert not home.exists()


def test_database_url_of_postgresql_uses_psycopg() -> None:
    settings = Settings.from_env({"LOIKE_DATABASE_URL": "postgresql://u:geheim@host:5/x"})
    assert settings.database_url == "postgresql+psycopg://u:geheim@host:5/x"


def test_setting_refused_masks_password() -> None:
    for url in ("mysql://root:geheim@localhost/x", "postgresql+psycopg://u:geheim@host:port/x"):
        with pytest.raises(SettingRefused) as caught:
            Settings.from_env({"LOIKE_DATABASE_URL": url})
        assert "geheim" not in str(caught.value)
    with pytest.raises(SettingRefused) as caught:
        keep_secret_key(Settings.from_env({"LOIKE_SECRET_KEY": "geheim"}))
    assert "geheim" not in str(caught.value)
    assert "geheim" not in repr(Settings.from_env({"LOIKE_SECRET_KEY": "geheim" * 9}))


@pytest.mark.parametrize("command", ["init", "serve", "worker", "--help"])
def test_command_with_unusable_setting_prints_message(command: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", command],
        cwd=ROOT,
        env={**os.environ, "LOIKE_HOME": str(tmp_path), "LOIKE_PORT": "harbour"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    assert "LOIKE_PORT='harbour' is not usable: expected a whole number" in ended.stderr
    assert list(tmp_path.iterdir()) == []
    if command != "--help":
        assert ended.returncode != 0


def test_from_env_without_variables_uses_defaults(tmp_path: Path) -> None:
    settings = Settings.from_env({"LOIKE_HOME": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path}/archive.db"
    assert (settings.host, settings.port, settings.default_language) == ("127.0.0.1", 8080, "vi")
    assert settings.public_states == {"approved"}
    assert Settings.from_env({"LOIKE_HOME": ""}).home == Path("var").resolve()


def test_choice_ignores_spaces_and_case(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {
            "LOIKE_LANGUAGE": " EN ",
            "LOIKE_HTTPS": "Yes",
            "LOIKE_PUBLIC_STATES": " approved, machine,",
        }
    )
    assert (settings.default_language, settings.https) == ("en", True)
    assert settings.public_states == {"approved", "machine"}
    assert Settings.from_env({"LOIKE_PUBLIC_STATES": ""}).public_states == frozenset()


def test_keep_secret_key_by_many_threads_creates_one_key(
    tmp_path: Path,
) -> None:
    settings = Settings.from_env({"LOIKE_HOME": str(tmp_path / "home")})
    gate, keys = threading.Barrier(8), []

    def start() -> None:
        gate.wait()
        keys.append(keep_secret_key(settings))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys)) == 1
    assert len(keys) == 8
    assert len(keys[0]) == 64
    [file] = settings.home.iterdir()
    assert file.name == "secret_key"
    assert file.stat().st_mode & 0o777 == 0o600


def test_today_uses_the_time_zone(tmp_path: Path) -> None:
    """The two islands are never on the same day: one is 25 hours ahead of the other."""
    days = {
        zone: Settings.from_env({"LOIKE_HOME": str(tmp_path), "LOIKE_TIMEZONE": zone}).today()
        for zone in ("Pacific/Kiritimati", "Pacific/Niue")
    }
    assert days["Pacific/Kiritimati"] > days["Pacific/Niue"]
