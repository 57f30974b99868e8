"""Open media files safely: local files only, accepted containers only.

Measured with PyAV 18.1: a Python file object whose name ends in .m3u8 makes the library
fetch what the playlist names, and an SDP body is taken for a stream to listen to. So a
file is opened only by its absolute path, with the protocol `file` alone, and only as one
of the accepted containers.
"""

from __future__ import annotations

import re
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from media import limits
from media.errors import MediaRefused

CONTAINER_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,wav,w64,mp3,aac,amr,amrnb,amrwb,ogg,flac,asf,avi,mpegts,mpeg,"
    "matroska,webm,matroska,webm,aiff,caf"
)
_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": CONTAINER_FORMATS,
    "max_streams": str(limits.MOST_STREAMS),
    # A QuickTime file may reference another file for its sound: not followed.
    "enable_drefs": "0",
    "use_absolute_path": "0",
}

# FFmpeg's description of a channel layout without a name.
_CUSTOM_LAYOUT = re.compile(r"\d+ channels \(")


def open_media(path: Path) -> InputContainer:
    """Open for reading; the caller closes. Raises MediaRefused("unreadable").

    `path` must be a path of the archive, not a name from a user. It is made absolute, so
    FFmpeg cannot take it for a protocol or a pattern.
    """
    plain = path.resolve()
    if not plain.is_file():
        raise MediaRefused("unreadable", "not a plain file")
    try:
        container = av.open(
            "file:" + str(plain), "r", options=dict(_OPTIONS), metadata_errors="replace"
        )
    except MemoryError:
        raise
    except (av.error.FFmpegError, OSError, ValueError) as error:
        # Not str(error): it contains the path, and `detail` may be shown.
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise MediaRefused("unreadable", str(reason)) from error
    for stream in container.streams.audio:
        if stream.codec_context is not None:
            _drop_custom_layout(stream)
    return container


def _drop_custom_layout(stream: AudioStream) -> None:
    """Replace a layout without a name by plain channels, before it is read elsewhere.

    QuickTime and CAF label every channel on its own, so a recorder may write left, right,
    mono, mono. PyAV 18.1 copies the pointer to such a channel map and frees it twice, which
    ends the process. Here it is freed once: with `layout`, after the context has let go.
    """
    layout = stream.layout
    if _CUSTOM_LAYOUT.match(layout.name):
        stream.codec_context.layout = f"{layout.nb_channels} channels"


def sound_stream(container: InputContainer) -> AudioStream | None:
    """Return the sound stream a player would choose, among those with a known codec."""
    known = [stream for stream in container.streams.audio if stream.codec_context is not None]
    best = container.streams.best("audio")
    return best if isinstance(best, AudioStream) and best in known else next(iter(known), None)


def film_stream(container: InputContainer) -> VideoStream | None:
    """Return the video stream, or None; the cover picture of a sound file is not one."""
    still = Disposition.attached_pic | Disposition.timed_thumbnails
    films = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & still
    ]
    best = container.streams.best("video")
    return best if isinstance(best, VideoStream) and best in films else next(iter(films), None)


def check_dimensions(width: int, height: int) -> None:
    """Refuse a picture that would not fit into memory. Raises MediaRefused."""
    if width * height > limits.MOST_VIDEO_PIXELS or max(width, height) > 16_384:
        raise MediaRefused("too_many_pixels", f"{width} × {height}")
