"""File lists, receipts and downloads: contents, permissions, response headers."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app import create_app
from archive.access import Rights
from archive.actions.holdings import local_ingest
from archive.jobs.worker import Worker
from archive.models import Event, MediaFile
from archive.toolbox import Toolbox
from archive.web.core.file_responses import INTERNAL_PREFIX
from archive.web.holdings.file_labels import technical_rows
from tests.support import media_factory, multichannel
from tests.support import media_files as media
from tests.support.cast import EVERYBODY
from tests.support.rights import rights_of_machine

RightsOf = Callable[[str | None], Rights]
ClientOf = Callable[[str | None], FlaskClient]
STAFF = {"ada", "ben", "hoa", "cleo", "rob"}
MAY_FETCH = {"ada", "ben"}
MANUAL = Path(__file__).parents[4] / "docs" / "operating.md"
NAME = 'Băng "Hòa"; 1.wav'


@pytest.fixture
def ben(rights_of: RightsOf, toolbox: Toolbox) -> Rights:
    media_factory.add_interview(toolbox.database, audience="public")
    return rights_of("ben")


@pytest.fixture
def file_id(toolbox: Toolbox, ben: Rights, tmp_path: Path) -> str:
    """A recording in the vault; its copies are not made yet."""
    path = media_factory.write_wav(tmp_path, seconds=2.0, name=NAME)
    return local_ingest.ingest_file(toolbox, ben, "LK-1", path=path).file_id


def run_jobs(toolbox: Toolbox) -> None:
    Worker(toolbox, lanes=("light", "files")).run_until_idle()


def derived(toolbox: Toolbox, role: str) -> str:
    run_jobs(toolbox)
    with toolbox.database.reading() as db:
        return db.query(MediaFile).filter_by(role=role).one().id


def test_file_list_is_for_staff_and_originals_for_archivists(
    client_of: ClientOf, file_id: str
) -> None:
    for name in EVERYBODY:
        client = client_of(name)
        outside = 403 if name else 303
        for page in ("/en/interviews/LK-1/files", f"/en/files/{file_id}"):
            assert client.get(page).status_code == (200 if name in STAFF else outside), (name, page)
        original = client.get(f"/files/{file_id}/original")
        expected = 200 if name in MAY_FETCH else (403 if name else 401)
        assert original.status_code == expected, name
        assert client.get(f"/media/{file_id}").status_code in (403, 404), name
        listing = client.get("/en/interviews/LK-1").get_data(as_text=True)
        assert ("Receipt" in listing) == (name in STAFF), name
        assert (f"/files/{file_id}/original" in listing) == (name in MAY_FETCH), name


def test_file_of_invisible_interview_is_404(
    client_of: ClientOf, toolbox: Toolbox, rights_of: RightsOf, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database, "LK-2", audience="staff")
    item = local_ingest.ingest_file(
        toolbox, rights_of("ben"), "LK-2", path=media_factory.write_wav(tmp_path)
    )
    access = derived(toolbox, "access")
    for name in EVERYBODY:
        seen = client_of(name).get(f"/media/{access}").status_code
        assert seen == (200 if name in STAFF else 404), name
        receipt = client_of(name).get(f"/en/files/{item.file_id}").status_code
        assert receipt == (200 if name in STAFF else (404 if name else 303)), name


def test_receipt_names_digest_sender_and_events(
    client_of: ClientOf, toolbox: Toolbox, file_id: str
) -> None:
    run_jobs(toolbox)
    with toolbox.database.reading() as db:
        [file] = media_factory.originals(db)
    for language, words in (
        (
            "en",
            (
                "Receipt of a file",
                "sent by Ben",
                "listening copy made",
                "integrity check",
                "the system, at the request of Ben",
                "PCM 16 bit, 16 kHz, mono",
                "<dt>Length</dt>",
            ),
        ),
        (
            "vi",
            (
                "Phiếu giao nhận tệp",
                "bên gửi: Ben",
                "đã tạo bản nghe",
                "kiểm tra toàn vẹn: mã toàn vẹn khớp",
                "hệ thống, theo yêu cầu của Ben",
                "một kênh",
                "<dt>Thời lượng</dt>",
            ),
        ),
    ):
        page = client_of("hoa").get(f"/{language}/files/{file_id}").get_data(as_text=True)
        for word in words:
            assert word in page
        assert f"<span>{file.sha256[:4]}</span><span>{file.sha256[4:8]}</span>" in page
        assert "worker for" not in page


def test_receipt_of_ingested_file_is_in_the_pages_language(
    client_of: ClientOf, toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    path = media_factory.write_wav(tmp_path)
    file_id = local_ingest.ingest_file(
        toolbox, rights_of_machine("command line"), "LK-1", path=path
    ).file_id
    client = client_of("hoa")
    english = client.get(f"/en/files/{file_id}").get_data(as_text=True)
    assert "sent by a command on the server" in english
    vietnamese = client.get(f"/vi/files/{file_id}").get_data(as_text=True)
    assert "bên gửi: lệnh trên máy chủ" in vietnamese
    assert "command line" not in vietnamese


def test_damaged_original_is_shown_on_receipt_and_list(
    client_of: ClientOf, toolbox: Toolbox, file_id: str
) -> None:
    with toolbox.database.reading() as db:
        [file] = media_factory.originals(db)
    path = toolbox.vault.path(file.sha256)
    path.chmod(0o644)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    run_jobs(toolbox)
    for page in (f"/en/files/{file_id}", "/en/interviews/LK-1/files"):
        shown = client_of("hoa").get(page).get_data(as_text=True)
        assert "Checksum does not match." in shown
        assert "upload the same file again" in shown
    with toolbox.database.reading() as db:
        assert db.query(Event).filter_by(kind="fixity.checked", outcome="failure").count() >= 1


def test_original_download_keeps_name_in_any_script(client_of: ClientOf, file_id: str) -> None:
    answer = client_of("ben").get(f"/files/{file_id}/original")
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="B_ng _H_a_; 1.wav"; '
        "filename*=UTF-8''B%C4%83ng%20%22H%C3%B2a%22%3B%201.wav"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_access_copy_is_served_in_ranges(
    client_of: ClientOf, toolbox: Toolbox, file_id: str
) -> None:
    client, address = client_of(None), f"/media/{derived(toolbox, 'access')}"
    whole = client.get(address)
    data, size = whole.data, len(whole.data)
    assert (whole.status_code, whole.mimetype) == (200, "audio/mp4")
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Content-Disposition"].startswith("inline; ")
    head = client.head(address)
    assert (head.status_code, head.headers["Content-Length"], head.data) == (200, str(size), b"")
    for header, start, end in (
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, size),
        ("bytes=-50", size - 50, size),
        (f"bytes=5-{size + 9}", 5, size),
    ):
        part = client.get(address, headers={"Range": header})
        assert (part.status_code, part.data) == (206, data[start:end]), header
        assert part.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
    for header in ("bytes=x-", "lines=1-2", "bytes=0-1,5-6", "bytes=9-3"):
        assert client.get(address, headers={"Range": header}).data == data, header
    past = client.get(address, headers={"Range": f"bytes={size}-"})
    assert (past.status_code, past.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert past.data == b""


def test_if_range_with_other_etag_returns_the_whole_file(
    client_of: ClientOf, toolbox: Toolbox, file_id: str
) -> None:
    client, address = client_of(None), f"/media/{derived(toolbox, 'access')}"
    tag = client.get(address).headers["ETag"]
    part = {"Range": "bytes=0-9"}
    assert client.get(address, headers={**part, "If-Range": tag}).status_code == 206
    assert client.get(address, headers={**part, "If-Range": '"another"'}).status_code == 200
    old = {**part, "If-Range": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert client.get(address, headers=old).status_code == 200
    fresh = client.get(address, headers={"If-None-Match": tag})
    assert (fresh.status_code, fresh.data) == (304, b"")
    assert "no-cache" in fresh.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("filename", "maker"), [("a.pdf", media.pdf), ("a.docx", media.docx), ("a.html.pdf", media.pdf)]
)
def test_original_document_is_an_attachment(
    client_of: ClientOf,
    toolbox: Toolbox,
    ben: Rights,
    tmp_path: Path,
    filename: str,
    maker: Callable[[Path], Path],
) -> None:
    item = local_ingest.ingest_file(toolbox, ben, "LK-1", path=maker(tmp_path / filename))
    answer = client_of("ben").get(f"/files/{item.file_id}/original")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert "html" not in answer.headers["Content-Type"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_picture_has_upright_thumbnail_without_location(
    client_of: ClientOf, toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    path = media.photo(tmp_path / "p.jpg", size=(300, 200), orientation=6)
    local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    small = derived(toolbox, "thumbnail")
    answer = client_of("hoa").get(f"/media/{small}")
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert picture.width < picture.height
        assert dict(picture.getexif()) == {}
    assert f"/media/{small}" in client_of("hoa").get("/vi/interviews/LK-1/files").text
    for name in ("sam", None):
        assert client_of(name).get(f"/media/{small}").status_code in (401, 403, 404)


def test_film_has_a_poster(
    client_of: ClientOf, toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    local_ingest.ingest_file(toolbox, ben, "LK-1", path=media.film(tmp_path / "f.mp4"))
    still = derived(toolbox, "poster")
    answer = client_of(None).get(f"/media/{still}")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert f'poster="/media/{still}"' in client_of(None).get("/vi/interviews/LK-1").text


def test_missing_copy_shows_reason_in_both_languages(
    client_of: ClientOf, toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(media_factory.write_wav(tmp_path).read_bytes()[:40])
    local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    run_jobs(toolbox)
    client = client_of("hoa")
    english = client.get("/en/interviews/LK-1/files").get_data(as_text=True)
    assert "No listening copy." in english
    assert "The original is kept, byte for byte." in english
    vietnamese = client.get("/vi/interviews/LK-1/files").get_data(as_text=True)
    assert "Không có bản nghe." in vietnamese
    assert "Bản gốc vẫn được giữ nguyên từng byte." in vietnamese
    assert "no_copy_" not in english + vietnamese


def test_too_many_tracks_are_refused_in_both_languages(
    client_of: ClientOf, toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    path = multichannel.wav(tmp_path / "a.wav", np.zeros((65, 1600), np.float32))
    local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    run_jobs(toolbox)
    client = client_of("hoa")
    english = client.get("/en/interviews/LK-1/files").get_data(as_text=True)
    assert "It has more than 64 tracks of sound." in english
    assert "damaged" not in english
    vietnamese = client.get("/vi/interviews/LK-1/files").get_data(as_text=True)
    assert "Tệp có hơn 64 rãnh âm thanh." in vietnamese


@pytest.mark.parametrize(
    ("count", "mask", "english", "vietnamese"),
    [
        (6, None, "6 separate tracks", "6 rãnh âm thanh riêng"),
        (9, None, "9 separate tracks", "9 rãnh âm thanh riêng"),
        (6, multichannel.MASK_5_1, "6 channels (5.1)", "6 kênh (5.1)"),
        (2, None, "2 channels", "2 kênh"),
    ],
)
def test_receipt_names_tracks_and_layouts(
    client_of: ClientOf,
    toolbox: Toolbox,
    ben: Rights,
    tmp_path: Path,
    count: int,
    mask: int | None,
    english: str,
    vietnamese: str,
) -> None:
    tracks = np.zeros((count, 1600), np.float32)
    path = multichannel.wav(tmp_path / "a.wav", tracks, mask=mask)
    file_id = local_ingest.ingest_file(toolbox, ben, "LK-1", path=path).file_id
    client = client_of("ben")
    assert english in client.get(f"/en/files/{file_id}").get_data(as_text=True)
    page = client.get(f"/vi/files/{file_id}").get_data(as_text=True)
    assert vietnamese in page
    assert ("5.1" in page) is (mask is not None)


def test_technical_rows_of_earlier_files_name_tracks(app: Flask) -> None:
    stream = {"kind": "audio", "codec": "pcm_s16le", "channels": 6, "layout": "6 channels"}
    with app.test_request_context("/en/"):
        ((_name, value),) = technical_rows({"streams": [stream]})
    assert value == "PCM 16 bit, 6 separate tracks"


@pytest.mark.parametrize("address", ["/media/X", "/files/X/original", "/en/files/X"])
def test_unknown_file_is_404(client_of: ClientOf, address: str) -> None:
    assert client_of("ben").get(address).status_code == 404


def test_x_accel_redirect_is_sent_to_permitted_actors_only(
    toolbox: Toolbox, file_id: str, rights_of: RightsOf, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database, "LK-2", audience="staff")
    local_ingest.ingest_file(
        toolbox, rights_of("ben"), "LK-2", path=media_factory.write_wav(tmp_path, hertz=300.0)
    )
    run_jobs(toolbox)
    app = create_app(replace(toolbox.settings, media_handoff="x-accel"))
    public = app.test_client()
    with toolbox.database.reading() as db:
        copies = {f.interview_id: f for f in db.query(MediaFile).filter_by(role="access")}
        opened = db.get_one(MediaFile, file_id).interview_id
    for interview_id, file in copies.items():
        answer = public.get(f"/media/{file.id}", headers={"Range": "bytes=0-9"})
        redirect = answer.headers.get("X-Accel-Redirect")
        if interview_id == opened:
            assert redirect == f"{INTERNAL_PREFIX}derivatives/{file.path}"
            assert answer.data == b""
        else:
            assert (answer.status_code, redirect) == (404, None)
    assert f"location {INTERNAL_PREFIX} {{ internal; alias LOIKE_HOME/; }}" in MANUAL.read_text(
        "utf-8"
    )
    app.extensions["loi_ke"].database.dispose()
