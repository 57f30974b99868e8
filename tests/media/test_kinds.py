from __future__ import annotations

import io
import os
import random
import shutil
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media import kinds
from media.kinds import FILE_KINDS, RefusedKind, accepted_suffixes, sniff
from tests.support import media_files

PROMISED = (
    "wav mp3 m4a wma amr ogg flac mp4 mov avi mts 3gp jpg jpeg png tif tiff heic pdf docx opus"
)


def refusal(path: Path, data: bytes, filename: str = "a.mp3") -> RefusedKind:
    path.write_bytes(data)
    with pytest.raises(RefusedKind) as refused:
        sniff(path, filename)
    return refused.value


def test_sniff_identifies_every_kind_by_its_bytes(
    every_kind: dict[str, Path], tmp_path: Path
) -> None:
    for name, path in every_kind.items():
        nameless = tmp_path / "object"
        shutil.copy(path, nameless)
        kind = sniff(nameless)
        assert (kind.name, kind.warnings) == (name, ())
        assert sniff(path, path.name).warnings == ()


def test_accepted_suffixes_include_all_documented_ones() -> None:
    assert {f".{word}" for word in PROMISED.split()} <= set(accepted_suffixes())
    assert {kind.group for kind in FILE_KINDS.values()} == {"sound", "video", "picture", "document"}


def test_sniff_distinguishes_sound_and_film_by_tracks(every_kind: dict[str, Path]) -> None:
    groups = {name: sniff(path).group for name, path in every_kind.items()}
    assert groups["M4A"] == groups["3GP sound"] == groups["WMA"] == "sound"
    assert groups["MP4"] == groups["3GP"] == groups["WMV"] == "video"


def test_sniff_of_wrong_suffix_only_warns(every_kind: dict[str, Path]) -> None:
    kind = sniff(every_kind["MP3"], "băng 1, mặt A.wav")
    assert (kind.name, kind.warnings) == ("MP3", ("name_mismatch",))
    assert sniff(every_kind["MP3"], "BĂNG.MP3").warnings == ()
    assert sniff(every_kind["MP3"], "no suffix").warnings == ("name_mismatch",)


def test_sniff_of_damaged_recording_identifies_it(
    every_kind: dict[str, Path], tmp_path: Path
) -> None:
    for name, path in every_kind.items():
        if name == "DOCX":  # its list of parts lies at the end
            continue
        cut = tmp_path / "cut"
        cut.write_bytes(path.read_bytes()[: max(1500, path.stat().st_size // 2)])
        # Without its table, a QuickTime file may be a film as well.
        assert sniff(cut).group in {FILE_KINDS[name].group, "video"}, name


@pytest.mark.parametrize("suffix", accepted_suffixes())
def test_sniff_of_scripts_with_any_suffix_refuses(tmp_path: Path, suffix: str) -> None:
    disguised = {"id3 before playlist", "wav head before playlist", "mov with outside sound"}
    for what, data in media_files.hostile_texts("127.0.0.1:9").items():
        if what in disguised:
            continue
        refused = refusal(tmp_path / f"x{suffix}", data, f"phỏng vấn{suffix}")
        assert refused.code in ("playlist", "markup"), what
        assert refused.found
        assert refused.filename == f"phỏng vấn{suffix}"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\x00", "unknown_type"),
        (b"\x00" * 100_000, "unknown_type"),
        (b"MZ\x90\x00" + bytes(500), "executable"),
        (b"\x7fELF\x02\x01\x01" + bytes(500), "executable"),
        (b"#!/bin/sh\nrm -rf /\n", "executable"),
        (b"@echo off\r\n", "executable"),
        (b"<?php system($_GET[0]);", "executable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "old_office"),
        (b"Rar!\x1a\x07\x01\x00", "archive"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(50), "archive"),
        (b"PK\x03\x04 but not really", "archive"),
        (b"GIF89a" + bytes(50), "unknown_type"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "unknown_type"),
        ("Tôi sinh năm 1950.".encode(), "unknown_type"),
        (b"I'm wide open text", "unknown_type"),
        ("\ufeff<svg/>".encode("utf-16-le"), "markup"),
        (b"\n\n  <!-- x --><html>", "markup"),
        (b"\xff\xfb", "unknown_type"),
    ],
)
def test_sniff_of_refused_type_raises_its_code(tmp_path: Path, data: bytes, code: str) -> None:
    assert refusal(tmp_path / "x", data).code == code


def test_sniff_refuses_macros_archives_and_zip_bombs(tmp_path: Path) -> None:
    path = tmp_path / "x.docx"
    project = {"word/vbaProject.bin": b"macro"}
    for data, code in (
        (media_files.docx(path, macros=True).read_bytes(), "macro_document"),
        (media_files.docx(path, extra=project).read_bytes(), "macro_document"),
        (media_files.docx(path, extra={"word/a.bin": bytes(60_000_000)}).read_bytes(), "zip_bomb"),
        (plain_zip({"a.txt": b"a"}), "archive"),
        (plain_zip({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b""}), "unknown_type"),
    ):
        assert refusal(path, data, "x.docx").code == code


def plain_zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_sniff_refuses_links_folders_and_pipes(tmp_path: Path, every_kind: dict[str, Path]) -> None:
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(every_kind["WAV"])
    os.mkfifo(pipe)
    for path in (link, pipe, tmp_path):
        with pytest.raises(RefusedKind) as refused:
            sniff(path)
        assert refused.value.code == "not_a_file"


def sniff_or_refuse(path: Path) -> str:
    try:
        return sniff(path, "x.wav").name
    except RefusedKind as refused:
        return refused.code


OPENINGS = (
    b"",
    b"ID3",
    b"RIFF",
    b"PK\x03\x04",
    b"\x00\x00\x00\x18ftyp",
    b"\xff\xfb\x90\x00",
    b"\x1aE\xdf\xa3",
    b"\x00\x00\x00\x08moov",
    b"\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x10",
)


@settings(max_examples=200)
@given(data=st.binary(min_size=1, max_size=3000), opening=st.sampled_from(OPENINGS))
def test_sniff_of_any_bytes_returns_kind_or_refuses(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, opening: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(opening + data)
    assert sniff_or_refuse(path)


def test_sniff_of_damaged_content_returns_kind_or_refuses(
    every_kind: dict[str, Path], tmp_path: Path
) -> None:
    rng = random.Random(5)
    for path in every_kind.values():
        for _ in range(20):
            data = bytearray(path.read_bytes())
            for _ in range(8):
                data[rng.randrange(len(data))] = rng.randrange(256)
            (tmp_path / "x").write_bytes(data)
            assert sniff_or_refuse(tmp_path / "x")


def test_sniff_reads_only_head_and_boxes(tmp_path: Path) -> None:
    path = tmp_path / "huge.mov"
    with path.open("wb") as file:
        file.write(b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ")
        file.write(b"\x00\x00\x00\x01mdat" + (50 << 30).to_bytes(8, "big"))
        file.truncate(50 << 30)
    assert sniff(path).name == "MOV"
    assert kinds.HEAD_BYTES < 1 << 20
