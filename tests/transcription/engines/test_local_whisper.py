"""Models by name and by path: located, verified, refused, downloaded on request only."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
import torch
import whisper
from whisper.model import ModelDimensions
from whisper.tokenizer import get_tokenizer

from tests.support.audio_samples import as_float, silence
from transcription.engines import model_files
from transcription.engines.base import ModelAltered, ModelInfo, ModelMissing, ModelUnreadable
from transcription.engines.demo import DEMO
from transcription.engines.known_models import KNOWN, WHISPER_LANGUAGES, KnownModel
from transcription.engines.local_whisper import LONGEST_CHUNK_MS, LocalWhisper
from transcription.engines.whisper_model import WhisperModel, convert_segments, set_threads


@pytest.fixture(scope="module")
def other_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that is not the demo's: four heads in four layers of random weights."""
    path = tmp_path_factory.mktemp("checkpoint") / "tiny.pt"
    dims = ModelDimensions(80, 1500, 16, 4, 1, 51865, 448, 24, 6, 4)
    dims.n_audio_state = dims.n_text_state = 24
    dims.n_audio_head = 6
    torch.manual_seed(0)
    model = whisper.Whisper(dims)
    torch.save({"dims": dims.__dict__, "model_state_dict": model.half().state_dict()}, path)
    return path


@pytest.fixture
def published(other_checkpoint: Path, tmp_path: Path) -> KnownModel:
    """Publish the checkpoint under a file: address."""
    sha256 = hashlib.sha256(other_checkpoint.read_bytes()).hexdigest()
    shop = tmp_path / "published"
    (shop / sha256).mkdir(parents=True)
    shutil.copy(other_checkpoint, shop / sha256 / "tiny.pt")
    return KnownModel("tiny.pt", sha256, shop.as_uri())


def test_known_models_equal_those_of_installed_whisper() -> None:
    assert {name: known.url for name, known in KNOWN.items()} == whisper._MODELS
    assert KNOWN.keys() == whisper._ALIGNMENT_HEADS.keys()
    assert set(whisper.tokenizer.LANGUAGES) == WHISPER_LANGUAGES


def test_missing_published_model_raises_with_file_and_hash(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as missing:
        LocalWhisper().model_info("small", models_dir=tmp_path)
    assert missing.value.file == "small.pt"
    assert missing.value.sha256 == whisper._MODELS["small"].split("/")[-2]
    assert str(tmp_path) in str(missing.value)


def test_altered_model_raises_with_both_hashes(tmp_path: Path) -> None:
    (tmp_path / "small.pt").write_bytes(b"half of a download")
    with pytest.raises(ModelAltered) as altered:
        LocalWhisper().load("small", models_dir=tmp_path)
    assert altered.value.code == "model_altered"
    assert altered.value.found == hashlib.sha256(b"half of a download").hexdigest()
    assert altered.value.sha256 == KNOWN["small"].sha256
    assert altered.value.found in str(altered.value)


def test_load_by_path_works_outside_the_models_folder(
    other_checkpoint: Path, tmp_path: Path
) -> None:
    info = LocalWhisper().model_info(str(other_checkpoint), models_dir=tmp_path)
    assert info == ModelInfo(
        engine="whisper",
        name="tiny.pt",
        sha256=hashlib.sha256(other_checkpoint.read_bytes()).hexdigest(),
        longest_chunk_ms=LONGEST_CHUNK_MS,
    )


def test_model_info_identifies_demo_by_its_hash(tmp_path: Path) -> None:
    shutil.copy(DEMO.path, tmp_path / "clever.pt")
    assert hashlib.sha256(DEMO.path.read_bytes()).hexdigest() == DEMO.info.sha256
    for name in ("clever", "clever.pt", str(tmp_path / "clever.pt")):
        info = LocalWhisper().model_info(name, models_dir=tmp_path)
        assert info.limited_to == "demo_sentences"


def test_models_lists_each_present_file_once(tmp_path: Path) -> None:
    for file in ("large-v3.pt", "small.pt", "phowhisper.pt", "notes.txt"):
        (tmp_path / file).write_bytes(b"")
    names = [info.name for info in LocalWhisper().models(tmp_path)]
    assert names == ["demo", "small", "large-v3", "phowhisper.pt"]


def test_load_of_invalid_file_raises_model_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "junk.pt"
    for junk in (b"", b"PK\x03\x04 torn", DEMO.path.read_bytes()[:100_000]):
        path.write_bytes(junk)
        with pytest.raises(ModelUnreadable) as unreadable:
            LocalWhisper().load("junk", models_dir=tmp_path)
        assert unreadable.value.path == path


def test_load_of_pickle_with_code_is_refused(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    torch.save({"dims": {}, "model_state_dict": Trap()}, tmp_path / "trap.pt")
    with pytest.raises(ModelUnreadable):
        LocalWhisper().load("trap", models_dir=tmp_path)
    assert not (tmp_path / "sprung").exists()


def test_load_without_allow_download_downloads_nothing(
    published: KnownModel, tmp_path: Path
) -> None:
    engine = LocalWhisper({"tiny": published})
    with pytest.raises(ModelMissing):
        engine.load("tiny", models_dir=tmp_path / "models")
    loaded = engine.load("tiny", models_dir=tmp_path / "models", allow_download=True)
    assert loaded.info.sha256 == published.sha256
    assert engine.load("tiny", models_dir=tmp_path / "models").info == loaded.info


def test_download_with_wrong_hash_leaves_no_file(published: KnownModel, tmp_path: Path) -> None:
    models_dir = tmp_path / "models"
    shop = tmp_path / "published" / published.sha256 / "tiny.pt"
    shop.write_bytes(shop.read_bytes()[:-1])
    with pytest.raises(ModelAltered):
        model_files.download("tiny", published, models_dir)
    assert list(models_dir.iterdir()) == []


def test_sha256_of_changed_file_is_recomputed(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    path.write_bytes(b"one")
    first = model_files.sha256_of(path)
    path.write_bytes(b"three")
    assert model_files.sha256_of(path) == hashlib.sha256(b"three").hexdigest() != first


def test_load_sets_alignment_heads_of_published_models(other_checkpoint: Path) -> None:
    def info(sha256: str) -> ModelInfo:
        return ModelInfo(engine="whisper", name="x", sha256=sha256, longest_chunk_ms=28_000)

    plain = WhisperModel.load(other_checkpoint, info=info(""), device="cpu")
    tiny = WhisperModel.load(other_checkpoint, info=info(KNOWN["tiny"].sha256), device="cpu")
    default_heads = plain._model.alignment_heads.to_dense()
    heads = tiny._model.alignment_heads.to_dense()
    assert default_heads.sum() == 12  # the upper half of four layers of six heads
    assert heads.sum() == 6
    assert heads.shape == default_heads.shape


def test_prompt_too_long_keeps_its_end_in_nfc(
    other_checkpoint: Path,
) -> None:
    info = ModelInfo(engine="whisper", name="x", sha256="", longest_chunk_ms=28_000)
    model = WhisperModel.load(other_checkpoint, info=info, device="cpu")
    prompt = " ".join(f"Nguyễn{n}" for n in range(300)) + " Trần Thị Hòa"
    kept = model._prompt(unicodedata.normalize("NFD", prompt), "vi")
    assert kept is not None
    assert kept.endswith("Nguyễn299 Trần Thị Hòa")
    tokens = len(get_tokenizer(True, num_languages=99).encode(" " + kept))
    assert 200 < tokens <= 223
    assert model._prompt("", "vi") is None


def test_demo_never_gets_a_prompt() -> None:
    model = LocalWhisper().load("demo", models_dir=Path("nowhere"))
    assert isinstance(model, WhisperModel)
    assert model._prompt("Trần Thị Hòa", "vi") is None
    assert model.transcribe(as_float(silence(1)), language="vi", prompt="Trần Thị Hòa") == []


def test_convert_segments_joins_punctuation_and_clamps_times() -> None:
    figures = dict.fromkeys(
        ("avg_logprob", "compression_ratio", "no_speech_prob", "temperature"), 0.0
    )
    word = [
        {"word": " Sài", "start": -0.2, "end": 0.5, "probability": 0.9},
        {"word": "-gòn", "start": 0.5, "end": 0.8, "probability": 0.4},
        {"word": " xưa.", "start": 0.7, "end": 9.0, "probability": 0.8},
    ]
    raw = [
        {"start": 0.0, "end": 9.0, "text": " Sài-gòn xưa.", "words": word, **figures},
        {"start": 9.0, "end": 9.0, "text": " ", "words": [], **figures},
    ]
    (segment,) = convert_segments(raw, 2000)
    assert [(w.text, w.start_ms, w.end_ms, w.confidence) for w in segment.words] == [
        ("Sài-gòn", 0, 800, 0.4),
        ("xưa.", 800, 2000, 0.8),
    ]
    assert segment.text == "Sài-gòn xưa."


def test_set_threads_leaves_one_core() -> None:
    before = torch.get_num_threads()
    try:
        assert set_threads(3) == torch.get_num_threads() == 3
        assert 1 <= set_threads() <= max(1, (os.cpu_count() or 1) - 1)
    finally:
        torch.set_num_threads(before)


def test_model_info_imports_no_torch() -> None:
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path;"
            "from transcription.engines.registry import ENGINES;"
            "import transcription.chunks, transcription.guard, transcription.chunk_transcription;"
            "e = ENGINES['whisper']; e.available(); e.models(Path('.'));"
            "e.model_info('demo', models_dir=Path('.')); print('torch' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert result.stdout.strip() == "False"
