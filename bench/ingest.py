"""Upload a large file over loopback into the vault, against `cp` and `sha256sum` of it.

The upload is that of a browser: tus chunks through the real `flask serve`, hashed on arrival,
read again, stored in the vault, probed. Both measurements find the file in the page cache and
neither includes disk writes of the other. Run: ``python -m bench.ingest [--mib 2048]``.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from bench.figures import Figure, peak_mib, print_figures
from bench.served_archive import ACCESSION, ServedArchive, serve_archive

MIB = 1024 * 1024
CHUNK_BYTES = 16 * MIB  # as the upload page sends on a fast connection
MAX_RATIO, MAX_RSS_MIB = 2.5, 150.0


def write_recording(path: Path, mib: int) -> Path:
    """Write a WAV file of noise with a valid header."""
    length = mib * MIB
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2, 48_000, 192_000, 4, 16)
    head += b"data" + struct.pack("<I", length - 44)
    noise = os.urandom(MIB)
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", length - 8) + head)
        for number in range(mib):
            block = number.to_bytes(8, "big") + noise[8:]
            file.write(block[44:] if number == 0 else block)
        file.flush()
        os.fsync(file.fileno())
    return path


def baseline_seconds(path: Path) -> float:
    """Return the seconds of `cp` and `sha256sum` of a file."""
    copy = path.with_suffix(".copy")
    start = time.perf_counter()
    subprocess.run(["cp", str(path), str(copy)], check=True)
    subprocess.run(["sha256sum", str(path)], check=True, stdout=subprocess.DEVNULL)
    took = time.perf_counter() - start
    copy.unlink()
    os.sync()
    return took


def upload_seconds(archive: ServedArchive, path: Path) -> float:
    """Return the seconds from the first request to the response that the file is stored."""
    connection = archive.connect()
    archive.sign_in(connection)
    length = path.stat().st_size
    facts = {"filename": path.name, "accession": ACCESSION}
    metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in facts.items())
    headers = {**archive.headers, "Tus-Resumable": "1.0.0"}
    start = time.perf_counter()
    created = request(
        connection,
        "POST",
        "/api/v1/uploads",
        {**headers, "Upload-Length": str(length), "Upload-Metadata": metadata},
    )
    address, offset = created["Location"], 0
    headers["Content-Type"] = "application/offset+octet-stream"
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            response = request(
                connection, "PATCH", address, {**headers, "Upload-Offset": str(offset)}, chunk
            )
            offset = int(response["Upload-Offset"])
    took = time.perf_counter() - start
    connection.request("GET", f"{address}/state", headers=headers)
    state = json.loads(connection.getresponse().read())["state"]
    if state != "kept" or offset != length:
        raise RuntimeError(f"the upload ended as {state} at {offset} of {length}")
    return took


def request(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes = b"",
) -> http.client.HTTPMessage:
    """Send one request of the protocol; raise unless it succeeds."""
    connection.request(method, path, body=body, headers=headers)
    response = connection.getresponse()
    content = response.read()
    if response.status not in (201, 204):
        raise RuntimeError(f"{method} answered {response.status}: {content[:300]!r}")
    return response.headers


def main() -> None:
    """Measure the baseline, the upload and the baseline again, to show drift."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=2048)
    parser.add_argument("--folder", type=Path, help="where the files lie; needs 4 × the size")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="loike-bench-", dir=options.folder) as name:
        path = write_recording(Path(name) / "noise.wav", options.mib)
        before = baseline_seconds(path)
        with serve_archive(options.folder) as archive:
            idle = peak_mib(archive.process.pid)
            upload = upload_seconds(archive, path)
            peak = peak_mib(archive.process.pid)
        after = baseline_seconds(path)
    baseline = (before + after) / 2
    print(
        f"cp + sha256sum {before:.1f} s and {after:.1f} s, ours {upload:.1f} s "
        f"({options.mib / upload:.0f} MiB/s); web process {idle:.0f} MiB idle, {peak:.0f} MiB peak"
    )
    note = f"{options.mib} MiB"
    print_figures(
        Figure(
            name="ingest against cp + sha256sum",
            measured=upload / baseline,
            target=MAX_RATIO,
            unit="×",
            note=note,
        ),
        Figure(
            name="web process while ingesting",
            measured=peak,
            target=MAX_RSS_MIB,
            unit="MiB",
            note=note,
        ),
    )


if __name__ == "__main__":
    main()
