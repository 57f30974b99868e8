"""Manifests that a disk has changed: either they have the form of one, or they are refused."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.actions.office.backup_folder import BackupFolder
from archive.actions.office.backup_manifest import (
    BackupFormatNewer,
    Manifest,
    ManifestDamaged,
    parse_manifest,
)
from archive.actions.office.restored_files import BackupDamaged
from archive.toolbox import Toolbox
from tests.support.backups import back_up, restore_into

NAME = "0007_2026-11-30T201500Z"
HASHES = ("a" * 64, "b" * 64, "c" * 64)
GOOD: dict[str, Any] = {
    "format": 1,
    "name": NAME,
    "made_at": "2026-11-30T20:15:00+00:00",
    "archive": "01JCEXAMPLE0000000000000004",
    "revision": "0005",
    "files": {"archive.db": {"size_bytes": 9, "sha256": HASHES[0]}},
    "objects": [
        {"sha256": HASHES[1], "size_bytes": 0, "checked_at": ""},
        {"sha256": HASHES[2], "size_bytes": 7, "checked_at": "2026-11-30T20:15:00+00:00"},
    ],
    "missing": [],
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
# Where a value is replaced or removed: the way to it through objects and lists.
WAYS: list[tuple[str | int, ...]] = [
    *[(key,) for key in GOOD],
    *[("files", "archive.db"), ("files", "archive.db", "size_bytes")],
    *[("files", "archive.db", "sha256"), ("objects", 0), ("objects", 1, "checked_at")],
    *[("objects", 0, "sha256"), ("objects", 0, "size_bytes")],
]


def parse(stored: Any) -> Manifest:
    return parse_manifest(json.dumps(stored).encode(), name=NAME, path="/usb")


def changed(way: tuple[str | int, ...], value: Any, *, remove: bool = False) -> Any:
    stored = json.loads(json.dumps(GOOD))
    holder: Any = stored
    for key in way[:-1]:
        holder = holder[key]
    if remove:
        del holder[way[-1]]
    else:
        holder[way[-1]] = value
    return stored


def assert_usable(manifest: Manifest) -> None:
    assert manifest.name == NAME
    assert "archive.db" in manifest.files
    facts = [(item.size_bytes, item.sha256) for item in manifest.objects]
    facts += [(file.size_bytes, file.sha256) for file in manifest.files.values()]
    for size_bytes, sha256 in facts:
        assert 0 <= size_bytes < 2**63
        assert len(sha256) == 64
    for item in manifest.objects:
        assert ".." not in item.name
    json.dumps(asdict(manifest)).encode("ascii")


def test_good_manifest_is_read_as_it_was_written() -> None:
    assert asdict(parse(GOOD)) == GOOD
    assert parse(changed(("missing",), None, remove=True)).missing == []


@given(way=st.sampled_from(WAYS), value=anything, remove=st.booleans())
def test_changed_manifest_is_usable_or_refused(
    way: tuple[str | int, ...], value: Any, remove: bool
) -> None:
    try:
        manifest = parse(changed(way, value, remove=remove))
    except (ManifestDamaged, BackupFormatNewer):
        return
    assert_usable(manifest)


@given(content=st.binary() | anything.map(lambda value: json.dumps(value).encode()))
def test_other_content_is_refused(content: bytes) -> None:
    with pytest.raises((ManifestDamaged, BackupFormatNewer)):
        parse_manifest(content, name=NAME, path="/usb")


@given(position=st.integers(0, 700), byte=st.integers(0, 255))
def test_manifest_with_a_flipped_byte_is_usable_or_refused(position: int, byte: int) -> None:
    content = bytearray(json.dumps(GOOD).encode())
    content[position % len(content)] = byte
    try:
        manifest = parse_manifest(bytes(content), name=NAME, path="/usb")
    except (ManifestDamaged, BackupFormatNewer):
        return
    assert_usable(manifest)


WRONG: list[tuple[tuple[str | int, ...], Any]] = [
    (("objects", 0, "size_bytes"), -1),
    (("objects", 0, "size_bytes"), True),
    (("objects", 0, "size_bytes"), 10**30),
    (("objects", 0, "size_bytes"), "7"),
    (("objects", 0, "sha256"), "../../../../etc/passwd"),
    (("objects", 0, "sha256"), HASHES[2]),
    (("objects", 0, "sha256"), HASHES[1] + "\n"),
    (("objects",), {}),
    (("files",), {"../archive.db": {"size_bytes": 9, "sha256": HASHES[0]}}),
    (("files", "archive.db"), None),
    (("name",), "../../other"),
    (("made_at",), "\ud800"),
    (("archive",), None),
    (("format",), "1"),
    (("format",), 0),
    (("missing",), [7]),
]


@pytest.mark.parametrize(("way", "value"), WRONG)
def test_wrong_shape_is_refused(way: tuple[str | int, ...], value: Any) -> None:
    with pytest.raises(ManifestDamaged):
        parse(changed(way, value))


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(ManifestDamaged):
        parse_manifest(b"[" * 200_000, name=NAME, path="/usb")


@pytest.mark.sqlite_only
@pytest.mark.parametrize("way", [("files", "archive.db"), ("objects",), ("missing",)])
def test_copy_with_a_wrong_manifest_is_named_and_does_not_stop_backups(
    way: tuple[str, ...], toolbox: Toolbox, empty: Toolbox, target: Path
) -> None:
    name = back_up(toolbox, target).copy
    file = target / "copies" / name / "manifest.json"
    stored = json.loads(file.read_bytes())
    holder = stored
    for key in way[:-1]:
        holder = holder[key]
    holder[way[-1]] = [-1]
    file.write_text(json.dumps(stored))
    with pytest.raises(BackupDamaged) as refused:
        restore_into(empty, target)
    assert refused.value.facts["files"] == [f"copies/{name}/manifest.json"]
    back_up(toolbox, target)
    assert len(BackupFolder(target).copies()) == 2
    restore_into(empty, target)
