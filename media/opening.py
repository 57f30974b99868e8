"""The one way in which a media file is opened.

Measured with PyAV 18.1: a Python file object whose name ends in .m3u8 makes the library
fetch what the playlist names, and an SDP body is taken for a stream to listen to. So a
file is opened by an absolute path and nothing else, with the protocol `file` alone, and
only as one of the containers that we take in.
"""

from __future__ import annotations

from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from media import limits
from media.refusals import MediaRefused

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,wav,w64,mp3,aac,amr,amrnb,amrwb,ogg,flac,asf,avi,mpegts,mpeg,"
    "matroska,webm,matroska,webm,aiff,caf"
)
_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": FORMATS,
    "max_streams": str(limits.MOST_STREAMS),
    # A QuickTime file may say that its sound lies in another file. It does not, here.
    "enable_drefs": "0",
    "use_absolute_path": "0",
}


def open_media(path: Path) -> InputContainer:
    """Open for reading; the caller closes. Raises MediaRefused("unreadable").

    `path` must be a name of ours, such as one in the vault: it is made absolute, so it
    can never be taken for a protocol or a pattern.
    """
    plain = path.resolve()
    if not plain.is_file():
        raise MediaRefused("unreadable", "not a plain file")
    try:
        return av.open("file:" + str(plain), "r", options=dict(_OPTIONS), metadata_errors="replace")
    except MemoryError:
        raise
    except (av.error.FFmpegError, OSError, ValueError) as error:
        # Not str(error): it carries our path, and a detail may be shown.
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise MediaRefused("unreadable", str(reason)) from error


def sound_stream(container: InputContainer) -> AudioStream | None:
    """The stream that a player would choose among those with a known codec, or None."""
    known = [stream for stream in container.streams.audio if stream.codec_context is not None]
    best = container.streams.best("audio")
    return best if isinstance(best, AudioStream) and best in known else next(iter(known), None)


def film_stream(container: InputContainer) -> VideoStream | None:
    """The moving picture, or None; a cover picture inside a sound file is not one."""
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
