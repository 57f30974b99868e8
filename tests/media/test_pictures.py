from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from media import limits
from media.derivatives import poster, thumbnail
from media.pictures import opened
from media.refusals import DerivativeRefused
from tests.fixtures.media import make

SECRETS = (b"NGUOI-CHUP-ANH", b"Exif", b"GPS", b"2019:04:30", b"http://ns.adobe", b"ICC_PROFILE")


def small(source: Path, *, large: bool = False) -> Path:
    recipe = thumbnail.LARGE if large else thumbnail.RECIPE
    return recipe.make(source, source.parent / "out", lambda fraction: None).path


def pixel(path: Path, at: tuple[float, float]) -> tuple[int, ...]:
    with Image.open(path) as image:
        found = image.getpixel((int(at[0] * image.width), int(at[1] * image.height)))
    assert isinstance(found, tuple)
    return tuple(int(value) for value in found)


def near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(found, wanted, strict=True)) < 40


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_stands_as_it_was_held(tmp_path: Path, orientation: int) -> None:
    path = make.photo(tmp_path / "a.jpg", size=(300, 200), orientation=orientation)
    corner = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1),
              5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}[orientation]  # fmt: skip
    made = small(path)
    with Image.open(made) as image:
        assert image.size == ((300, 200) if orientation <= 4 else (200, 300))
    right, low = corner
    assert near(pixel(made, (0.1 + 0.8 * right, 0.1 + 0.8 * low)), make.RED)
    assert near(pixel(made, (0.9 - 0.8 * right, 0.9 - 0.8 * low)), make.BLUE)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "HEIF"])
def test_nothing_about_place_and_owner_is_left(tmp_path: Path, form: str) -> None:
    path = make.photo(tmp_path / "a", form=form, size=(300, 200))
    assert SECRETS[0] in path.read_bytes()
    for large in (False, True):
        made = small(path, large=large)
        data = made.read_bytes()
        assert not [secret for secret in SECRETS if secret in data]
        with Image.open(made) as image:
            assert dict(image.getexif()) == {}
            assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density",
                                       "progressive", "progression"}  # fmt: skip


def test_the_longest_side_is_bounded_and_small_ones_stay_small(tmp_path: Path) -> None:
    path = make.photo(tmp_path / "a.jpg", size=(2400, 1200))
    for large, wanted in ((False, (640, 320)), (True, (1600, 800))):
        with Image.open(small(path, large=large)) as image:
            assert image.size == wanted
    with Image.open(small(make.photo(tmp_path / "b.png", form="PNG"))) as image:
        assert image.size == (60, 40)


def test_every_kind_of_pixel_becomes_a_jpeg(tmp_path: Path) -> None:
    base = make.picture((80, 80))
    see_through = base.convert("RGBA")
    see_through.putalpha(0)
    grey = Image.fromarray(np.linspace(0, 65535, 6400, dtype=np.uint16).reshape(80, 80))
    for name, image, form in (
        ("alpha.png", see_through, "PNG"),
        ("palette.png", base.convert("P"), "PNG"),
        ("line.tif", base.convert("1"), "TIFF"),
        ("cmyk.jpg", base.convert("CMYK"), "JPEG"),
        ("cmyk.tif", base.convert("CMYK"), "TIFF"),
        ("grey.png", base.convert("L"), "PNG"),
        ("sixteen.tif", grey, "TIFF"),
        ("sixteen.png", grey, "PNG"),
        ("float.tif", base.convert("F"), "TIFF"),
        ("lab.tif", base.convert("RGB").convert("LAB"), "TIFF"),
    ):
        path = tmp_path / name
        image.save(path, form)
        made = small(path)
        with Image.open(made) as opened_again:
            assert (opened_again.format, opened_again.mode) == ("JPEG", "RGB"), name
    assert near(pixel(small(tmp_path / "alpha.png"), (0.5, 0.5)), (255, 255, 255))
    assert near(pixel(small(tmp_path / "sixteen.tif"), (0.5, 0.98)), (250, 250, 250))
    assert near(pixel(small(tmp_path / "sixteen.png"), (0.5, 0.02)), (5, 5, 5))


def test_colours_of_another_space_are_brought_home(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    path = tmp_path / "odd.jpg"
    make.picture().save(path, icc_profile=profile)  # a profile that does not fit is passed over
    assert near(pixel(small(path), (0.9, 0.9)), make.BLUE)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    make.picture().save(path, icc_profile=srgb)
    assert near(pixel(small(path), (0.9, 0.9)), make.BLUE)


def refused(path: Path) -> DerivativeRefused:
    with pytest.raises(DerivativeRefused) as refusal:
        small(path)
    return refusal.value


def test_a_picture_that_claims_too_much_is_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    for side in (17_321, 100_000, 2**31 - 1):
        path.write_bytes(make.png_header(side, side))
        assert refused(path).code == "too_many_pixels"
    assert limits.MOST_PIXELS < 17_321**2


def test_a_picture_that_ends_too_early_is_refused(tmp_path: Path) -> None:
    path = make.photo(tmp_path / "a.jpg", size=(900, 900))
    for size in (300, 900, path.stat().st_size * 2 // 3):
        cut = tmp_path / "cut.jpg"
        cut.write_bytes(path.read_bytes()[:size])
        assert refused(cut).code in ("undecodable", "unreadable")


@pytest.mark.parametrize("form", ["GIF", "BMP", "WEBP", "ICO", "PPM", "EPS", "PDF", "TGA"])
def test_other_formats_are_not_even_tried(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.jpg"
    make.picture().save(path, form)
    assert refused(path).code == "unreadable"


def test_the_limit_of_the_library_is_ours_too(tmp_path: Path) -> None:
    with opened(make.photo(tmp_path / "a.jpg")) as image:
        assert Image.MAX_IMAGE_PIXELS == limits.MOST_PIXELS
        assert image.format == "JPEG"


def test_a_poster_is_not_black(tmp_path: Path) -> None:
    source = make.film(tmp_path / "a.mp4", seconds=6, fps=5, black_s=3.5)
    made = poster.make(source, tmp_path / "out", lambda fraction: None)
    assert made.detail["at_ms"] >= 3500
    assert near(pixel(made.path, (0.5, 0.9)), make.BLUE)


def test_a_film_of_darkness_still_gets_a_poster(tmp_path: Path) -> None:
    source = make.film(tmp_path / "a.mp4", seconds=1, fps=5, black_s=9)
    made = poster.make(source, tmp_path / "out", lambda fraction: None)
    with Image.open(made.path) as image:
        assert image.size == (160, 120)


def test_a_poster_stands_as_the_film_was_held(tmp_path: Path) -> None:
    source = make.turned(make.film(tmp_path / "a.mp4"))
    made = poster.make(source, tmp_path / "out", lambda fraction: None)
    assert (made.detail["width"], made.detail["height"]) == (120, 160)
