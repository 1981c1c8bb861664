"""The networks of ``programs.py`` as users of PyTorch write them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..programs import CLASSES, STEPS, WORDS


class Last(nn.Module):
    """What a recurrent layer gives at the last step, and a dense layer behind it."""

    def __init__(self, recurrent: nn.Module, units: int, outputs: int) -> None:
        super().__init__()
        self.recurrent, self.dense = recurrent, nn.Linear(units, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.dense(self.recurrent(x)[0][:, -1])


class BothEnds(nn.Module):
    """Two layers in both directions, and a dense layer behind their last states."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(16, 64, num_layers=2, bidirectional=True, batch_first=True)
        self.dense = nn.Linear(128, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        _, (h, _) = self.lstm(x)
        return self.dense(torch.cat([h[-2], h[-1]], dim=1))


class Transformer(nn.Module):
    """Words and their places, a block of attention, the mean over the steps."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, 128), nn.Embedding(STEPS, 128)
        self.block = nn.TransformerEncoderLayer(128, 4, 128, dropout=0.0, layer_norm_eps=1e-6, batch_first=True)
        self.end = nn.Sequential(nn.Linear(128, 20), nn.ReLU(), nn.Linear(20, 1))

    def forward(self, x: Tensor) -> Tensor:
        h = self.words(x) + self.places(torch.arange(x.shape[1]))
        return self.end(self.block(h).mean(1))


class Mean(nn.Module):
    """The mean over the steps."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(1)


def _conv1d() -> nn.Module:
    return nn.Sequential(
        nn.Conv1d(9, 64, 3), nn.ReLU(), nn.Conv1d(64, 64, 3), nn.ReLU(), nn.MaxPool1d(2), nn.Flatten(),
        nn.Linear(62 * 64, 100), nn.ReLU(), nn.Linear(100, CLASSES),
    )  # fmt: skip


def _autoencoder() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.ConvTranspose2d(32, 32, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
        nn.ConvTranspose2d(32, 32, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
        nn.Conv2d(32, 1, 3, padding=1),
    )  # fmt: skip


#: By the names of ``programs.PROGRAMS``; what they give are logits.
MODULES: dict[str, Callable[[], nn.Module]] = {
    "lstm": lambda: Last(nn.LSTM(16, 64, batch_first=True), 64, CLASSES),
    "gru": lambda: Last(nn.GRU(16, 64, batch_first=True), 64, CLASSES),
    "words-lstm": lambda: nn.Sequential(nn.Embedding(WORDS, 32), Last(nn.LSTM(32, 100, batch_first=True), 100, 1)),
    "bidirectional": BothEnds,
    "transformer": Transformer,
    "conv1d": _conv1d,
    "autoencoder": _autoencoder,
    "text": lambda: nn.Sequential(nn.Embedding(WORDS, 16), Mean(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1)),
}
