"""Copies are made by jobs, in children; what cannot be copied is kept with a reason."""

from __future__ import annotations

import random
import shutil
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from archive.access import Actor
from archive.actions import derivatives, ingest
from archive.actions import work as works
from archive.jobs.worker import Worker
from archive.models import Event, Job, MediaFile
from archive.queue import enqueue
from archive.toolbox import Toolbox
from archive.web.messages import holdings
from media.derivatives import registry
from tests import holdings as make
from tests.fixtures.media import make as media

COPY_REASONS = frozenset(holdings.COPIES)
ActorOf = Callable[[str | None], Actor]


@pytest.fixture
def ben(actor_of: ActorOf, toolbox: Toolbox) -> Actor:
    make.interview(toolbox.database)
    return actor_of("ben")


def work(toolbox: Toolbox) -> None:
    Worker(toolbox, lanes=("light", "files")).run_until_idle()


def derived(toolbox: Toolbox) -> dict[str, MediaFile]:
    with toolbox.database.reading() as db:
        return {file.role: file for file in db.query(MediaFile) if file.role != "original"}


def derive_again(toolbox: Toolbox, file_id: str) -> None:
    with toolbox.database.writing() as db:
        enqueue(db, "derive", payload={"subject_id": file_id})
    work(toolbox)


def test_sound_gets_an_access_copy_and_peaks(toolbox: Toolbox, ben: Actor, tmp_path: Path) -> None:
    ingest.ingest_file(toolbox, ben, "LK-1", path=make.sound(tmp_path, seconds=3.0))
    work(toolbox)
    made = derived(toolbox)
    assert set(made) == {"access", "peaks"}
    for file in made.values():
        path = toolbox.derivatives_dir / file.path
        assert path.stat().st_size == file.size_bytes
        assert (file.problem, file.recipe_version) == ("", registry.RECIPES[file.recipe].version)
        assert file.filename.startswith("LK-1-1.")
    assert made["access"].media_type == "audio/mp4"
    with toolbox.database.reading() as db:
        [original] = make.originals(db)
        assert original.check_state == "ok"
        assert {job.state for job in db.query(Job)} == {"done"}
        assert db.query(Event).filter_by(kind="file.derived").count() == 2


def test_film_gets_a_poster_too(toolbox: Toolbox, ben: Actor, tmp_path: Path) -> None:
    ingest.ingest_file(toolbox, ben, "LK-1", path=media.film(tmp_path / "a.mp4"))
    work(toolbox)
    assert set(derived(toolbox)) == {"access", "peaks", "poster"}


def test_a_thumbnail_says_nothing_of_where_it_was_taken(
    toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "gps.jpg"
    exif = Image.Exif()
    exif[0x0110] = "Phone"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (10.0, 46.0, 30.0)
    media.picture().save(path, exif=exif)
    assert gps(path)
    ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    work(toolbox)
    with Image.open(toolbox.derivatives_dir / derived(toolbox)["thumbnail"].path) as copy:
        assert dict(copy.getexif()) == {}
    with toolbox.database.reading() as db:
        [original] = make.originals(db)
        assert gps(toolbox.vault.path(original.sha256))[1] == "N"


def gps(path: Path) -> dict[int, object]:
    with Image.open(path) as picture:
        return dict(picture.getexif().get_ifd(0x8825))


def test_run_twice_is_run_once(toolbox: Toolbox, ben: Actor, tmp_path: Path) -> None:
    item = ingest.ingest_file(toolbox, ben, "LK-1", path=make.sound(tmp_path))
    work(toolbox)
    before = {role: file.id for role, file in derived(toolbox).items()}
    derive_again(toolbox, item.file_id)
    assert {role: file.id for role, file in derived(toolbox).items()} == before


def test_a_better_recipe_makes_it_again_and_the_old_row_goes(
    toolbox: Toolbox, ben: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest.ingest_file(toolbox, ben, "LK-1", path=make.sound(tmp_path))
    work(toolbox)
    before = derived(toolbox)
    better = replace(registry.RECIPES["peaks"], version=registry.RECIPES["peaks"].version + 1)
    monkeypatch.setitem(registry.RECIPES, "peaks", better)
    with toolbox.database.writing() as db:
        assert derivatives.plan(db, root=toolbox.derivatives_dir) == 1
    work(toolbox)
    after = derived(toolbox)
    assert after["peaks"].recipe_version == better.version
    assert after["access"].id == before["access"].id
    assert (toolbox.derivatives_dir / after["peaks"].path).is_file()


def test_lost_copies_are_made_again(toolbox: Toolbox, ben: Actor, tmp_path: Path) -> None:
    ingest.ingest_file(toolbox, ben, "LK-1", path=make.sound(tmp_path))
    work(toolbox)
    shutil.rmtree(toolbox.derivatives_dir)
    with toolbox.database.writing() as db:
        derivatives.plan(db, root=toolbox.derivatives_dir)
    work(toolbox)
    for file in derived(toolbox).values():
        assert (toolbox.derivatives_dir / file.path).is_file()


def test_a_truncated_recording_keeps_what_can_be_heard_or_says_why_not(
    toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    whole = make.sound(tmp_path, seconds=5.0).read_bytes()
    path = tmp_path / "cut.wav"
    path.write_bytes(whole[:40])
    ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    work(toolbox)
    for file in derived(toolbox).values():
        assert file.path == ""
        assert file.problem.startswith("no_copy_")
    with toolbox.database.reading() as db:
        [original] = make.originals(db)
        assert toolbox.vault.check(original.sha256).state == "ok"
        assert {job.state for job in db.query(Job)} == {"done"}
        failures = db.query(Event).filter_by(kind="file.derived", outcome="failure").count()
        assert failures == len(derived(toolbox)) > 0


# What the office was promised, by the names of tests/fixtures/media/make.py. All are
# written with the wheel's own encoders but AMR, which it only decodes: those are frames by hand.
PROMISED = {
    "WAV": "heard", "Broadcast WAV": "heard", "MP3": "heard", "M4A": "heard", "WMA": "heard",
    "AMR": "heard", "Ogg": "heard", "FLAC": "heard", "MP4": "seen", "MOV": "seen", "AVI": "seen",
    "MPEG-TS": "seen", "3GP": "seen", "3GP sound": "heard", "JPEG": "shown", "PNG": "shown",
    "TIFF": "shown", "HEIC": "shown", "PDF": "kept", "DOCX": "kept",
}  # fmt: skip
COPIES = {
    "heard": {"access", "peaks"}, "seen": {"access", "peaks", "poster"},
    "shown": {"thumbnail", "thumbnail_large"}, "kept": set(),
}  # fmt: skip


def test_every_promised_kind_is_taken_in_and_made_playable(
    toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    files = {name: path for name, path in media.every_kind(tmp_path).items() if name in PROMISED}
    assert set(files) == set(PROMISED)
    taken = {
        name: ingest.ingest_file(toolbox, ben, "LK-1", path=path) for name, path in files.items()
    }
    work(toolbox)
    with toolbox.database.reading() as db:
        for name, item in taken.items():
            copies = db.query(MediaFile).filter_by(derived_from_id=item.file_id).all()
            assert {copy.role for copy in copies} == COPIES[PROMISED[name]], name
            assert [copy.problem for copy in copies if copy.problem] == [], name
            assert toolbox.vault.check(item.sha256).state == "ok"
        assert {job.state for job in db.query(Job)} == {"done"}


def huge_avi(path: Path) -> Path:
    """An AVI whose header says 16,000 × 12,000 pixels."""
    media.film(path, container="avi", codec="rawvideo", sound_codec="")
    data = bytearray(path.read_bytes())
    struct.pack_into("<II", data, data.find(b"strf") + 8 + 4, 16_000, 12_000)
    path.write_bytes(data)
    return path


def damaged(folder: Path) -> dict[str, Path]:
    """Bombs, files cut off early, and files with holes; each still looks like what it was."""
    whole = media.every_kind(folder)
    made = {"huge film": huge_avi(folder / "huge.avi")}
    for name, data in {
        "huge picture": media.png_header(60_000, 60_000),
        "empty sound": whole["WAV"].read_bytes()[:44],
        "cut mp4": whole["MP4"].read_bytes()[:600],
        "cut jpeg": whole["JPEG"].read_bytes()[:200],
        "mp3 of noise": whole["MP3"].read_bytes()[:64] + random.Random(7).randbytes(20_000),
        "m4a with holes": whole["M4A"].read_bytes().replace(b"mdat", b"free", 1),
    }.items():
        made[name] = folder / f"{name}{'.png' if 'picture' in name else '.bin'}"
        made[name].write_bytes(data)
    return made


def test_bombs_and_damage_are_kept_with_a_reason_and_the_next_file_is_served(
    toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    """One worker takes them all: none of them stops it, and a good file is made behind them."""
    kept = {}
    for name, path in damaged(tmp_path).items():
        kept[name] = ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    good = ingest.ingest_file(toolbox, ben, "LK-1", path=make.sound(tmp_path, name="good.wav"))
    work(toolbox)
    with toolbox.database.reading() as db:
        assert {job.state for job in db.query(Job)} == {"done"}
        for name, item in kept.items():
            assert toolbox.vault.check(item.sha256).state == "ok", name
            copies = db.query(MediaFile).filter_by(derived_from_id=item.file_id).all()
            assert copies, name
            for copy in copies:
                assert copy.path or copy.problem in COPY_REASONS, (name, copy.problem)
        hopeless = [kept[name].file_id for name in ("huge film", "huge picture", "empty sound")]
        for copy in db.query(MediaFile).filter(MediaFile.derived_from_id.in_(hopeless)):
            assert copy.problem in COPY_REASONS
        made = db.query(MediaFile).filter_by(derived_from_id=good.file_id).all()
        assert {copy.role for copy in made if copy.path} == {"access", "peaks"}


@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """An address on the loopback, and what came in on it."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    hits: list[bytes] = []
    done = threading.Event()

    def listen() -> None:
        while not done.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                hits.append(connection.recv(200))

    thread = threading.Thread(target=listen)
    thread.start()
    host, port = server.getsockname()
    yield f"{host}:{port}", hits
    done.set()
    thread.join()
    server.close()


def test_hostile_files_under_any_name_never_reach_the_network(
    toolbox: Toolbox, ben: Actor, tmp_path: Path, listener: tuple[str, list[bytes]]
) -> None:
    address, hits = listener
    host, _colon, port = address.partition(":")
    socket.create_connection((host, int(port))).close()  # it does listen
    kept, refused = 0, 0
    for number, data in enumerate(media.hostile_texts(address).values()):
        for suffix in (".mp3", ".mov", ".wav"):
            path = tmp_path / f"{number}{suffix}"
            path.write_bytes(data + suffix.encode())
            try:
                ingest.ingest_file(toolbox, ben, "LK-1", path=path)
                kept += 1
            except ingest.KindRefused:
                refused += 1
    work(toolbox)
    assert refused > kept > 0
    with toolbox.database.reading() as db:
        assert {job.state for job in db.query(Job)} == {"done"}
        assert db.query(MediaFile).filter(MediaFile.role != "original").count() >= kept
        for file in db.query(MediaFile).filter(MediaFile.role != "original"):
            assert file.problem.startswith("no_copy_") or file.path
    assert hits[1:] == []


def test_a_cancel_stops_the_child_and_a_retry_finishes_the_work(
    toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    path = make.sound(tmp_path, seconds=400.0)
    ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    worker = Worker(toolbox, lanes=("light", "files"))
    thread = threading.Thread(target=worker.run_forever)
    thread.start()
    try:
        job = wait_for(toolbox, kind="derive", state="running", progressed=True)
        with toolbox.database.writing() as db:
            works.cancel(db, ben, db.get_one(Job, job.id), interview=None)
        wait_for(toolbox, kind="derive", state="cancelled")
        with toolbox.database.writing() as db:
            works.retry(db, ben, db.get_one(Job, job.id), interview=None)
        wait_for(toolbox, kind="derive", state="done", seconds=90)
    finally:
        worker.stop()
        thread.join()
    assert set(derived(toolbox)) == {"access", "peaks"}


def wait_for(
    toolbox: Toolbox, *, kind: str, state: str, progressed: bool = False, seconds: float = 30
) -> Job:
    deadline = threading.Event()
    timer = threading.Timer(seconds, deadline.set)
    timer.start()
    try:
        while not deadline.wait(0.05):
            with toolbox.database.reading() as db:
                job = db.query(Job).filter_by(kind=kind).one()
                if job.state == state and (job.progress > 0 or not progressed):
                    return job
        raise AssertionError(f"{kind} is {job.state}, not {state}: {job.problem} {job.detail}")
    finally:
        timer.cancel()
