"""The model in training: Whisper's layers, a small embedding table, two auxiliary heads.

One row represents all unused vocabulary, and time tokens are a linear map of sinusoids, which
keeps the file small. Two linear heads on the encoder predict the syllable of each frame; they
are not saved.
"""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from whisper.model import ModelDimensions, ResidualAttentionBlock, Whisper, sinusoids

from tools.demo_model.examples import STAMPS

WIDTH, HEADS, ENCODER_LAYERS, DECODER_LAYERS = 96, 4, 2, 2
VOCABULARY = 51865
# A time token is blurred over two steps (40 ms) each way.
BLUR = ((0.06, 0.22, 0.44, 0.22, 0.06), (0.0, 0.0, 1.0, 0.0, 0.0))


class TrainingModel(nn.Module):
    """`used` are the tokens that occur, the time tokens last."""

    waves: Tensor

    def __init__(self, used: list[int], syllables: int) -> None:
        super().__init__()
        self.dims = ModelDimensions(
            80, 1500, WIDTH, HEADS, ENCODER_LAYERS, VOCABULARY, 448, WIDTH, HEADS, DECODER_LAYERS
        )
        self.whisper, self.used = Whisper(self.dims), used
        del self.whisper.decoder.token_embedding
        self.words = nn.Parameter(torch.randn(len(used) - STAMPS + 1, WIDTH) * 0.05)
        self.stamps = nn.Parameter(torch.eye(WIDTH) * 0.08)
        self.register_buffer("waves", sinusoids(STAMPS, WIDTH))
        positions = self.whisper.decoder.positional_embedding
        positions.data.copy_(sinusoids(448, WIDTH) * 0.05)
        self.classify = nn.Linear(WIDTH, 2 * syllables)

    def table(self) -> Tensor:
        """Return the embeddings of the used tokens in order, then the row of all others."""
        return torch.cat([self.words[:-1], self.waves @ self.stamps, self.words[-1:]])

    def forward(self, mel: Tensor, inputs: Tensor) -> tuple[Tensor, tuple[Tensor, ...], Tensor]:
        """Return token logits, frame logits (now, before), mean attention of the last layer."""
        audio, table = self._encoded(mel), self.table()
        decoder = self.whisper.decoder
        x = table[inputs] + decoder.positional_embedding[: inputs.shape[1]]
        weights = x
        for number, block in enumerate(decoder.blocks):
            x = x + block.attn(block.attn_ln(x), mask=decoder.mask)[0]
            if number + 1 < len(decoder.blocks):
                x = x + block.cross_attn(block.cross_attn_ln(x), audio)[0]
            else:
                added, weights = _attended(block, x, audio)
                x = x + added
            x = x + block.mlp(block.mlp_ln(x))
        logits = decoder.ln(x) @ table.T
        others = logits[..., -1:] + math.log(VOCABULARY - len(self.used))
        logits = torch.cat([logits[..., :-1], others], -1)
        return logits, self.classify(audio).chunk(2, -1), weights.mean(1)

    def losses(
        self, mel: Tensor, inputs: Tensor, targets: Tensor, attention_target: Tensor, labels: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return the losses of tokens, frames (now, before), attention; and the text accuracy."""
        logits, frames, attention = self(mel, inputs)
        logp, expected = logits[targets >= 0].log_softmax(-1), targets[targets >= 0]
        first = len(self.used) - STAMPS
        soft, hard = torch.tensor(BLUR)
        blur = torch.where((expected > first + 1)[:, None], soft, hard)
        near = (expected[:, None] + torch.arange(-2, 3)).clamp(0, first + STAMPS - 1)
        weight = torch.ones(frames[0].shape[-1]).index_fill(0, torch.tensor(0), 0.2)
        now, before = (
            functional.cross_entropy(f.flatten(0, 1), label.flatten(), weight=weight)
            for f, label in zip(frames, labels, strict=True)
        )
        align = (
            -(attention_target * (attention + 1e-6).log())
            .sum(-1)[attention_target.sum(-1) > 0]
            .mean()
        )
        accuracy = (logp.argmax(1) == expected).float()[expected < first].mean()
        return -(logp.gather(1, near) * blur).sum(1).mean(), now, before, align, accuracy

    def save(self, path: Path) -> None:
        """Write Whisper's format in half precision, deflated; torch.load reads it directly."""
        state = {k: v.detach().half() for k, v in self.whisper.state_dict().items()}
        table = self.table().detach()
        full = table[-1:].repeat(VOCABULARY, 1)
        full[torch.tensor(self.used)] = table[:-1]
        state["decoder.token_embedding.weight"] = full.half()
        raw = path.with_name(path.name + ".raw")
        torch.save({"dims": self.dims.__dict__, "model_state_dict": state}, raw)
        with zipfile.ZipFile(raw) as source, zipfile.ZipFile(path, "w") as target:
            for name in source.namelist():  # ZipInfo has a fixed date: same weights, same file
                target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED, 9)
        raw.unlink()

    def _encoded(self, mel: Tensor) -> Tensor:
        encoder = self.whisper.encoder
        audio = functional.gelu(encoder.conv1(mel))
        audio = functional.gelu(encoder.conv2(audio)).permute(0, 2, 1)
        audio = audio + encoder.positional_embedding[: audio.shape[1]]  # may be under 30 s
        for block in encoder.blocks:
            audio = block(audio)
        encoded: Tensor = encoder.ln_post(audio)
        return encoded


def _attended(block: ResidualAttentionBlock, x: Tensor, audio: Tensor) -> tuple[Tensor, Tensor]:
    """Return the cross-attention of a block and its weights, which `word_timestamps` uses."""
    cross = block.cross_attn

    def split(y: Tensor) -> Tensor:
        return y.view(*y.shape[:2], HEADS, -1).transpose(1, 2)

    q = split(cross.query(block.cross_attn_ln(x)))
    k, v = split(cross.key(audio)), split(cross.value(audio))
    weights = (q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5).softmax(-1)
    return cross.out((weights @ v).transpose(1, 2).flatten(2)), weights
