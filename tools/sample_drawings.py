"""Draw the pictures of the sample archive: invented scenes in a few lines and colours.

Run by hand, never by the program: `python -m tools.sample_drawings`. It needs the
Chromium of the browser tests. Each scene is plain SVG on a sheet of 1200 × 800.
"""

# ruff: noqa: E501 - the paths of a drawing are not prose

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

TARGET = Path(__file__).parents[1] / "archive" / "demo" / "pictures"
CAPTION = "Hình vẽ minh họa, hư cấu"
SHEET = """<!doctype html><meta charset="utf-8"><style>*{{margin:0}}</style>
<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="800" viewBox="0 0 1200 800">
<style>
svg{{background:#f6f1e6;stroke-linecap:round;stroke-linejoin:round;font-family:serif}}
.l{{fill:none;stroke:#3b3a36;stroke-width:5}} .t{{fill:none;stroke:#3b3a36;stroke-width:2.5}}
.p{{fill:#fffdf7;stroke:#3b3a36;stroke-width:5}} .r{{fill:#8a2b1d;stroke:#3b3a36;stroke-width:4}}
.b{{fill:#1d4e5f;stroke:#3b3a36;stroke-width:4}} .o{{fill:#d9a441;stroke:#3b3a36;stroke-width:4}}
.g{{fill:#7d9a6c;stroke:#3b3a36;stroke-width:4}} .s{{fill:#e3d9c4;stroke:none}}
.w{{fill:none;stroke:#5f8792;stroke-width:4}} .k{{fill:#3b3a36;stroke:none}}
</style>
<rect x="24" y="24" width="1152" height="752" class="t"/>
{scene}
<text x="1152" y="756" text-anchor="end" font-size="20" fill="#6a5f49">{caption}</text></svg>"""


def row(shape: str, xs: range | list[int], y: int = 0) -> str:
    """Repeat a shape at several x positions."""
    return "".join(f'<g transform="translate({x} {y})">{shape}</g>' for x in xs)


def person(x: int, y: int, shirt: str = "b", size: float = 1.0, *, outside: bool = True) -> str:
    """Draw a person from behind; outside with a conical hat."""
    hat = (
        '<path class="o" d="M-58-6 0-62 58-6z"/>'
        if outside
        else '<circle class="k" cx="0" cy="-26" r="24"/>'
    )
    return (
        f'<g transform="translate({x} {y}) scale({size})">'
        f'<path class="{shirt}" d="M-38 120V40c0-26 18-40 38-40s38 14 38 40v80z"/>{hat}</g>'
    )


def water(y: int, rows: int = 4) -> str:
    """Rows of small waves down to the caption."""
    wave = "M40 0q22-14 44 0t44 0 44 0"
    return "".join(
        row(f'<path class="w" d="{wave}"/>', [0, 260, 520, 780, 930], y + 34 * n)
        if n % 2 == 0
        else row(f'<path class="w" d="{wave}"/>', [120, 390, 650, 900], y + 34 * n)
        for n in range(rows)
    )


def loom() -> str:
    """A wooden loom in a tin-roofed workshop, a bulb over it."""
    warp = "".join(
        f'<path class="t" d="M{x} 250 {x - (x - 600) // 6} 520"/>' for x in range(380, 830, 18)
    )
    return (
        '<path class="s" d="M24 640h1152v112H24z"/><path class="l" d="M60 150 600 70l540 80"/>'
        '<path class="l" d="M330 210v450M870 210v450M330 240h540M330 540h540M330 620h540"/>'
        f'{warp}<path class="r" d="M420 520h360v34H420z"/><path class="o" d="M520 430c60-34 100-34 160 0-60 34-100 34-160 0z"/>'
        '<path class="l" d="M600 84v70"/><circle class="o" cx="600" cy="180" r="24"/>'
        '<path class="p" d="M940 560h150l-20 100H960zM956 530h118v30H956z"/>'
        '<path class="b" d="M120 520c0-40 90-40 90 0v140h-90z"/><path class="t" d="M120 560h90M120 600h90"/>'
    )


def three_wheeler() -> str:
    """A Lambro on a road at dawn, vegetables on its roof."""
    greens = row(
        '<path class="g" d="M0 0c-30-50 40-60 44-20 40-30 60 20 20 30z"/>',
        [430, 510, 590, 670],
        290,
    )
    return (
        '<circle class="o" cx="980" cy="230" r="80"/><path class="s" d="M24 600h1152v152H24z"/>'
        '<path class="t" d="M40 430q160-90 300 0M860 430q150-80 290 0"/>'
        f'{greens}<path class="b" d="M360 300h430v210H360z"/><path class="p" d="M390 330h110v90H390zM530 330h110v90H530zM670 330h100v90H670z"/>'
        '<path class="r" d="M790 340h80l80 110v70H790z"/><path class="p" d="M812 366h50l46 70h-96z"/>'
        '<path class="l" d="M340 510h630v50H340zM280 560h60"/>'
        '<circle class="p" cx="450" cy="590" r="58"/><circle class="p" cx="890" cy="590" r="58"/><circle class="k" cx="450" cy="590" r="12"/><circle class="k" cx="890" cy="590" r="12"/>'
        '<circle class="o" cx="958" cy="490" r="16"/><path class="t" d="M60 690h180M330 690h180M600 690h180M870 690h180"/>'
    )


def night_class() -> str:
    """An evening class on wooden crates under a pressure lamp."""
    learners = "".join(
        person(x, 530, shirt, 1.1, outside=False)
        for x, shirt in ((300, "b"), (520, "r"), (740, "g"), (950, "b"))
    )
    return (
        '<path class="s" d="M24 24h1152v100H24z"/><path class="b" d="M270 190h560v230H270z"/>'
        '<text x="320" y="270" font-size="46" fill="#f6f1e6">Đường từ cảng về nhà</text>'
        '<path d="M320 310h430M320 350h300" stroke="#f6f1e6" stroke-width="4" fill="none"/>'
        '<path class="l" d="M960 124v60"/><path class="o" d="M920 184h80l-16 90h-48z"/><path class="l" d="M930 274h60"/>'
        f"{learners}"
        + row(
            '<path class="p" d="M-60 0H60v70H-60z"/><path class="t" d="M-60 24H60M-60 46H60"/>',
            [300, 520, 740, 950],
            662,
        )
    )


def cloth_stall() -> str:
    """Bolts of cloth on shelves, a wooden ruler on the counter."""
    colours = ("r", "o", "b", "g", "p", "r", "g", "b", "o")
    shelves = "".join(
        f'<rect class="{colours[(n + 3 * shelf) % 9]}" x="{130 + n * 106}" y="{130 + shelf * 130}" width="86" height="96" rx="10"/>'
        for shelf in range(3)
        for n in range(9)
    )
    return (
        f'{shelves}<path class="l" d="M100 236h1000M100 366h1000M100 496h1000M100 110v540M1100 110v540"/>'
        '<path class="p" d="M80 560h1040v60H80zM110 620h980v110H110z"/>'
        '<path class="o" d="M330 530h560v18H330z"/>'
        + row('<path class="t" d="M0 530v18"/>', list(range(370, 890, 40)))
        + '<path class="r" d="M180 560c20-60 110-60 130 0l30 120H200z"/>'
    )


def river_quay() -> str:
    """Flower boats at the quay, stilt houses behind."""
    houses = row(
        '<path class="p" d="M0 0h150v110H0z"/><path class="r" d="M-16 0 75-62 166 0z"/><path class="l" d="M16 110v120M75 110v120M134 110v120"/><path class="b" d="M56 40h40v70H56z"/>',
        [90, 300, 510],
        210,
    )
    flowers = row(
        '<circle class="o" cx="0" cy="0" r="22"/><circle class="o" cx="34" cy="-14" r="22"/>',
        list(range(640, 1000, 70)),
        470,
    )
    return (
        f'{houses}<path class="s" d="M24 440h640v40H24z"/>'
        f'{flowers}<path class="b" d="M560 490h560c-20 80-80 110-170 110H700c-80 0-120-40-140-110z"/>'
        '<path class="p" d="M930 480v-90h130v90z"/><path class="l" d="M560 490 470 430M1000 390V300"/>'
        f"{person(520, 330, 'r', 0.9)}{water(610)}"
    )


def ferry() -> str:
    """The ferry in the middle of the river, the city on the far side."""
    towers = "".join(
        f'<path class="p" d="M{x} {y}h{w}v{330 - y}h-{w}z"/>'
        for x, y, w in (
            (120, 190, 90),
            (240, 120, 70),
            (340, 210, 120),
            (500, 90, 80),
            (620, 170, 110),
            (770, 130, 70),
            (880, 220, 130),
        )
    )
    return (
        f'{towers}<path class="l" d="M24 330h1152"/>{water(390, 2)}'
        '<path class="r" d="M260 520h680l-70 90H330z"/><path class="p" d="M320 440h560v80H320zM380 360h440v80H380z"/>'
        '<path class="l" d="M700 360v-80h50v80M725 280c-30-50 40-70 10-120"/>'
        + row('<path class="b" d="M0 0h50v40H0z"/>', [410, 490, 570, 650, 730], 380)
        + f"{person(440, 470, 'b', 0.4)}{person(560, 470, 'g', 0.4)}{person(680, 470, 'r', 0.4)}"
        + water(620)
    )


def kitchen() -> str:
    """A lane with chalk marks, a pot of rice, a basket let down on a string."""
    feet = row(
        '<ellipse class="t" cx="0" cy="0" rx="16" ry="30"/><ellipse class="t" cx="46" cy="0" rx="16" ry="30"/>',
        [560, 760],
        690,
    )
    return (
        '<path class="s" d="M24 620h1152v132H24z"/><path class="p" d="M60 80h300v540H60z"/>'
        '<path class="b" d="M110 130h200v150H110z"/><path class="l" d="M110 205h200M210 130v150M40 310h340"/>'
        '<path class="t" d="M340 310v170"/><path class="o" d="M300 480h80l-12 66h-56z"/>'
        '<path class="r" d="M440 470h200v120H440z"/><path class="l" d="M420 470h240M460 590v40M620 590v40"/>'
        '<path class="w" d="M490 440c-20-40 20-60 0-100M540 440c-20-40 20-60 0-100M590 440c-20-40 20-60 0-100"/>'
        f"{person(800, 500, 'g', 1.0)}{person(1000, 500, 'b', 1.0)}{feet}"
        '<path class="t" d="M520 640v104M720 640v104"/>'
    )


SCENES = {
    "khung-cui": loom,
    "xe-lam": three_wheeler,
    "lop-hoc": night_class,
    "sap-vai": cloth_stall,
    "ben-binh-dong": river_quay,
    "pha-thu-thiem": ferry,
    "bep-com": kitchen,
}


def main() -> None:
    """Draw every scene."""
    TARGET.mkdir(exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 800})
        for name, scene in SCENES.items():
            page.set_content(SHEET.format(scene=scene(), caption=CAPTION))
            page.screenshot(path=TARGET / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
