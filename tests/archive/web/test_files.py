"""What the files of an interview show, to whom, and how their bytes leave the house."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image

from app import create_app
from archive.access import Actor
from archive.actions import ingest
from archive.cli.output import operator
from archive.jobs.worker import Worker
from archive.models import Event, MediaFile
from archive.toolbox import Toolbox
from archive.web.serving import INTERNAL_PREFIX
from tests import holdings as make
from tests.cast import EVERYBODY
from tests.fixtures.media import make as media

ActorOf = Callable[[str | None], Actor]
ClientOf = Callable[[str | None], FlaskClient]
STAFF = {"ada", "ben", "hoa", "cleo", "rob"}
MAY_FETCH = {"ada", "ben"}
MANUAL = Path(__file__).parents[3] / "docs" / "operating.md"
NAME = 'Băng "Hòa"; 1.wav'


@pytest.fixture
def ben(actor_of: ActorOf, toolbox: Toolbox) -> Actor:
    make.interview(toolbox.database, audience="public")
    return actor_of("ben")


@pytest.fixture
def file_id(toolbox: Toolbox, ben: Actor, tmp_path: Path) -> str:
    """A recording in the vault; its copies are not made yet."""
    path = make.sound(tmp_path, seconds=2.0, name=NAME)
    return ingest.ingest_file(toolbox, ben, "LK-1", path=path).file_id


def work(toolbox: Toolbox) -> None:
    Worker(toolbox, lanes=("light", "files")).run_until_idle()


def derived(toolbox: Toolbox, role: str) -> str:
    work(toolbox)
    with toolbox.database.reading() as db:
        return db.query(MediaFile).filter_by(role=role).one().id


@pytest.mark.parametrize("name", EVERYBODY)
def test_staff_see_the_files_and_only_the_keepers_get_the_bytes(
    client_of: ClientOf, file_id: str, name: str | None
) -> None:
    client = client_of(name)
    outside = 403 if name else 303
    for page in ("/en/interviews/LK-1/files", f"/en/files/{file_id}"):
        assert client.get(page).status_code == (200 if name in STAFF else outside), page
    original = client.get(f"/files/{file_id}/original")
    assert original.status_code == (200 if name in MAY_FETCH else (403 if name else 401))
    assert client.get(f"/media/{file_id}").status_code in (403, 404)
    listing = client.get("/en/interviews/LK-1").get_data(as_text=True)
    assert ("Receipt" in listing) == (name in STAFF)
    assert (f"/files/{file_id}/original" in listing) == (name in MAY_FETCH)


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_file_of_a_closed_interview_is_not_there(
    client_of: ClientOf, toolbox: Toolbox, actor_of: ActorOf, tmp_path: Path, name: str | None
) -> None:
    make.interview(toolbox.database, "LK-2", audience="staff")
    item = ingest.ingest_file(toolbox, actor_of("ben"), "LK-2", path=make.sound(tmp_path))
    access = derived(toolbox, "access")
    seen = client_of(name).get(f"/media/{access}").status_code
    assert seen == (200 if name in STAFF else 404)
    receipt = client_of(name).get(f"/en/files/{item.file_id}").status_code
    assert receipt == (200 if name in STAFF else (404 if name else 303))


def test_the_receipt_names_the_digest_the_sender_and_what_happened(
    client_of: ClientOf, toolbox: Toolbox, file_id: str
) -> None:
    work(toolbox)
    with toolbox.database.reading() as db:
        [file] = make.originals(db)
    for language, words in (
        ("en", ("Receipt of a file", "from Ben", "listening copy made", "read again",
                "the machine, for Ben", "PCM 16 bit, 16 kHz, mono",
                "<dt>Length</dt>")),
        ("vi", ("Phiếu giao nhận tệp", "do Ben gửi", "đã làm bản nghe", "đọc lại: đúng từng byte",
                "máy làm giúp Ben", "một kênh", "<dt>Thời lượng</dt>")),
    ):  # fmt: skip
        page = client_of("hoa").get(f"/{language}/files/{file_id}").get_data(as_text=True)
        for word in words:
            assert word in page
        assert f"<span>{file.sha256[:4]}</span><span>{file.sha256[4:8]}</span>" in page
        assert "worker for" not in page


def test_a_file_sent_from_the_shell_is_told_in_the_language_of_the_page(
    client_of: ClientOf, toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    path = make.sound(tmp_path)
    file_id = ingest.ingest_file(toolbox, operator(), "LK-1", path=path).file_id
    client = client_of("hoa")
    english = client.get(f"/en/files/{file_id}").get_data(as_text=True)
    assert "from a command on the server" in english
    vietnamese = client.get(f"/vi/files/{file_id}").get_data(as_text=True)
    assert "do lệnh trên máy chủ gửi" in vietnamese
    assert "command line" not in vietnamese


def test_a_wrong_byte_stands_on_the_receipt_and_in_the_list(
    client_of: ClientOf, toolbox: Toolbox, file_id: str
) -> None:
    with toolbox.database.reading() as db:
        [file] = make.originals(db)
    path = toolbox.vault.path(file.sha256)
    path.chmod(0o644)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    work(toolbox)
    for page in (f"/en/files/{file_id}", "/en/interviews/LK-1/files"):
        shown = client_of("hoa").get(page).get_data(as_text=True)
        assert "A byte is wrong." in shown
        assert "send the same file again" in shown
    with toolbox.database.reading() as db:
        assert db.query(Event).filter_by(kind="fixity.checked", outcome="failure").count() >= 1


def test_the_name_of_an_original_arrives_in_any_script(client_of: ClientOf, file_id: str) -> None:
    answer = client_of("ben").get(f"/files/{file_id}/original")
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"B_ng _H_a_; 1.wav\"; "
        "filename*=UTF-8''B%C4%83ng%20%22H%C3%B2a%22%3B%201.wav"
    )  # fmt: skip
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_ranges_of_the_listening_copy(client_of: ClientOf, toolbox: Toolbox, file_id: str) -> None:
    client, address = client_of(None), f"/media/{derived(toolbox, 'access')}"
    whole = client.get(address)
    data, size = whole.data, len(whole.data)
    assert (whole.status_code, whole.mimetype) == (200, "audio/mp4")
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Content-Disposition"].startswith("inline; ")
    head = client.head(address)
    assert (head.status_code, head.headers["Content-Length"], head.data) == (200, str(size), b"")
    for header, start, end in (
        ("bytes=0-99", 0, 100), ("bytes=100-", 100, size), ("bytes=-50", size - 50, size),
        (f"bytes=5-{size + 9}", 5, size),
    ):  # fmt: skip
        part = client.get(address, headers={"Range": header})
        assert (part.status_code, part.data) == (206, data[start:end]), header
        assert part.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
    for header in ("bytes=x-", "lines=1-2", "bytes=0-1,5-6", "bytes=9-3"):
        assert client.get(address, headers={"Range": header}).data == data, header
    past = client.get(address, headers={"Range": f"bytes={size}-"})
    assert (past.status_code, past.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert past.data == b""


def test_a_part_is_given_only_of_the_bytes_that_were_meant(
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
def test_a_document_is_saved_and_never_shown(
    client_of: ClientOf, toolbox: Toolbox, ben: Actor, tmp_path: Path, filename: str,
    maker: Callable[[Path], Path],
) -> None:  # fmt: skip
    item = ingest.ingest_file(toolbox, ben, "LK-1", path=maker(tmp_path / filename))
    answer = client_of("ben").get(f"/files/{item.file_id}/original")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert "html" not in answer.headers["Content-Type"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_picture_is_shown_small_upright_and_without_its_place(
    client_of: ClientOf, toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    path = media.photo(tmp_path / "p.jpg", size=(300, 200), orientation=6)
    ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    small = derived(toolbox, "thumbnail")
    answer = client_of("hoa").get(f"/media/{small}")
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert picture.width < picture.height
        assert dict(picture.getexif()) == {}
    assert f"/media/{small}" in client_of("hoa").get("/vi/interviews/LK-1/files").text
    for name in ("sam", None):
        assert client_of(name).get(f"/media/{small}").status_code in (401, 403, 404)


def test_a_film_has_a_still(
    client_of: ClientOf, toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    ingest.ingest_file(toolbox, ben, "LK-1", path=media.film(tmp_path / "f.mp4"))
    still = derived(toolbox, "poster")
    answer = client_of(None).get(f"/media/{still}")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert f'poster="/media/{still}"' in client_of(None).get("/vi/interviews/LK-1").text


def test_no_copy_is_told_with_its_reason_in_both_languages(
    client_of: ClientOf, toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(make.sound(tmp_path).read_bytes()[:40])
    ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    work(toolbox)
    client = client_of("hoa")
    english = client.get("/en/interviews/LK-1/files").get_data(as_text=True)
    assert "No listening copy." in english
    assert "The original is kept, byte for byte." in english
    vietnamese = client.get("/vi/interviews/LK-1/files").get_data(as_text=True)
    assert "Không có bản nghe." in vietnamese
    assert "Bản gốc vẫn được giữ nguyên từng byte." in vietnamese
    assert "no_copy_" not in english + vietnamese


@pytest.mark.parametrize("address", ["/media/X", "/files/X/original", "/en/files/X"])
def test_what_is_not_there_is_404(client_of: ClientOf, address: str) -> None:
    assert client_of("ben").get(address).status_code == 404


def test_nginx_is_told_where_the_bytes_lie_only_when_the_reader_may_have_them(
    toolbox: Toolbox, file_id: str, actor_of: ActorOf, tmp_path: Path
) -> None:
    make.interview(toolbox.database, "LK-2", audience="staff")
    ingest.ingest_file(toolbox, actor_of("ben"), "LK-2", path=make.sound(tmp_path, hertz=300.0))
    work(toolbox)
    app = create_app(replace(toolbox.settings, media_handoff="x-accel"))
    public = app.test_client()
    with toolbox.database.reading() as db:
        copies = {f.interview_id: f for f in db.query(MediaFile).filter_by(role="access")}
        opened = db.get_one(MediaFile, file_id).interview_id
    for interview_id, file in copies.items():
        answer = public.get(f"/media/{file.id}", headers={"Range": "bytes=0-9"})
        told = answer.headers.get("X-Accel-Redirect")
        if interview_id == opened:
            assert told == f"{INTERNAL_PREFIX}derivatives/{file.path}"
            assert answer.data == b""
        else:
            assert (answer.status_code, told) == (404, None)
    assert f"location {INTERNAL_PREFIX} {{ internal; alias LOIKE_HOME/; }}" in MANUAL.read_text(
        "utf-8"
    )
    app.extensions["loi_ke"].database.dispose()
