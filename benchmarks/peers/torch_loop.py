"""PyTorch's training loop, in three ways: a DataLoader, eager with everything known to help, and torch.compile."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ..networks import Conv, Dense, Flatten, Network, Pool
from ..work import Array, Work
from . import base
from .torch_programs import MODULES

LOSSES = {
    "sparse_categorical_crossentropy": nn.CrossEntropyLoss,
    "binary_crossentropy": nn.BCEWithLogitsLoss,
    "mean_squared_error": nn.MSELoss,
}


class Peer(base.Peer):
    """The loop of PyTorch's own tutorial.

    Args:
        mode: ``"loader"``, a DataLoader and a plain Adam as the tutorial writes it; ``"fused"``, the rows permuted once
            an epoch and cut into batches, Adam(fused=True), losses and outputs collected and reduced at the end;
            ``"compile"``, the same with forward, loss and backward compiled.
        device: where data and model are, for all of an epoch.
    """

    def __init__(self, mode: str = "loader", device: str = "cpu") -> None:
        self.mode, self.device = mode, device

    def prepare(self, work: Work, seed: int) -> None:
        torch.manual_seed(seed)
        self.batch = work.network.batch
        program = work.network.program
        first = program.channels if program is not None else len(work.network.inputs) == 3
        self.counts = work.network.counts
        self.x, self.y = (each.to(self.device) for each in _tensors(*work.train, first))
        self.validation = tuple(each.to(self.device) for each in _tensors(*work.validation, first))
        self.scale = work.scale
        self.model = nn.Sequential(*_modules(work.network)) if program is None else MODULES[work.network.name]()
        self.model.to(self.device)
        self.loss = LOSSES[work.network.loss]()
        optimizer = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[work.network.optimizer]
        self.optimizer = optimizer(
            self.model.parameters(), lr=work.network.learning_rate, fused=self.mode != "loader"
        )  # fmt: skip
        self.forward = torch.compile(self._forward) if self.mode == "compile" else self._forward

    def _forward(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        logits = self.model(x)
        return self.loss(logits, y), logits

    def epoch(self) -> dict[str, float]:
        logs = self._epoch_of_loader() if self.mode == "loader" else self._epoch_of_tensor()
        x, y = self.validation
        if len(x):
            with torch.inference_mode():
                loss, logits = self._forward(self._scaled(x), y)
            logs |= {"val_loss": loss.item(), "val_accuracy": _correct(logits, y) / len(x)}
        return logs

    def _epoch_of_loader(self) -> dict[str, float]:
        loss_sum, correct_sum = 0.0, 0
        for x, y in DataLoader(TensorDataset(self.x, self.y), batch_size=self.batch, shuffle=True):
            self.optimizer.zero_grad()
            loss, logits = self._forward(self._scaled(x), y)
            loss.backward()
            self.optimizer.step()
            loss_sum += loss.item() * len(x)
            correct_sum += _correct(logits, y)
        return {"loss": loss_sum / len(self.x), "accuracy": correct_sum / len(self.x)}

    def _epoch_of_tensor(self) -> dict[str, float]:
        order = torch.randperm(len(self.x), device=self.device)
        images, labels = self.x[order], self.y[order]
        losses, outputs = [], []
        for x, y in zip(images.split(self.batch), labels.split(self.batch), strict=True):
            loss, logits = self.forward(self._scaled(x), y)
            loss.backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            losses.append(loss.detach() * len(x))
            if self.counts:
                outputs.append(logits.detach())
        logs = {"loss": torch.stack(losses).sum().item() / len(labels)}
        return logs | ({"accuracy": _correct(torch.cat(outputs), labels) / len(labels)} if self.counts else {})

    def _scaled(self, x: torch.Tensor) -> torch.Tensor:
        return x.float().mul_(self.scale) if x.dtype == torch.uint8 else x

    @torch.inference_mode()
    def predict_one(self, image: Array) -> Array:
        logits = self.model(self._scaled(_tensor(image[np.newaxis], image.ndim == 3).to(self.device)))
        return (torch.softmax(logits, 1) if logits.shape[1] > 1 else torch.sigmoid(logits)).cpu().numpy()

    @torch.inference_mode()
    def accuracy(self, x: Array, y: Array) -> float:
        images, labels = (each.to(self.device) for each in _tensors(x, y, x.ndim == 4))
        return _correct(self._forward(images, labels)[1], labels) / len(x)


def _modules(network: Network) -> Iterator[nn.Module]:
    """The layers; the loss takes logits where there is one that does."""
    for layer, (before, after) in zip(network.layers, pairwise(network.shapes), strict=True):
        match layer:
            case Dense():
                yield nn.Linear(before[-1], after[-1])
                if layer is not network.layers[-1] or network.loss == "mean_squared_error":
                    yield nn.Sigmoid() if layer.activation == "sigmoid" else nn.ReLU()
            case Conv():
                yield nn.Conv2d(before[-1], layer.filters, layer.size)
                yield nn.ReLU()
            case Pool():
                yield nn.MaxPool2d(layer.size)
            case Flatten():
                yield nn.Flatten()


def _correct(outputs: torch.Tensor, y: torch.Tensor) -> int:
    if outputs.shape[1] == 1:
        return int(((outputs > 0) == (y > 0.5)).sum())
    return int((outputs.argmax(1) == (y if y.ndim == 1 else y.argmax(1))).sum())


def _tensors(x: Array, y: Array, first: bool) -> tuple[torch.Tensor, torch.Tensor]:
    return _tensor(x, first), _tensor(y.astype(np.int64) if y.ndim == 1 else y, y.ndim > 2)


def _tensor(x: Array, first: bool) -> torch.Tensor:
    """The samples; channels, if it has them, come first as PyTorch has them."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 1)) if first else x)
