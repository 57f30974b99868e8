"""Hostile files: no network request, no other file is read, the process survives."""

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
from media.errors import DerivativeRefused, MediaRefused
from media.kinds import accepted_suffixes
from media.probe import probe
from media.safe_open import open_media
from media.sandbox import SandboxFailed
from media.sound import pcm_blocks
from tests.support import media_files
from tests.support.other_accounts import media_group
from tests.support.worker_process import wait_until


class LoopbackListener:
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
def listener() -> Iterator[LoopbackListener]:
    listener = LoopbackListener()
    yield listener
    listener.close()


def test_listener_fixture_notices_a_connection(listener: LoopbackListener) -> None:
    """Opening a file object without a whitelist does connect, so the fixture works."""

    class Named(io.BytesIO):
        name = "talk.m3u8"

    texts = media_files.hostile_texts(listener.address)
    with contextlib.suppress(av.error.FFmpegError):
        av.open(Named(texts["m3u8"]), timeout=5).close()
    with contextlib.suppress(av.error.FFmpegError):
        av.open(f"http://{listener.address}/x.mp3", timeout=5).close()
    wait_until(lambda: listener.hits >= 2)


@pytest.mark.parametrize("what", sorted(media_files.hostile_texts("127.0.0.1:9")))
def test_scripts_with_any_suffix_make_no_connection(
    what: str, listener: LoopbackListener, tmp_path: Path
) -> None:
    """Opens in this process, which has a network, not in the sandbox."""
    data = media_files.hostile_texts(listener.address)[what]
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
def test_scripts_are_refused_with_a_code(
    what: str, listener: LoopbackListener, tmp_path: Path
) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(media_files.hostile_texts(listener.address)[what])
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
    "name",
    [
        "http://127.0.0.1:9/a.mp3",
        "concat:a|b",
        "subfile,,start,0,end,9,,:a",
        "file:a",
        "pipe:0",
        "data:audio/wav;base64,AAAA",
        "tape%03d.wav",
        "a?b#c.mp3",
        "-i.wav",
    ],
)
def test_open_media_never_reads_a_path_as_protocol(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MediaRefused):
        open_media(Path(name))
    path = tmp_path / name.replace("/", "_")
    media_files.sound(tmp_path / "plain.wav").rename(path)
    assert probe(Path(path.name)).duration_ms == 1000


def test_open_media_ignores_external_references_of_quicktime(tmp_path: Path) -> None:
    """A data reference of the kind `alis` or `url ` names a file: it is not followed."""
    secret = media_files.sound(tmp_path / "secret.wav", media_files.tone(2, level=0.9))
    data = media_files.hostile_texts("127.0.0.1:9")["mov with outside sound"]
    url = f"file://{secret}".encode()
    path = tmp_path / "x.mov"
    path.write_bytes(data.replace(b"http://127.0.0.1:9/stolen.ts", url[:28].ljust(28, b"\x00")))
    with contextlib.suppress(MediaRefused):
        assert sum(len(block) for block in pcm_blocks(path)) < 16_000


def write_huge_avi(path: Path) -> Path:
    """Write an AVI whose header states 16,000 × 12,000 pixels."""
    media_files.film(path, container="avi", codec="rawvideo", sound_codec="")
    data = bytearray(path.read_bytes())
    strf = data.find(b"strf") + 8
    struct.pack_into("<II", data, strf + 4, 16_000, 12_000)
    path.write_bytes(data)
    return path


def test_film_with_too_many_pixels_is_not_decoded(tmp_path: Path) -> None:
    path = write_huge_avi(tmp_path / "a.avi")
    for recipe in ("access_copy", "poster"):
        with pytest.raises(DerivativeRefused) as refused:
            sandboxed.derive(recipe, path, target_dir=tmp_path / "out")
        assert refused.value.code == "too_many_pixels"


def test_picture_beyond_memory_limit_is_refused_with_a_code(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(media_files.png_header(16_000, 16_000))
    with pytest.raises(DerivativeRefused) as refused:
        sandboxed.derive("thumbnail", path, target_dir=tmp_path / "out", memory_bytes=600 << 20)
    assert refused.value.code == "memory"


@pytest.fixture(scope="module")
def long_sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media_files.sound(tmp_path_factory.mktemp("long") / "a.wav", media_files.tone(900))


@pytest.mark.parametrize(("wall_s", "stall_s"), [(0.0, 600.0), (600.0, 0.0)])
def test_derive_past_its_time_limit_is_refused_with_a_code(
    long_sound: Path, tmp_path: Path, wall_s: float, stall_s: float
) -> None:
    """The limits count from when the child has imported the task, so the task was at work.

    Any wait is longer than a limit of 0 s, however late the parent is to look.
    """
    with pytest.raises(DerivativeRefused) as refused:
        sandboxed.derive(
            "access_copy", long_sound, target_dir=tmp_path, wall_s=wall_s, stall_s=stall_s
        )
    assert refused.value.code == "timeout"
    assert list(tmp_path.iterdir()) == []


def test_derive_cancelled_raises_sandbox_failed(long_sound: Path, tmp_path: Path) -> None:
    progress_values: list[float] = []
    with pytest.raises(SandboxFailed) as failed:
        sandboxed.derive(
            "access_copy",
            long_sound,
            target_dir=tmp_path,
            on_progress=progress_values.append,
            cancelled=lambda: bool(progress_values),
        )
    assert failed.value.code == "cancelled"
    assert progress_values
    assert list(tmp_path.iterdir()) == []


def test_derive_on_a_full_disk_raises_sandbox_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.limits.OUTPUT_BYTES", 5000)
    source = media_files.sound(tmp_path / "a.wav", media_files.tone(20))
    with pytest.raises(SandboxFailed) as failed:
        sandboxed.derive("access_copy", source, target_dir=tmp_path / "out")
    assert failed.value.code == "no_space"
    assert list((tmp_path / "out").iterdir()) == []


def test_derive_returns_hash_and_reports_progress(
    every_kind: dict[str, Path], tmp_path: Path
) -> None:
    progress_values: list[float] = []
    made = sandboxed.derive(
        "peaks", every_kind["MP3"], target_dir=tmp_path, on_progress=progress_values.append
    )
    assert made.path == tmp_path / "peaks.lkpk"
    assert list(tmp_path.iterdir()) == [made.path]
    assert (made.recipe, made.recipe_version) == ("peaks", RECIPES["peaks"].version)
    assert made.size_bytes == made.path.stat().st_size
    assert len(made.sha256) == 64
    assert progress_values[-1] == 1.0
    assert sandboxed.probe(every_kind["MP3"]).duration_ms == 1000


def test_derivative_is_private_and_with_group_readable_by_it(
    every_kind: dict[str, Path], tmp_path: Path
) -> None:
    group = media_group().gr_gid
    modes = {}
    for name, gid in (("private", None), ("shared", group)):
        made = sandboxed.derive(
            "peaks", every_kind["MP3"], target_dir=tmp_path / name / "peaks-1", group=gid
        )
        modes[name] = [
            path.stat().st_mode & 0o777 for path in (made.path, made.path.parent, tmp_path / name)
        ]
    assert modes == {"private": [0o600, 0o700, 0o700], "shared": [0o640, 0o710, 0o710]}
    assert made.path.stat().st_gid == made.path.parent.stat().st_gid == group


@pytest.mark.parametrize("seed", range(4))
def test_derive_of_damaged_files_returns_a_copy_or_a_code(
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
