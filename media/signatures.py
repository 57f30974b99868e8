"""Table of file signatures: accepted kinds, and known types that are refused.

This module reads the first bytes only; `kinds.py` reads further.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Group = Literal["sound", "video", "picture", "document"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """An accepted type of file.

    `suffixes` are its usual suffixes, the preferred one first; `pronom` is its PRONOM
    identifier where one fits every variant.
    """

    name: str
    media_type: str
    group: Group
    suffixes: tuple[str, ...]
    pronom: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def suffix(self) -> str:
        """Return the preferred suffix with its dot."""
        return self.suffixes[0]


def _kind(name: str, media_type: str, suffixes: str, pronom: str = "") -> Kind:
    first = media_type.partition("/")[0]
    groups: dict[str, Group] = {"audio": "sound", "video": "video", "image": "picture"}
    return Kind(
        name=name,
        media_type=media_type,
        group=groups.get(first, "document"),
        suffixes=tuple(suffixes.split()),
        pronom=pronom,
    )


FILE_KINDS = {
    kind.name: kind
    for kind in (
        _kind("WAV", "audio/wav", ".wav .wave .bwf", "fmt/6"),
        _kind("Broadcast WAV", "audio/wav", ".wav .bwf .wave", "fmt/703"),
        _kind("RF64", "audio/wav", ".wav .rf64 .bwf", "fmt/712"),
        _kind("Wave64", "audio/x-w64", ".w64"),
        _kind("AIFF", "audio/aiff", ".aiff .aif .aifc", "fmt/414"),
        _kind("CAF", "audio/x-caf", ".caf"),
        _kind("MP3", "audio/mpeg", ".mp3 .mpga", "fmt/134"),
        _kind("AAC", "audio/aac", ".aac"),
        _kind("FLAC", "audio/flac", ".flac", "fmt/279"),
        _kind("AMR", "audio/amr", ".amr .3ga", "fmt/356"),
        _kind("AMR-WB", "audio/amr-wb", ".awb .amr", "fmt/954"),
        _kind("Ogg", "audio/ogg", ".ogg .oga .opus .spx", "fmt/944"),
        _kind("Ogg video", "video/ogg", ".ogv .ogg", "fmt/945"),
        _kind("WMA", "audio/x-ms-wma", ".wma .asf", "fmt/132"),
        _kind("WMV", "video/x-ms-wmv", ".wmv .asf", "fmt/133"),
        _kind("M4A", "audio/mp4", ".m4a .mp4 .m4b .aac", "fmt/199"),
        _kind("MP4", "video/mp4", ".mp4 .m4v .mov", "fmt/199"),
        _kind("MOV", "video/quicktime", ".mov .qt .mp4", "x-fmt/384"),
        _kind("QuickTime sound", "audio/quicktime", ".mov .qt .m4a", "x-fmt/384"),
        _kind("3GP", "video/3gpp", ".3gp .3gpp .3g2 .mp4", "fmt/357"),
        _kind("3GP sound", "audio/3gpp", ".3gp .3gpp .3ga .3g2 .m4a .amr", "fmt/357"),
        _kind("AVI", "video/x-msvideo", ".avi", "fmt/5"),
        _kind("MPEG-TS", "video/mp2t", ".mts .m2ts .ts .m2t .tod"),
        _kind("MPEG-PS", "video/mpeg", ".mpg .mpeg .vob .mod .dat"),
        _kind("Matroska", "video/x-matroska", ".mkv .webm", "fmt/569"),
        _kind("Matroska sound", "audio/x-matroska", ".mka .mkv .webm .weba", "fmt/569"),
        _kind("WebM", "video/webm", ".webm .mkv", "fmt/573"),
        _kind("WebM sound", "audio/webm", ".weba .webm .mka", "fmt/573"),
        _kind("JPEG", "image/jpeg", ".jpg .jpeg .jpe .jfif"),
        _kind("PNG", "image/png", ".png"),
        _kind("TIFF", "image/tiff", ".tif .tiff", "fmt/353"),
        _kind("HEIC", "image/heic", ".heic .heif .hif", "fmt/1101"),
        _kind("PDF", "application/pdf", ".pdf"),
        _kind(
            "DOCX",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ".docx",
            "fmt/412",
        ),
    )
}

_W64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_MP3_KBPS = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_MP3_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _riff(head: bytes) -> str:
    form = head[8:12]
    if form == b"WAVE":
        if head[:4] in (b"RF64", b"BW64"):
            return "RF64"
        return "Broadcast WAV" if b"bext" in head[12:4096] else "WAV"
    return "AVI" if form == b"AVI " and head[:4] == b"RIFF" else ""


def mp3_frame_bytes(header: bytes) -> int:
    """Return the length of the MPEG layer III frame that starts here; 0 without one."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version, bitrate, rate = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or bitrate in (0, 15) or rate == 3:
        return 0
    kbps = _MP3_KBPS[0 if version == 3 else 1][bitrate]
    samples = 144 if version == 3 else 72
    return samples * kbps * 1000 // _MP3_HZ[version][rate] + (header[2] >> 1 & 1)


def _mpeg_audio(head: bytes) -> str:
    if head[:3] == b"ID3":
        return "MP3"
    if head[0] == 0xFF and head[1] & 0xF6 == 0xF0 and len(head) > 7:
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        follows = head[length : length + 2]
        return "AAC" if length > 7 and (len(follows) < 2 or follows == head[:2]) else ""
    # A sync word of two bytes occurs by chance: another frame must follow the first.
    length = mp3_frame_bytes(head)
    if length and (len(head) < length + 4 or mp3_frame_bytes(head[length : length + 4])):
        return "MP3"
    return ""


def _transport_stream(head: bytes) -> str:
    for packet, first in ((188, 0), (192, 4), (204, 0)):
        sync = head[first : first + packet * 5 : packet]
        if len(sync) >= 4 and set(sync) == {0x47}:
            return "MPEG-TS"
    return ""


def _ogg(head: bytes) -> str:
    return "Ogg video" if b"\x80theora" in head[:4096] else "Ogg"


def _matroska(head: bytes) -> str:
    # CodecID (0x86), its length, then A_… or V_…
    film = re.search(rb"\x86[\x81-\x9f]V_", head) is not None
    web = b"webm" in head[:256]
    return ("WebM" if web else "Matroska") + ("" if film else " sound")


def _always(name: str) -> Callable[[bytes], str]:
    return lambda head: name


ACCEPTED: tuple[tuple[int, tuple[bytes, ...], Callable[[bytes], str]], ...] = (
    (0, (b"RIFF", b"RF64", b"BW64"), _riff),
    (0, (_W64,), _always("Wave64")),
    (0, (b"fLaC",), _always("FLAC")),
    (0, (b"OggS",), _ogg),
    (0, (b"#!AMR\n",), _always("AMR")),
    (0, (b"#!AMR-WB\n",), _always("AMR-WB")),
    (0, (b"caff\x00\x01",), _always("CAF")),
    (0, (b"\x1aE\xdf\xa3",), _matroska),
    (0, (b"\x00\x00\x01\xba",), _always("MPEG-PS")),
    (0, (b"\xff\xd8\xff",), _always("JPEG")),
    (0, (b"\x89PNG\r\n\x1a\n",), _always("PNG")),
    (0, (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"), _always("TIFF")),
    (0, (b"%PDF-", b"\xef\xbb\xbf%PDF-"), _always("PDF")),
    (8, (b"AIFF", b"AIFC"), lambda head: "AIFF" if head[:4] == b"FORM" else ""),
    (0, (b"ID3", b"\xff"), _mpeg_audio),
    (0, (b"\x00",), lambda head: _mpeg_audio(head.lstrip(b"\x00") or b"\x00")),
    (0, (b"",), _transport_stream),
)

# Known types get a name of their own, so that the message can state the reason.
REFUSED_SIGNATURES: tuple[tuple[str, str, re.Pattern[bytes]], ...] = tuple(
    (code, name, re.compile(pattern, re.I | re.S))
    for code, name, pattern in (
        ("playlist", "M3U playlist", rb"#EXTM3U|#EXT-X-"),
        ("playlist", "list of addresses", rb"[a-z]{3,6}://"),
        ("playlist", "PLS playlist", rb"\[playlist\]"),
        ("playlist", "ASX playlist", rb"<asx\b"),
        ("playlist", "ffmpeg concat script", rb"ffconcat version|file '"),
        ("playlist", "SDP description", rb"v=\d+\s*[\r\n]+[a-z]="),
        ("playlist", "lyrics file", rb"\[(ar|ti|al|by|offset|\d\d:\d\d\.\d\d):?[^\]]*\]"),
        ("playlist", "DASH or SMIL manifest", rb"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<(mpd|smil)\b"),
        ("markup", "SVG drawing", rb"(<\?xml[^>]*>\s*|<!--.*?-->\s*|<!doctype[^>]*>\s*)*<svg\b"),
        (
            "markup",
            "web page",
            rb"(<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(!doctype\s+html|html|head|body"
            rb"|script|iframe|title|meta|h1|p|div|a|img)\b",
        ),
        ("markup", "XML document", rb"<\?xml|<!doctype"),
        ("executable", "Windows program", rb"MZ"),
        ("executable", "Linux program", rb"\x7fELF"),
        (
            "executable",
            "macOS program",
            rb"\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe"
            rb"|\xca\xfe\xba\xbe",
        ),
        ("executable", "script", rb"#!\s*/|@echo\b|<\?php"),
        ("executable", "Windows shortcut", rb"L\x00\x00\x00\x01\x14\x02\x00"),
        ("old_office", "Office document from before 2007", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("archive", "RAR archive", rb"Rar!\x1a\x07"),
        ("archive", "7-Zip archive", rb"7z\xbc\xaf\x27\x1c"),
        ("archive", "gzip archive", rb"\x1f\x8b"),
        ("archive", "bzip2 archive", rb"BZh\d1AY"),
        ("archive", "xz archive", rb"\xfd7zXZ\x00"),
        ("unknown_type", "GIF picture", rb"GIF8[79]a"),
        ("unknown_type", "WebP picture", rb"RIFF....WEBP"),
        ("unknown_type", "RealMedia", rb"\.RMF|\.ra\xfd"),
        ("unknown_type", "Flash video", rb"FLV\x01"),
        ("unknown_type", "rich text", rb"\{\\rtf"),
        ("unknown_type", "WebVTT subtitles", rb"WEBVTT"),
    )
)


def identify(head: bytes) -> str:
    """Return the name of the accepted kind with these first bytes, or "" (not ZIP, ISO media)."""
    for at, prefixes, identify_in in ACCEPTED:
        if len(head) > at + 1 and head.startswith(prefixes, at) and (name := identify_in(head)):
            return name
    return ""


def explain_refusal(head: bytes) -> tuple[str, str]:
    """Return (refusal code, English name) for first bytes that are not accepted."""
    text = _plain(head)
    for code, name, pattern in REFUSED_SIGNATURES:
        if pattern.match(head) or pattern.match(text):
            return code, name
    if text and not re.search(rb"[\x00-\x08\x0e-\x1f]", text):
        return "unknown_type", "plain text"
    return "unknown_type", "unknown"


def _plain(head: bytes) -> bytes:
    """Decode UTF-16 and strip byte order mark and white space, which may precede markup."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            head = head[2:].decode(encoding, "replace").encode()
    return head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\f\v\x00")
