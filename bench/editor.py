"""The editor with a transcript of three hours: ready, key to frame, elements, in Chromium.

An interview of 30,000 words in 1,156 segments is put into a temporary archive with three
hours of (silent) peaks and sound; the words are invented. `ready` is from the request to the
moment the script handles keys; `key to frame` from a key pressed to the frame after it,
30 ms between keys, with the words highlighted and autosave running. The yardstick of the same
run is the sign-in page of the same server and a field of an empty page: it shows how busy the
machine was. Needs Chromium (CHROMIUM names one) and Playwright.
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
from archive.actions.accounts import accounts, sign_in
from archive.actions.transcripts import imports
from archive.actions.transcripts.imports import MachineOrigin
from archive.db import Database
from archive.models import Contribution, Interview, Person, Recording
from archive.models.base import new_id
from archive.settings import Settings
from archive.toolbox import Toolbox
from archive.web.core.security import SESSION_COOKIE
from bench.figures import Figure, print_figures
from bench.search import p95, syllables
from media.derivatives import peaks
from tests.support import media_files
from tests.support.editor_fixture import add_derivatives
from tests.support.http_server import serve_in_thread
from tests.support.rights import rights_of_machine
from transcription.document import TranscriptSegment, Word

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
class Measurements:
    """Measurements of all visits, with the yardsticks taken in the same minutes."""

    readies: list[float] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)
    other_readies: list[float] = field(default_factory=list)
    other_frames: list[float] = field(default_factory=list)
    elements: int = 0
    nodes: int = 0

    def add(
        self, yardstick: tuple[float, list[float]], editor: tuple[float, list[float], int, int]
    ) -> None:
        """Add one visit with its yardstick."""
        self.other_readies.append(yardstick[0])
        self.other_frames += yardstick[1]
        ready, frames, self.elements, self.nodes = editor
        self.readies.append(ready)
        self.frames += frames

    def figures(self) -> list[Figure]:
        """Return the figures; each note gives the ratio to the yardstick of the same run."""
        ready, other_ready = statistics.median(self.readies), statistics.median(self.other_readies)
        key, other_key = p95(self.frames), p95(self.other_frames)
        return [
            Figure(
                name="editor ready",
                measured=ready,
                target=READY_MS,
                unit="ms",
                note=f"{ready / other_ready:.1f} × the sign-in page",
            ),
            Figure(
                name="editor, key to frame p95",
                measured=key,
                target=KEY_MS,
                unit="ms",
                note=f"{key / other_key:.1f} × an empty field",
            ),
            Figure(
                name="editor, nodes of every kind",
                measured=self.nodes,
                target=NODES,
                unit="nodes",
                note=f"{self.elements} elements",
            ),
        ]


def build(toolbox: Toolbox, words: int) -> str:
    """Add one interview and one editor; return the version id."""
    with toolbox.database.writing() as db:
        accounts.add(
            db,
            rights_of_machine("bench"),
            email=EMAIL,
            name="Bench",
            role="editor",
            password=SECRET,
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
        files = _files(toolbox.derivatives_dir / recording.id)
        add_derivatives(db, toolbox, recording, files)
        db.expire(interview)
        version = imports.add_machine_version(
            db,
            rights_of_machine("bench"),
            interview,
            language="vi",
            origin=ORIGIN,
            segments=[(recording.id, segment) for segment in segments(words)],
        )
        return version.id


def segments(words: int) -> list[TranscriptSegment]:
    """Build segments of about 26 words, 8 % of them with low confidence."""
    rng = random.Random(30041975)
    vocabulary = syllables(rng)[:3000]
    each = HOURS_MS // words
    result = []
    for first in range(0, words, A_SEGMENT):
        count = min(A_SEGMENT, words - first)
        texts = rng.choices(vocabulary, k=count)
        timed_words = tuple(
            Word(
                start_ms=(first + n) * each,
                end_ms=(first + n + 1) * each - 20,
                text=text,
                confidence=0.4 if rng.random() < 0.08 else 0.95,
                source="asr",
            )
            for n, text in enumerate(texts)
        )
        result.append(
            TranscriptSegment(
                id="",
                start_ms=timed_words[0].start_ms,
                end_ms=timed_words[-1].end_ms,
                text=" ".join(texts),
                words=timed_words,
                role="interviewer" if rng.random() < 0.25 else "witness",
            )
        )
    return result


def _files(folder: Path) -> list[tuple[str, Path, str]]:
    folder.mkdir(parents=True)
    sound = media_files.sound(folder / "sound.wav", media_files.tone(5.0))
    level = np.random.default_rng(1975).integers(10, 200, HOURS_MS // 50, dtype=np.uint8)
    peaks_file = folder / "peaks.lkpk"
    coarse = level.reshape(-1, 10).max(axis=1)
    peaks_file.write_bytes(peaks._block(20, level.tobytes()) + peaks._block(2, coarse.tobytes()))
    return [("access", sound, "audio/wav"), ("peaks", peaks_file, peaks.MEDIA_TYPE)]


def measure(page: Page, address: str) -> tuple[float, list[float], int, int]:
    """Visit once; return ms until ready, ms from key to frame, elements, nodes of every kind."""
    page.goto(address, wait_until="commit")
    ready = float(page.evaluate(_READY))
    page.wait_for_selector("[data-words]")
    texts = page.locator(".segment__text")
    middle = texts.nth(texts.count() // 2)
    middle.scroll_into_view_if_needed()
    middle.click()
    frames = press_keys(page)
    elements = int(page.evaluate("document.querySelectorAll('*').length"))
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    counted = session.send("Performance.getMetrics")["metrics"]
    nodes = next(int(m["value"]) for m in counted if m["name"] == "Nodes")
    return ready, frames, elements, nodes


def measure_yardstick(page: Page) -> tuple[float, list[float]]:
    """Measure the sign-in page until it is painted, and keys in a field of an empty page."""
    page.goto("/vi/sign-in")
    peaks_file = float(
        page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    )
    page.goto("about:blank")
    page.set_content("<p contenteditable='plaintext-only'>a</p>")
    page.locator("p").click()
    return peaks_file, press_keys(page)


def press_keys(page: Page) -> list[float]:
    """Type into the focused element; return ms from each key to the frame after it."""
    page.evaluate(_TYPE)
    for key in range(KEYS):
        page.keyboard.press("Space" if key % 5 == 4 else "a")
        page.wait_for_timeout(30)
    page.wait_for_timeout(300)
    return list(page.evaluate("window.frames"))


def main() -> None:
    """Build the archive, open the editor three times and print the figures."""
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
        measurements = Measurements()
        with serve_in_thread(app) as server:
            origin = f"http://{server.host}:{server.port}"
            for _run in range(RUNS):
                context = browser.new_context(base_url=origin)
                context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": origin}])
                page = context.new_page()
                yardstick = measure_yardstick(page)
                page.close()  # two pages would compete for frames
                page = context.new_page()
                measurements.add(yardstick, measure(page, f"/vi/versions/{version}/edit"))
                context.close()
        browser.close()
    middle = statistics.median(measurements.frames)
    print(f"{words} words, {RUNS} visits, {len(measurements.frames)} keys, p50 {middle:.0f} ms")
    print_figures(*measurements.figures())


def _sign_in(database: Database) -> str:
    with database.writing() as db:
        return sign_in.sign_in(
            db, sign_in.verify_password(db, email=EMAIL, password=SECRET, address="bench")
        ).token


if __name__ == "__main__":
    main()
