"""PyTorch's training loop, in three ways: a DataLoader, eager with everything known to help, and torch.compile."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ..work import BATCH, CLASSES, HIDDEN, INPUTS, LEARNING_RATE, Array, Work


class Peer:
    """The loop of PyTorch's own tutorial.

    Args:
        mode: ``"loader"``, a DataLoader and a plain Adam as the tutorial writes it; ``"fused"``, the rows permuted once
            an epoch and cut into batches, Adam(fused=True), losses and outputs collected and reduced at the end;
            ``"compile"``, the same with forward, loss and backward compiled.
    """

    def __init__(self, mode: str = "loader") -> None:
        self.mode = mode

    def prepare(self, work: Work, seed: int) -> None:
        torch.manual_seed(seed)
        self.x, self.y = _tensors(*work.train)
        self.validation = _tensors(*work.validation)
        self.scale = work.scale
        sizes = (INPUTS, *HIDDEN)
        hidden = [m for a, b in pairwise(sizes) for m in (nn.Linear(a, b), nn.ReLU())]
        self.model = nn.Sequential(*hidden, nn.Linear(HIDDEN[-1], CLASSES))
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(self.model.parameters(), LEARNING_RATE, fused=self.mode != "loader")
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
        for x, y in DataLoader(TensorDataset(self.x, self.y), batch_size=BATCH, shuffle=True):
            self.optimizer.zero_grad()
            loss, logits = self._forward(self._scaled(x), y)
            loss.backward()
            self.optimizer.step()
            loss_sum += loss.item() * len(x)
            correct_sum += _correct(logits, y)
        return {"loss": loss_sum / len(self.x), "accuracy": correct_sum / len(self.x)}

    def _epoch_of_tensor(self) -> dict[str, float]:
        order = torch.randperm(len(self.x))
        images, labels = self.x[order], self.y[order]
        losses, outputs = [], []
        for x, y in zip(images.split(BATCH), labels.split(BATCH), strict=True):
            loss, logits = self.forward(self._scaled(x), y)
            loss.backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            losses.append(loss.detach() * len(x))
            outputs.append(logits.detach())
        accuracy = _correct(torch.cat(outputs), labels) / len(labels)
        return {"loss": torch.stack(losses).sum().item() / len(labels), "accuracy": accuracy}

    def _scaled(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.dtype == torch.float32 else x.float().mul_(self.scale)

    @torch.inference_mode()
    def predict_one(self, image: Array) -> Array:
        return torch.softmax(self.model(self._scaled(torch.from_numpy(image[np.newaxis]))), 1).numpy()

    @torch.inference_mode()
    def accuracy(self, x: Array, y: Array) -> float:
        images, labels = _tensors(x, y)
        return _correct(self._forward(images, labels)[1], labels) / len(x)


def _correct(logits: torch.Tensor, y: torch.Tensor) -> int:
    return int((logits.argmax(1) == y).sum())


def _tensors(x: Array, y: Array) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.from_numpy(x), torch.from_numpy(y.astype(np.int64))
