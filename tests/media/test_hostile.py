"""Files that were made to harm: no request leaves, nothing is read elsewhere, nobody dies."""

from __future__ import annotations

import contextlib
import io
import random
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from media import sandboxed
from media.derivatives.registry import RECIPES
from media.kinds import accepted_suffixes
from media.opening import open_media
from media.probe import probe
from media.refusals import DerivativeRefused, MediaRefused
from media.sandbox import SandboxFailed
from media.sound import pcm_blocks
from tests.fixtures.media import make


class Listener:
    """Counts every connection and every datagram that reaches one loopback port."""

    def __init__(self) -> None:
        self.hits = 0
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        self.address = f"127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._accept), threading.Thread(target=self._take)]
        for thread in self._threads:
            thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._tcp.accept()
                self.hits += 1
                connection.close()

    def _take(self) -> None:
        with contextlib.suppress(OSError):
            while self._udp.recv(2048) != b"stop":
                self.hits += 1

    def close(self) -> None:
        self._tcp.shutdown(socket.SHUT_RDWR)
        self._tcp.close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"stop", ("127.0.0.1", self.port))
        for thread in self._threads:
            thread.join()
        self._udp.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def test_the_listener_would_hear_a_careless_player(listener: Listener) -> None:
    """What the other tests guard against really happens: a file object and no whitelist."""

    class Named(io.BytesIO):
        name = "talk.m3u8"

    texts = make.hostile_texts(listener.address)
    with contextlib.suppress(av.error.FFmpegError):
        av.open(Named(texts["m3u8"]), timeout=5).close()
    with contextlib.suppress(av.error.FFmpegError):
        av.open(f"http://{listener.address}/x.mp3", timeout=5).close()
    assert listener.hits >= 2


@pytest.mark.parametrize("what", sorted(make.hostile_texts("127.0.0.1:9")))
def test_scripts_reach_nobody_under_any_suffix(
    what: str, listener: Listener, tmp_path: Path
) -> None:
    """In this very process, which has a network: the opening alone must hold."""
    data = make.hostile_texts(listener.address)[what]
    for suffix in (*accepted_suffixes(), ".m3u8", ".m3u", ".sdp", ".ffconcat", ".txt", ""):
        path = tmp_path / f"x{suffix}"
        path.write_bytes(data)
        with contextlib.suppress(MediaRefused):
            probe(path)
        with contextlib.suppress(MediaRefused):
            for _ in pcm_blocks(path):
                pass
        for recipe in RECIPES.values():
            with contextlib.suppress(DerivativeRefused):
                recipe.make(path, tmp_path / "out", lambda fraction: None)
    assert listener.hits == 0


@pytest.mark.parametrize("what", ["m3u8", "ffconcat", "sdp", "dash", "svg"])
def test_scripts_end_as_a_code_and_not_as_a_crash(
    what: str, listener: Listener, tmp_path: Path
) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(make.hostile_texts(listener.address)[what])
    with pytest.raises(MediaRefused) as refused:
        sandboxed.probe(path)
    assert refused.value.code == "unreadable"
    for recipe in ("access_copy", "thumbnail"):
        with pytest.raises(DerivativeRefused) as not_made:
            sandboxed.derive(recipe, path, target_dir=tmp_path / "out")
        assert not_made.value.code == "unreadable"
    assert list((tmp_path / "out").iterdir()) == []
    assert listener.hits == 0


@pytest.mark.parametrize(
    "name", ["http://127.0.0.1:9/a.mp3", "concat:a|b", "subfile,,start,0,end,9,,:a", "file:a",
             "pipe:0", "data:audio/wav;base64,AAAA", "tape%03d.wav", "a?b#c.mp3", "-i.wav"]
)  # fmt: skip
def test_a_name_is_never_taken_for_a_protocol(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MediaRefused):
        open_media(Path(name))
    path = tmp_path / name.replace("/", "_")
    make.sound(tmp_path / "plain.wav").rename(path)
    assert probe(Path(path.name)).duration_ms == 1000


def test_a_quicktime_file_cannot_read_another_file(tmp_path: Path) -> None:
    """A data reference of the kind `alis` or `url ` names a file: it is not followed."""
    secret = make.sound(tmp_path / "secret.wav", make.tone(2, level=0.9))
    data = make.hostile_texts("127.0.0.1:9")["mov with outside sound"]
    url = f"file://{secret}".encode()
    path = tmp_path / "x.mov"
    path.write_bytes(data.replace(b"http://127.0.0.1:9/stolen.ts", url[:28].ljust(28, b"\x00")))
    with contextlib.suppress(MediaRefused):
        assert sum(len(block) for block in pcm_blocks(path)) < 16_000


def huge_avi(path: Path) -> Path:
    """An AVI whose header says 16,000 × 12,000 pixels."""
    make.film(path, container="avi", codec="rawvideo", sound_codec="")
    data = bytearray(path.read_bytes())
    strf = data.find(b"strf") + 8
    struct.pack_into("<II", data, strf + 4, 16_000, 12_000)
    path.write_bytes(data)
    return path


def test_a_film_that_claims_too_much_is_not_decoded(tmp_path: Path) -> None:
    path = huge_avi(tmp_path / "a.avi")
    for recipe in ("access_copy", "poster"):
        with pytest.raises(DerivativeRefused) as refused:
            sandboxed.derive(recipe, path, target_dir=tmp_path / "out")
        assert refused.value.code == "too_many_pixels"


def test_a_picture_that_needs_too_much_memory_ends_as_a_code(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(make.png_header(16_000, 16_000))
    with pytest.raises(DerivativeRefused) as refused:
        sandboxed.derive("thumbnail", path, target_dir=tmp_path / "out", memory_bytes=600 << 20)
    assert refused.value.code == "memory"


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make.sound(tmp_path_factory.mktemp("long") / "a.wav", make.tone(900))


@pytest.mark.parametrize(("wall_s", "stall_s"), [(1.0, 60.0), (60.0, 0.02)])
def test_a_job_that_overstays_ends_as_a_code(
    long: Path, tmp_path: Path, wall_s: float, stall_s: float
) -> None:
    with pytest.raises(DerivativeRefused) as refused:
        sandboxed.derive("access_copy", long, target_dir=tmp_path, wall_s=wall_s, stall_s=stall_s)
    assert refused.value.code == "timeout"
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_job_says_nothing_about_the_file(long: Path, tmp_path: Path) -> None:
    told: list[float] = []
    with pytest.raises(SandboxFailed) as failed:
        sandboxed.derive(
            "access_copy",
            long,
            target_dir=tmp_path,
            on_progress=told.append,
            cancelled=lambda: bool(told),
        )
    assert failed.value.code == "cancelled"
    assert told
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_says_nothing_about_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.limits.OUTPUT_BYTES", 5000)
    source = make.sound(tmp_path / "a.wav", make.tone(20))
    with pytest.raises(SandboxFailed) as failed:
        sandboxed.derive("access_copy", source, target_dir=tmp_path / "out")
    assert failed.value.code == "no_space"
    assert list((tmp_path / "out").iterdir()) == []


def test_a_derivative_comes_with_its_fingerprint_and_progress(
    every_kind: dict[str, Path], tmp_path: Path
) -> None:
    told: list[float] = []
    made = sandboxed.derive(
        "peaks", every_kind["MP3"], target_dir=tmp_path, on_progress=told.append
    )
    assert made.path == tmp_path / "peaks.lkpk"
    assert list(tmp_path.iterdir()) == [made.path]
    assert (made.recipe, made.recipe_version) == ("peaks", 1)
    assert made.size_bytes == made.path.stat().st_size
    assert len(made.sha256) == 64
    assert told[-1] == 1.0
    assert sandboxed.probe(every_kind["MP3"]).duration_ms == 1000


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_end_as_a_copy_or_a_code(
    seed: int, every_kind: dict[str, Path], tmp_path: Path
) -> None:
    rng = random.Random(seed)
    for name, source in every_kind.items():
        data = bytearray(source.read_bytes())
        for _ in range(rng.choice((1, 10, 200))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path = tmp_path / name
        path.write_bytes(data[: rng.choice((len(data), rng.randrange(1, len(data))))])
        for recipe in RECIPES.values():
            with contextlib.suppress(DerivativeRefused):
                made = recipe.make(path, tmp_path / "out", lambda fraction: None)
                assert made.path.stat().st_size > 0
