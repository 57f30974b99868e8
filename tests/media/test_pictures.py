from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from media import limits
from media.derivatives import poster
from media.derivatives.registry import RECIPES
from media.errors import DerivativeRefused
from media.pictures import open_picture
from tests.support import media_files

SECRETS = (b"NGUOI-CHUP-ANH", b"Exif", b"GPS", b"2019:04:30", b"http://ns.adobe", b"ICC_PROFILE")


def thumbnail_of(source: Path, *, large: bool = False) -> Path:
    recipe = RECIPES["thumbnail_large" if large else "thumbnail"]
    return recipe.make(source, source.parent / "out", lambda fraction: None).path


def pixel(path: Path, at: tuple[float, float]) -> tuple[int, ...]:
    with Image.open(path) as image:
        found = image.getpixel((int(at[0] * image.width), int(at[1] * image.height)))
    assert isinstance(found, tuple)
    return tuple(int(value) for value in found)


def is_near_colour(found: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(found, expected, strict=True)) < 40


@pytest.mark.parametrize("orientation", range(1, 9))
def test_thumbnail_applies_exif_orientation(tmp_path: Path, orientation: int) -> None:
    path = media_files.photo(tmp_path / "a.jpg", size=(300, 200), orientation=orientation)
    corner = {
        1: (0, 0),
        2: (1, 0),
        3: (1, 1),
        4: (0, 1),
        5: (0, 0),
        6: (1, 0),
        7: (1, 1),
        8: (0, 1),
    }[orientation]
    made = thumbnail_of(path)
    with Image.open(made) as image:
        assert image.size == ((300, 200) if orientation <= 4 else (200, 300))
    right, low = corner
    assert is_near_colour(pixel(made, (0.1 + 0.8 * right, 0.1 + 0.8 * low)), media_files.RED)
    assert is_near_colour(pixel(made, (0.9 - 0.8 * right, 0.9 - 0.8 * low)), media_files.BLUE)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "HEIF"])
def test_thumbnail_contains_no_metadata(tmp_path: Path, form: str) -> None:
    path = media_files.photo(tmp_path / "a", form=form, size=(300, 200))
    assert SECRETS[0] in path.read_bytes()
    for large in (False, True):
        made = thumbnail_of(path, large=large)
        data = made.read_bytes()
        assert not [secret for secret in SECRETS if secret in data]
        with Image.open(made) as image:
            assert dict(image.getexif()) == {}
            assert set(image.info) <= {
                "jfif",
                "jfif_version",
                "jfif_unit",
                "jfif_density",
                "progressive",
                "progression",
            }


def test_thumbnail_is_bounded_and_never_enlarged(tmp_path: Path) -> None:
    path = media_files.photo(tmp_path / "a.jpg", size=(2400, 1200))
    for large, expected in ((False, (640, 320)), (True, (1600, 800))):
        with Image.open(thumbnail_of(path, large=large)) as image:
            assert image.size == expected
    with Image.open(thumbnail_of(media_files.photo(tmp_path / "b.png", form="PNG"))) as image:
        assert image.size == (60, 40)


def test_thumbnail_of_every_pixel_format_is_jpeg(tmp_path: Path) -> None:
    base = media_files.picture((80, 80))
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
        made = thumbnail_of(path)
        with Image.open(made) as opened_again:
            assert (opened_again.format, opened_again.mode) == ("JPEG", "RGB"), name
    assert is_near_colour(pixel(thumbnail_of(tmp_path / "alpha.png"), (0.5, 0.5)), (255, 255, 255))
    assert is_near_colour(
        pixel(thumbnail_of(tmp_path / "sixteen.tif"), (0.5, 0.98)), (250, 250, 250)
    )
    assert is_near_colour(pixel(thumbnail_of(tmp_path / "sixteen.png"), (0.5, 0.02)), (5, 5, 5))


def test_thumbnail_is_converted_to_srgb(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    path = tmp_path / "odd.jpg"
    # A profile that does not fit is passed over.
    media_files.picture().save(path, icc_profile=profile)
    assert is_near_colour(pixel(thumbnail_of(path), (0.9, 0.9)), media_files.BLUE)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    media_files.picture().save(path, icc_profile=srgb)
    assert is_near_colour(pixel(thumbnail_of(path), (0.9, 0.9)), media_files.BLUE)


def refused(path: Path) -> DerivativeRefused:
    with pytest.raises(DerivativeRefused) as refusal:
        thumbnail_of(path)
    return refusal.value


def test_thumbnail_of_too_many_pixels_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    for side in (17_321, 100_000, 2**31 - 1):
        path.write_bytes(media_files.png_header(side, side))
        assert refused(path).code == "too_many_pixels"
    assert limits.MOST_PIXELS < 17_321**2


def test_thumbnail_of_truncated_picture_is_refused(tmp_path: Path) -> None:
    path = media_files.photo(tmp_path / "a.jpg", size=(900, 900))
    for size in (300, 900, path.stat().st_size * 2 // 3):
        cut = tmp_path / "cut.jpg"
        cut.write_bytes(path.read_bytes()[:size])
        assert refused(cut).code in ("undecodable", "unreadable")


@pytest.mark.parametrize("form", ["GIF", "BMP", "WEBP", "ICO", "PPM", "EPS", "PDF", "TGA"])
def test_open_picture_of_other_formats_is_refused(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.jpg"
    media_files.picture().save(path, form)
    assert refused(path).code == "unreadable"


def test_open_picture_sets_the_pixel_limit_of_pillow(tmp_path: Path) -> None:
    with open_picture(media_files.photo(tmp_path / "a.jpg")) as image:
        assert Image.MAX_IMAGE_PIXELS == limits.MOST_PIXELS
        assert image.format == "JPEG"


def test_poster_of_film_with_black_start_is_not_black(tmp_path: Path) -> None:
    source = media_files.film(tmp_path / "a.mp4", seconds=6, fps=5, black_s=3.5)
    made = poster.make(source, tmp_path / "out", lambda fraction: None)
    assert made.detail["at_ms"] >= 3500
    assert is_near_colour(pixel(made.path, (0.5, 0.9)), media_files.BLUE)


def test_poster_of_black_film_is_made(tmp_path: Path) -> None:
    source = media_files.film(tmp_path / "a.mp4", seconds=1, fps=5, black_s=9)
    made = poster.make(source, tmp_path / "out", lambda fraction: None)
    with Image.open(made.path) as image:
        assert image.size == (160, 120)


def test_poster_of_rotated_film_is_upright(tmp_path: Path) -> None:
    source = media_files.turned(media_files.film(tmp_path / "a.mp4"))
    made = poster.make(source, tmp_path / "out", lambda fraction: None)
    assert (made.detail["width"], made.detail["height"]) == (120, 160)
