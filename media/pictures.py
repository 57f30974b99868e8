"""Open still pictures of four accepted formats and render small copies.

Metadata about place and owner stays in the original: no copy contains it.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path

import pillow_heif
from PIL import (
    Image,
    ImageCms,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
)

from media import limits
from media.errors import MediaRefused

# Pillow finds a format only when its plugin was imported.
PICTURE_FORMATS = tuple(
    plugin.format
    for plugin in (
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        TiffImagePlugin.TiffImageFile,
        pillow_heif.HeifImageFile,
    )
)
_MODES_WITH_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")


@contextlib.contextmanager
def open_picture(path: Path) -> Iterator[ImageFile.ImageFile]:
    """Open a picture and read its header. Raises MediaRefused: unreadable, too_many_pixels.

    Errors in the with-block over damaged data become MediaRefused("undecodable").
    """
    pillow_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = limits.MOST_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", module="PIL")
            try:
                image = Image.open(path.resolve(), formats=PICTURE_FORMATS)
            except UnidentifiedImageError as error:
                raise MediaRefused("unreadable", "not a picture of a known format") from error
            with image:
                if image.width * image.height > limits.MOST_PIXELS:
                    raise MediaRefused("too_many_pixels", f"{image.width} × {image.height}")
                yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MediaRefused("too_many_pixels", str(error)) from error
    except MemoryError:
        raise
    except (OSError, ValueError, SyntaxError, TypeError, IndexError, KeyError) as error:
        if isinstance(error, OSError) and error.errno:  # the disk, not the picture
            raise
        raise MediaRefused("undecodable", f"{type(error).__name__}: {error}") from error


def render_small(image: Image.Image, longest: int) -> Image.Image:
    """Return a small upright sRGB copy on white, without metadata.

    `longest` is the length of its longer side in pixels at most.
    """
    # For JPEG this lets the decoder itself shrink, before the pixels are in memory.
    image.draft("RGB", (longest * 2, longest * 2))
    turned = ImageOps.exif_transpose(_shrink(image, longest))
    plain = _to_srgb(_flatten_alpha(turned))
    bare = Image.new("RGB", plain.size)
    bare.paste(plain)
    return bare


def _shrink(image: Image.Image, longest: int) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits of grey: keep the upper eight
        _, high = image.getextrema()
        top = 65535.0 if isinstance(high, int | float) and high > 255 else 255.0
        exif = image.getexif()
        image = image.point(lambda value: value * (255.0 / top)).convert("L")
        image.getexif().update(exif)
    elif image.mode in ("P", "1"):
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return image


def _flatten_alpha(image: Image.Image) -> Image.Image:
    if image.mode not in _MODES_WITH_ALPHA:
        return image
    coloured = image.convert("RGBA")
    paper = Image.new("RGBA", coloured.size, "white")
    paper.alpha_composite(coloured)
    flat = paper.convert("RGB")
    flat.info["icc_profile"] = image.info.get("icc_profile")
    return flat


def _to_srgb(image: Image.Image) -> Image.Image:
    """Convert from the embedded colour profile to sRGB."""
    profile = image.info.get("icc_profile")
    if profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
            if converted is not None:
                return converted
    return image.convert("RGB")
