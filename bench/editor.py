"""The editor's page with three hours of talk: ready, key to frame, elements, in a real Chromium.

An interview of 30,000 words in 1,156 segments is put into a temporary archive with three
hours of (silent) peaks and sound; the words are invented. `ready` is from the request to the
moment the script listens to keys; `key to frame` from a key pressed to the frame after it,
30 ms between keys, with the words drawn and the sender at work. The yardstick of the same run
is the sign-in page of the same server and an empty field of an empty page: it says how busy
the machine was. Needs Chromium (CHROMIUM names one) and Playwright.
Run: ``python -m bench.editor [words]``.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from app import create_app
from archive import migrations
from archive.access import machine
from archive.actions import accounts, transcripts
from archive.actions.transcripts import MachineOrigin
from archive.db import Database
from archive.models import Contribution, Interview, MediaFile, Person, Recording
from archive.models.base import new_id
from archive.settings import Settings
from archive.toolbox import Toolbox
from archive.web.security import SESSION_COOKIE
from bench.figures import Figure, tell
from bench.search import p95, syllables
from media.derivatives import peaks
from tests.fixtures.media import make
from tests.live import in_thread
from transcription.document import Segment, Word

WORDS = 30_000
A_SEGMENT = 26
HOURS_MS = 3 * 60 * 60 * 1000
KEYS = 200
RUNS = 3
EMAIL, SECRET = "bench@archive.test", "a long enough secret"
ORIGIN = MachineOrigin(engine="whisper", model="bench", model_sha256="00", options={})
READY_MS, KEY_MS, NODES = 1_500, 50, 10_000

_TYPE = """async keys => {
  const times = [];
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const listen = () => { window.pressed = performance.now(); };
  addEventListener("keydown", listen, true);
  window.frames = times;
  addEventListener("input", async () => {
    const from = window.pressed;
    await frame();
    times.push(performance.now() - from);
  });
}"""
_READY = """() => new Promise(done => {
  const look = () => document.querySelector("[data-ready]")
    ? requestAnimationFrame(() => done(performance.now())) : setTimeout(look, 5);
  look();
})"""


@dataclass
class Seen:
    """What the visits showed, and the yardsticks of the same minutes."""

    readies: list[float] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)
    other_readies: list[float] = field(default_factory=list)
    other_frames: list[float] = field(default_factory=list)
    elements: int = 0
    nodes: int = 0

    def add(
        self, other: tuple[float, list[float]], own: tuple[float, list[float], int, int]
    ) -> None:
        """One visit with its yardstick."""
        self.other_readies.append(other[0])
        self.other_frames += other[1]
        ready, frames, self.elements, self.nodes = own
        self.readies.append(ready)
        self.frames += frames

    def figures(self) -> list[Figure]:
        """Measured beside promised; the note gives the ratio to the yardstick of the same run."""
        ready, other_ready = statistics.median(self.readies), statistics.median(self.other_readies)
        key, other_key = p95(self.frames), p95(self.other_frames)
        return [
            Figure(name="editor ready", measured=ready, target=READY_MS, unit="ms",
                   note=f"{ready / other_ready:.1f} × the sign-in page"),
            Figure(name="editor, key to frame p95", measured=key, target=KEY_MS, unit="ms",
                   note=f"{key / other_key:.1f} × an empty field"),
            Figure(name="editor, nodes of every kind", measured=self.nodes, target=NODES,
                   unit="nodes", note=f"{self.elements} elements"),
        ]  # fmt: skip


def build(toolbox: Toolbox, words: int) -> str:
    """The archive with one interview and one editor; gives the version's id."""
    with toolbox.database.writing() as db:
        accounts.add(
            db, machine("bench"), email=EMAIL, name="Bench", role="editor", password=SECRET
        )
        interview = Interview(accession="LK-BENCH", title="Ba giờ lời kể", audience="staff")
        db.add(interview)
        db.flush()
        for position, role in enumerate(("witness", "interviewer")):
            person = Person(id=new_id(), full_name=f"Người {role}", given_name=role, sort_key=role)
            db.add(person)
            db.flush()
            db.add(
                Contribution(
                    interview_id=interview.id, person_id=person.id, role=role, position=position
                )
            )
        recording = Recording(interview_id=interview.id, part=1, duration_ms=HOURS_MS)
        db.add(recording)
        db.flush()
        for role, path, kind in _files(toolbox.derivatives_dir / recording.id):
            db.add(
                MediaFile(
                    interview_id=interview.id, recording_id=recording.id, role=role,
                    path=path.relative_to(toolbox.derivatives_dir).as_posix(), media_type=kind,
                    filename=path.name, size_bytes=path.stat().st_size,
                )
            )  # fmt: skip
        db.expire(interview)
        version = transcripts.make_machine_version(
            db, machine("bench"), interview, language="vi", origin=ORIGIN,
            spoken=[(recording.id, segment) for segment in segments(words)],
        )  # fmt: skip
        return version.id


def segments(words: int) -> list[Segment]:
    """Turns of about 26 words, eight in a hundred of them doubtful."""
    draw = random.Random(30041975)
    vocabulary = syllables(draw)[:3000]
    each = HOURS_MS // words
    found = []
    for first in range(0, words, A_SEGMENT):
        count = min(A_SEGMENT, words - first)
        texts = draw.choices(vocabulary, k=count)
        heard = tuple(
            Word(start_ms=(first + n) * each, end_ms=(first + n + 1) * each - 20, text=text,
                 confidence=0.4 if draw.random() < 0.08 else 0.95, source="asr")
            for n, text in enumerate(texts)
        )  # fmt: skip
        found.append(
            Segment(
                id="", start_ms=heard[0].start_ms, end_ms=heard[-1].end_ms, text=" ".join(texts),
                words=heard, role="interviewer" if draw.random() < 0.25 else "witness",
            )
        )  # fmt: skip
    return found


def _files(folder: Path) -> list[tuple[str, Path, str]]:
    folder.mkdir(parents=True)
    sound = make.sound(folder / "sound.wav", make.tone(5.0))
    level = np.random.default_rng(1975).integers(10, 200, HOURS_MS // 50, dtype=np.uint8)
    drawn = folder / "peaks.lkpk"
    coarse = level.reshape(-1, 10).max(axis=1)
    drawn.write_bytes(peaks._block(20, level.tobytes()) + peaks._block(2, coarse.tobytes()))
    return [("access", sound, "audio/wav"), ("peaks", drawn, peaks.MEDIA_TYPE)]


def measure(page: Page, address: str) -> tuple[float, list[float], int, int]:
    """One visit: ready in ms, key to frame in ms, elements, nodes of every kind."""
    page.goto(address, wait_until="commit")
    ready = float(page.evaluate(_READY))
    page.wait_for_selector("[data-words]")
    middle = page.locator(".chunk .tx").nth(page.locator(".chunk .tx").count() // 2)
    middle.scroll_into_view_if_needed()
    middle.click()
    frames = press_keys(page)
    elements = int(page.evaluate("document.querySelectorAll('*').length"))
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    counted = session.send("Performance.getMetrics")["metrics"]
    nodes = next(int(m["value"]) for m in counted if m["name"] == "Nodes")
    return ready, frames, elements, nodes


def yardstick(page: Page) -> tuple[float, list[float]]:
    """The sign-in page until it is drawn, and keys in an empty field of an empty page."""
    page.goto("/vi/sign-in")
    drawn = float(
        page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    )
    page.goto("about:blank")
    page.set_content("<p contenteditable='plaintext-only'>a</p>")
    page.locator("p").click()
    return drawn, press_keys(page)


def press_keys(page: Page) -> list[float]:
    """Type where the focus is; from each key to the frame after it, in ms."""
    page.evaluate(_TYPE)
    for key in range(KEYS):
        page.keyboard.press("Space" if key % 5 == 4 else "a")
        page.wait_for_timeout(30)
    page.wait_for_timeout(300)
    return list(page.evaluate("window.frames"))


def main() -> None:
    """Build, open three times, print what was measured beside what was promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="?", type=int, default=WORDS)
    words = parser.parse_args().words
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        sys.exit("left out: no Chromium was found (CHROMIUM names one)")
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        home = Path(folder)
        (home / "derivatives").mkdir()
        address = f"sqlite:///{home / 'archive.db'}"
        migrations.upgrade(address)
        app = create_app(Settings(home=home, database_url=address))
        toolbox: Toolbox = app.extensions["loi_ke"]
        version = build(toolbox, words)
        token = _sign_in(toolbox.database)
        browser = play.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        seen = Seen()
        with in_thread(app) as server:
            origin = f"http://{server.host}:{server.port}"
            for _run in range(RUNS):
                context = browser.new_context(base_url=origin)
                context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": origin}])
                page = context.new_page()
                other = yardstick(page)
                page.close()  # two pages would take each other's frames
                page = context.new_page()
                seen.add(other, measure(page, f"/vi/versions/{version}/edit"))
                context.close()
        browser.close()
    middle = statistics.median(seen.frames)
    print(f"{words} words, {RUNS} visits, {len(seen.frames)} keys, p50 {middle:.0f} ms")
    tell(*seen.figures())


def _sign_in(database: Database) -> str:
    with database.writing() as db:
        return accounts.sign_in(
            db, accounts.prove(db, email=EMAIL, password=SECRET, address="bench")
        ).token


if __name__ == "__main__":
    main()
