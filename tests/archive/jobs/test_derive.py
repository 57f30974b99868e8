"""The job that makes derivatives: every kind of file, damaged and hostile files, cancel."""

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

from archive.access import Rights
from archive.actions.holdings import local_ingest, missing_derivatives
from archive.actions.office import jobs as office_jobs
from archive.jobs.worker import Worker
from archive.messages import holdings
from archive.models import Event, Interview, Job, MediaFile
from archive.queue import enqueue
from archive.toolbox import Toolbox
from media.derivatives import registry
from tests.support import media_factory, multichannel
from tests.support import media_files as media
from tests.support.worker_process import wait_until

COPY_REASONS = frozenset(holdings.COPIES)
RightsOf = Callable[[str | None], Rights]


@pytest.fixture
def ben(rights_of: RightsOf, toolbox: Toolbox) -> Rights:
    media_factory.add_interview(toolbox.database)
    return rights_of("ben")


def run_jobs(toolbox: Toolbox) -> None:
    Worker(toolbox, lanes=("light", "files")).run_until_idle()


def derivatives_by_role(toolbox: Toolbox) -> dict[str, MediaFile]:
    with toolbox.database.reading() as db:
        return {file.role: file for file in db.query(MediaFile) if file.role != "original"}


def plan_daily(toolbox: Toolbox) -> int:
    with toolbox.database.reading() as db:
        unanswered = missing_derivatives.find_unanswered(db, toolbox)
    with toolbox.database.writing() as db:
        return missing_derivatives.enqueue_daily(db, unanswered)


def run_derive_again(toolbox: Toolbox, file_id: str) -> None:
    with toolbox.database.writing() as db:
        enqueue(db, "derive", payload={"subject_id": file_id})
    run_jobs(toolbox)


def test_sound_gets_an_access_copy_and_peaks(toolbox: Toolbox, ben: Rights, tmp_path: Path) -> None:
    local_ingest.ingest_file(
        toolbox, ben, "LK-1", path=media_factory.write_wav(tmp_path, seconds=3.0)
    )
    run_jobs(toolbox)
    files = derivatives_by_role(toolbox)
    assert set(files) == {"access", "peaks"}
    for file in files.values():
        path = toolbox.derivatives_dir / file.path
        assert path.stat().st_size == file.size_bytes
        assert (file.problem, file.recipe_version) == ("", registry.RECIPES[file.recipe].version)
        assert file.filename.startswith("LK-1-1.")
    assert files["access"].media_type == "audio/mp4"
    with toolbox.database.reading() as db:
        [original] = media_factory.originals(db)
        assert original.check_state == "ok"
        assert {job.state for job in db.query(Job)} == {"done"}
        assert db.query(Event).filter_by(kind="file.derived").count() == 2


def test_film_gets_a_poster_too(toolbox: Toolbox, ben: Rights, tmp_path: Path) -> None:
    local_ingest.ingest_file(toolbox, ben, "LK-1", path=media.film(tmp_path / "a.mp4"))
    run_jobs(toolbox)
    assert set(derivatives_by_role(toolbox)) == {"access", "peaks", "poster"}


def test_thumbnail_has_no_exif(toolbox: Toolbox, ben: Rights, tmp_path: Path) -> None:
    path = tmp_path / "gps.jpg"
    exif = Image.Exif()
    exif[0x0110] = "Phone"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (10.0, 46.0, 30.0)
    media.picture().save(path, exif=exif)
    assert gps(path)
    local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    run_jobs(toolbox)
    with Image.open(
        toolbox.derivatives_dir / derivatives_by_role(toolbox)["thumbnail"].path
    ) as copy:
        assert dict(copy.getexif()) == {}
    with toolbox.database.reading() as db:
        [original] = media_factory.originals(db)
        assert gps(toolbox.vault.path(original.sha256))[1] == "N"


def gps(path: Path) -> dict[int, object]:
    with Image.open(path) as picture:
        return dict(picture.getexif().get_ifd(0x8825))


def test_derive_twice_keeps_the_first_files(toolbox: Toolbox, ben: Rights, tmp_path: Path) -> None:
    ingested = local_ingest.ingest_file(
        toolbox, ben, "LK-1", path=media_factory.write_wav(tmp_path)
    )
    run_jobs(toolbox)
    before = {role: file.id for role, file in derivatives_by_role(toolbox).items()}
    run_derive_again(toolbox, ingested.file_id)
    assert {role: file.id for role, file in derivatives_by_role(toolbox).items()} == before


def test_newer_recipe_version_replaces_its_derivative(
    toolbox: Toolbox, ben: Rights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local_ingest.ingest_file(toolbox, ben, "LK-1", path=media_factory.write_wav(tmp_path))
    run_jobs(toolbox)
    before = derivatives_by_role(toolbox)
    newer_recipe = replace(registry.RECIPES["peaks"], version=registry.RECIPES["peaks"].version + 1)
    monkeypatch.setitem(registry.RECIPES, "peaks", newer_recipe)
    assert plan_daily(toolbox) == 1
    run_jobs(toolbox)
    after = derivatives_by_role(toolbox)
    assert after["peaks"].recipe_version == newer_recipe.version
    assert after["access"].id == before["access"].id
    assert (toolbox.derivatives_dir / after["peaks"].path).is_file()


def test_lost_derivatives_are_made_again(toolbox: Toolbox, ben: Rights, tmp_path: Path) -> None:
    local_ingest.ingest_file(toolbox, ben, "LK-1", path=media_factory.write_wav(tmp_path))
    run_jobs(toolbox)
    shutil.rmtree(toolbox.derivatives_dir)
    assert plan_daily(toolbox) == 1
    run_jobs(toolbox)
    for file in derivatives_by_role(toolbox).values():
        assert (toolbox.derivatives_dir / file.path).is_file()


@pytest.mark.parametrize(("count", "track"), [(6, 3), (9, 8)])
def test_tracks_without_mask_get_access_copy_and_peaks(
    toolbox: Toolbox, ben: Rights, tmp_path: Path, count: int, track: int
) -> None:
    tracks = multichannel.hum_on_track(track, count, multichannel.hum(2.0))
    local_ingest.ingest_file(
        toolbox, ben, "LK-1", path=multichannel.wav(tmp_path / "a.wav", tracks)
    )
    run_jobs(toolbox)
    files = derivatives_by_role(toolbox)
    assert {role: file.problem for role, file in files.items()} == {"access": "", "peaks": ""}
    assert files["peaks"].technical["peak"] > 20
    assert files["access"].technical["loudness_lufs"] > -40


def test_truncated_recording_is_stored_with_the_reason(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    whole = media_factory.write_wav(tmp_path, seconds=5.0).read_bytes()
    path = tmp_path / "cut.wav"
    path.write_bytes(whole[:40])
    local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    with toolbox.database.writing() as db:
        db.query(Job).filter_by(kind="derive").update(
            {"interruptions": 3, "furthest_progress": 1.0}  # killed three times, as far as it gets
        )
    run_jobs(toolbox)
    for file in derivatives_by_role(toolbox).values():
        assert file.path == ""
        assert file.problem.startswith("no_copy_")
    with toolbox.database.reading() as db:
        # A refusal is no progress: it is found again at every run.
        assert [job.interruptions for job in db.query(Job).filter_by(kind="derive")] == [3]
    with toolbox.database.reading() as db:
        [original] = media_factory.originals(db)
        assert toolbox.vault.check(original.sha256).state == "ok"
        assert {job.state for job in db.query(Job)} == {"done"}
        failures = db.query(Event).filter_by(kind="file.derived", outcome="failure").count()
        assert failures == len(derivatives_by_role(toolbox)) > 0


# Supported kinds, by the names of tests/support/media_files.py. All are written with PyAV's
# encoders except AMR, which it only decodes: its frames are written by hand.
EXPECTED_USE = {
    "WAV": "heard",
    "Broadcast WAV": "heard",
    "MP3": "heard",
    "M4A": "heard",
    "WMA": "heard",
    "AMR": "heard",
    "Ogg": "heard",
    "FLAC": "heard",
    "MP4": "seen",
    "MOV": "seen",
    "AVI": "seen",
    "MPEG-TS": "seen",
    "3GP": "seen",
    "3GP sound": "heard",
    "JPEG": "shown",
    "PNG": "shown",
    "TIFF": "shown",
    "HEIC": "shown",
    "PDF": "kept",
    "DOCX": "kept",
}
COPIES = {
    "heard": {"access", "peaks"},
    "seen": {"access", "peaks", "poster"},
    "shown": {"thumbnail", "thumbnail_large"},
    "kept": set(),
}


def test_every_supported_kind_gets_its_derivatives(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    files = {
        name: path for name, path in media.every_kind(tmp_path).items() if name in EXPECTED_USE
    }
    assert set(files) == set(EXPECTED_USE)
    ingested = {
        name: local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)
        for name, path in files.items()
    }
    run_jobs(toolbox)
    with toolbox.database.reading() as db:
        for name, item in ingested.items():
            copies = db.query(MediaFile).filter_by(derived_from_id=item.file_id).all()
            assert {copy.role for copy in copies} == COPIES[EXPECTED_USE[name]], name
            assert [copy.problem for copy in copies if copy.problem] == [], name
            assert toolbox.vault.check(item.sha256).state == "ok"
        assert {job.state for job in db.query(Job)} == {"done"}


def write_huge_avi(path: Path) -> Path:
    """Write an AVI whose header states 16,000 × 12,000 pixels."""
    media.film(path, container="avi", codec="rawvideo", sound_codec="")
    data = bytearray(path.read_bytes())
    struct.pack_into("<II", data, data.find(b"strf") + 8 + 4, 16_000, 12_000)
    path.write_bytes(data)
    return path


def write_damaged_files(folder: Path) -> dict[str, Path]:
    """Write decompression bombs, truncated files and files with holes, each of a known kind."""
    whole = media.every_kind(folder)
    files = {"huge film": write_huge_avi(folder / "huge.avi")}
    for name, data in {
        "huge picture": media.png_header(60_000, 60_000),
        "empty sound": whole["WAV"].read_bytes()[:44],
        "cut mp4": whole["MP4"].read_bytes()[:600],
        "cut jpeg": whole["JPEG"].read_bytes()[:200],
        "mp3 of noise": whole["MP3"].read_bytes()[:64] + random.Random(7).randbytes(20_000),
        "m4a with holes": whole["M4A"].read_bytes().replace(b"mdat", b"free", 1),
    }.items():
        files[name] = folder / f"{name}{'.png' if 'picture' in name else '.bin'}"
        files[name].write_bytes(data)
    return files


def test_damaged_files_are_stored_with_a_reason_and_do_not_stop_the_worker(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    """One worker processes them all, and a good file after them."""
    kept = {}
    for name, path in write_damaged_files(tmp_path).items():
        kept[name] = local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    good = local_ingest.ingest_file(
        toolbox, ben, "LK-1", path=media_factory.write_wav(tmp_path, name="good.wav")
    )
    run_jobs(toolbox)
    with toolbox.database.reading() as db:
        assert {job.state for job in db.query(Job)} == {"done"}
        for name, ingested in kept.items():
            assert toolbox.vault.check(ingested.sha256).state == "ok", name
            copies = db.query(MediaFile).filter_by(derived_from_id=ingested.file_id).all()
            assert copies, name
            for copy in copies:
                assert copy.path or copy.problem in COPY_REASONS, (name, copy.problem)
        unusable = [kept[name].file_id for name in ("huge film", "huge picture", "empty sound")]
        for copy in db.query(MediaFile).filter(MediaFile.derived_from_id.in_(unusable)):
            assert copy.problem in COPY_REASONS
        files = db.query(MediaFile).filter_by(derived_from_id=good.file_id).all()
        assert {copy.role for copy in files if copy.path} == {"access", "peaks"}


@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """Listen on the loopback; return the address and the data received."""
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


def test_hostile_files_under_any_name_send_nothing_to_the_network(
    toolbox: Toolbox, ben: Rights, tmp_path: Path, listener: tuple[str, list[bytes]]
) -> None:
    address, hits = listener
    host, _colon, port = address.partition(":")
    socket.create_connection((host, int(port))).close()  # the listener works
    kept, refused = 0, 0
    for number, data in enumerate(media.hostile_texts(address).values()):
        for suffix in (".mp3", ".mov", ".wav"):
            path = tmp_path / f"{number}{suffix}"
            path.write_bytes(data + suffix.encode())
            try:
                local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)
                kept += 1
            except local_ingest.KindRefused:
                refused += 1
    run_jobs(toolbox)
    assert refused > kept > 0
    with toolbox.database.reading() as db:
        assert {job.state for job in db.query(Job)} == {"done"}
        assert db.query(MediaFile).filter(MediaFile.role != "original").count() >= kept
        for file in db.query(MediaFile).filter(MediaFile.role != "original"):
            assert file.problem.startswith("no_copy_") or file.path
    assert hits[1:] == []


def test_derive_cancelled_stops_its_child_and_a_retry_completes(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    path = media_factory.write_wav(tmp_path, seconds=400.0)
    local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    worker = Worker(toolbox, lanes=("light", "files"))
    thread = threading.Thread(target=worker.run_forever)
    thread.start()
    try:
        job = wait_for(toolbox, kind="derive", state="running", progressed=True)
        with toolbox.database.writing() as db:
            office_jobs.cancel(
                db, ben, db.get_one(Job, job.id), interview=db.query(Interview).one()
            )
        wait_for(toolbox, kind="derive", state="cancelled")
        with toolbox.database.writing() as db:
            office_jobs.retry(db, ben, db.get_one(Job, job.id), interview=db.query(Interview).one())
        wait_for(toolbox, kind="derive", state="done")
    finally:
        worker.stop()
        thread.join()
    assert set(derivatives_by_role(toolbox)) == {"access", "peaks"}


def wait_for(toolbox: Toolbox, *, kind: str, state: str, progressed: bool = False) -> Job:
    """Wait until the only job of this kind is in this state, and return it."""

    def reached() -> Job | None:
        with toolbox.database.reading() as db:
            job = db.query(Job).filter_by(kind=kind).one()
            return job if job.state == state and (job.progress > 0 or not progressed) else None

    return wait_until(reached, message=f"{kind} never was {state}")
