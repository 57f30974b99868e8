"""A large file over loopback into the vault, against `cp` and `sha256sum` of the same file.

The whole way of a browser: tus in pieces through the real `flask serve`, hashed on the
way, read again, put away, looked into. Both ways find the file in the page cache and
neither is timed with the other's disk writes. Run: ``python -m bench.ingest [--mib 2048]``.
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

from bench.figures import Figure, peak_mib, tell
from bench.house import ACCESSION, House, served

MIB = 1024 * 1024
PIECE_BYTES = 16 * MIB  # what the upload page sends on a fast line
MOST_RATIO, MOST_RSS_MIB = 2.5, 150.0


def recording(path: Path, mib: int) -> Path:
    """A WAV of noise whose header is true."""
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


def bare_seconds(path: Path) -> float:
    """`cp`, then `sha256sum`, as a person at a shell would."""
    copy = path.with_suffix(".copy")
    start = time.perf_counter()
    subprocess.run(["cp", str(path), str(copy)], check=True)
    subprocess.run(["sha256sum", str(path)], check=True, stdout=subprocess.DEVNULL)
    took = time.perf_counter() - start
    copy.unlink()
    os.sync()
    return took


def sent_seconds(house: House, path: Path) -> float:
    """From the first question of the browser to the answer that the file is kept."""
    line = house.line()
    house.sign_in(line)
    length = path.stat().st_size
    facts = {"filename": path.name, "accession": ACCESSION}
    told = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in facts.items())
    headers = {**house.headers, "Tus-Resumable": "1.0.0"}
    start = time.perf_counter()
    created = ask(line, "POST", "/api/v1/uploads",
                  {**headers, "Upload-Length": str(length), "Upload-Metadata": told})  # fmt: skip
    address, offset = created["Location"], 0
    headers["Content-Type"] = "application/offset+octet-stream"
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            answer = ask(line, "PATCH", address, {**headers, "Upload-Offset": str(offset)}, piece)
            offset = int(answer["Upload-Offset"])
    took = time.perf_counter() - start
    line.request("GET", f"{address}/state", headers=headers)
    state = json.loads(line.getresponse().read())["state"]
    if state != "kept" or offset != length:
        raise RuntimeError(f"the upload ended as {state} at {offset} of {length}")
    return took


def ask(
    line: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str],
    body: bytes = b"",
) -> http.client.HTTPMessage:  # fmt: skip
    """One request of the protocol that must succeed."""
    line.request(method, path, body=body, headers=headers)
    answer = line.getresponse()
    said = answer.read()
    if answer.status not in (201, 204):
        raise RuntimeError(f"{method} answered {answer.status}: {said[:300]!r}")
    return answer.headers


def main() -> None:
    """One run, both ways, twice the bare way: before and after, so that drift is seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=2048)
    parser.add_argument("--folder", type=Path, help="where the files lie; needs 4 × the size")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="loike-bench-", dir=chosen.folder) as name:
        path = recording(Path(name) / "noise.wav", chosen.mib)
        before = bare_seconds(path)
        with served(chosen.folder) as house:
            idle = peak_mib(house.process.pid)
            ours = sent_seconds(house, path)
            peak = peak_mib(house.process.pid)
        after = bare_seconds(path)
    bare = (before + after) / 2
    print(
        f"cp + sha256sum {before:.1f} s and {after:.1f} s, ours {ours:.1f} s "
        f"({chosen.mib / ours:.0f} MiB/s); web process {idle:.0f} MiB idle, {peak:.0f} MiB peak"
    )
    note = f"{chosen.mib} MiB"
    tell(
        Figure(name="ingest against cp + sha256sum", measured=ours / bare, target=MOST_RATIO,
               unit="×", note=note),
        Figure(name="web process while ingesting", measured=peak, target=MOST_RSS_MIB,
               unit="MiB", note=note),
    )  # fmt: skip


if __name__ == "__main__":
    main()
