"""Watching a training loop in PyTorch: hooks on modules, loss and optimizer make the records that the rules look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, SupportsFloat

import numpy as np

from clarinet.doctor.adapters import adapt
from clarinet.doctor.adapters.foreign import Hook, Module, Tensor, TorchOptimizer, array
from clarinet.doctor.adapters.torch_layers import activation_of
from clarinet.doctor.adapters.torch_recording import leaves
from clarinet.doctor.examination import examine
from clarinet.doctor.findings import Finding
from clarinet.doctor.program_facts import SAMPLE, ProgramFacts
from clarinet.doctor.report import Report, paragraph
from clarinet.doctor.watching.baseline import baseline_of
from clarinet.doctor.watching.failure import NAMED, Failure
from clarinet.doctor.watching.finding_log import FindingLog
from clarinet.doctor.watching.training_record import Baseline, TrainingRecord, Watched
from clarinet.records import Chunk, LayerStats
from clarinet.types import Array

#: Statistics are taken on each of the first steps, then now and then.
_FIRST, _SELDOM = 10, 10
_NEAR = 0.01


class TorchWatch:
    """The doctor at a PyTorch loop; made by :meth:`clarinet.doctor.Doctor.watch`, which documents the arguments.

    Attributes:
        report: the findings so far.
    """

    def __init__(
        self,
        module: Module,
        optimizer: TorchOptimizer,
        loss: object,
        x: object,
        y: object,
        steps: int,
        quiet: bool,
        fit: dict[str, object],
    ) -> None:
        self.module, self.optimizer, self.loss, self.steps, self.quiet = module, optimizer, loss, steps, quiet
        self._data, self._fit = (x, y), fit
        self._leaves = leaves(module)
        self._outputs: dict[int, Tensor] = {}
        self._before: dict[int, list[Tensor]] | None = None
        self._hooks: list[Hook] = []
        self._value: float | None = None
        self._step, self._since, self._probing = 0, 0, False
        self._finding_log = FindingLog(self._found)
        self._record = TrainingRecord(
            self._watched(), Baseline(), rate=self._rate, probe=None if x is None else self._probe, epochs=None
        )

    @property
    def report(self) -> Report:
        """The findings so far."""
        return self._finding_log.report

    # Beginning and end.

    def __enter__(self) -> Self:
        x, y = self._data
        if x is not None:
            given: dict[str, object] = {"loss": self.loss, "optimizer": self.optimizer}
            static = examine(self.module, x, y, budget="quick", **given, **self._fit)
            self._finding_log.hear(static.findings)
            adapted = adapt(self.module, x, y, None, given | self._fit)
            if adapted.program is not None:
                self._record.baseline = baseline_of(ProgramFacts(adapted.program))
        for index, (_, leaf) in enumerate(self._leaves):
            self._hooks.append(leaf.register_forward_hook(self._keeping(index)))
        if hasattr(self.loss, "register_forward_hook"):
            self._hooks.append(self.loss.register_forward_hook(lambda module, given, value: self.see(value)))
        self._hooks.append(self.optimizer.register_step_pre_hook(lambda *_: self._before_step()))
        self._hooks.append(self.optimizer.register_step_post_hook(lambda *_: self._after_step()))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks = []
        if self._since:
            self._end_epoch()
        self._record.over = True
        self._finding_log.examine(self._record)

    def see(self, loss: object) -> None:
        """Take the loss of a batch, if a function computes it and not the loss module."""
        if self.module.training and getattr(loss, "requires_grad", True):
            self._value = float(array(loss))

    def _watched(self) -> list[Watched]:
        learns = [any(p.requires_grad for p in leaf.parameters(recurse=False)) for _, leaf in self._leaves]
        last = max((index for index, own in enumerate(learns) if own), default=0)
        return [
            Watched(index, f"{type(leaf).__name__} ({name})", activation_of(leaf), learns[index], index >= last)
            for index, (name, leaf) in enumerate(self._leaves)
        ]

    def _rate(self) -> float:
        rate = self.optimizer.param_groups[0]["lr"]
        assert isinstance(rate, SupportsFloat)
        return float(rate)

    # The hooks.

    def _keeping(self, index: int) -> Callable[[Module, object, object], None]:
        def keep(module: Module, given: object, output: object) -> None:
            if (module.training or self._probing) and hasattr(output, "detach"):
                self._outputs[index] = output.detach()

        return keep

    def _before_step(self) -> None:
        self._step += 1
        value = self._value
        if value is not None and not np.isfinite(value) and self._record.failure is None:
            self._record.failure = self._locate(value)
        sampled = self._step <= _FIRST or self._step % _SELDOM == 0
        self._before = (
            {i: [p.detach().clone() for p in self._weights(i)] for i in self._learning()} if sampled else None
        )
        self._norms = {i: _norm([p.grad for p in self._weights(i) if p.grad is not None]) for i in self._before or ()}

    def _after_step(self) -> None:
        if self._value is None:
            return  # the loss is unknown
        stats = [] if self._before is None else [self._stats(index) for index in self._outputs]
        rows = len(next(iter(self._outputs.values()), ()))
        losses, samples = np.array([self._value], np.float32), np.array([rows], np.int64)
        self._record.add(Chunk(self._step, losses, samples, np.array([self._rate()]), 0.0, {}, stats))
        self._value, self._since = None, self._since + 1
        failed = self._record.failure is not None and self._record.failure.step == self._step
        if self._since == self.steps:
            self._end_epoch()
        if failed:
            self._finding_log.examine(self._record)

    def _end_epoch(self) -> None:
        self._since = 0
        self._record.end_epoch({})
        self._finding_log.examine(self._record)

    # What the rules want to know.

    def _learning(self) -> list[int]:
        return [layer.index for layer in self._record.weighted]

    def _weights(self, index: int) -> list[Tensor]:
        return [p for p in self._leaves[index][1].parameters(recurse=False) if p.requires_grad]

    def _stats(self, index: int) -> LayerStats:
        output, nan = self._outputs[index].float(), float("nan")
        before = (self._before or {}).get(index)
        weight = nan if before is None else _norm(before)
        moved = nan if before is None else _norm([p.detach() - w for p, w in zip(self._weights(index), before)])
        ends = getattr(self._record.layers[index].activation, "saturates_at", None)
        near = nan if ends is None else float(((output < ends[0] + _NEAR) | (output > ends[1] - _NEAR)).float().mean())
        mean, std = float(output.mean()), float(output.std(correction=0))
        gradient = self._norms.get(index, nan)
        finite = bool(np.isfinite([mean, std] + ([] if before is None else [gradient, moved])).all())
        zeros = float(output.eq(0).float().mean())
        ratio = moved / weight if weight else nan
        return LayerStats(self._step, index, mean, std, zeros, near, gradient, weight, ratio, finite)

    def _locate(self, value: float) -> Failure:
        """Where the first number that is not finite is, in the results of this step."""
        failure = {"step": self._step, "value": value, "epoch": len(self._record.logs), "exact": True, "of_batch": True}
        for index in self._learning():
            if not all(bool(p.isfinite().all()) for p in self._weights(index)):
                return Failure(layer=index, what="weights", origin=self._step - 1, **failure)  # type: ignore[arg-type]
        for index, output in sorted(self._outputs.items()):
            bad = (~output.isfinite()).reshape(len(output), -1).any(dim=1)
            if bool(bad.any()):
                rows = tuple(int(row) for row in array(bad.nonzero())[:NAMED, 0])
                return Failure(layer=index, what="outputs", rows=rows, origin=self._step, **failure)  # type: ignore[arg-type]
        return Failure(origin=self._step, **failure)  # type: ignore[arg-type]

    def _probe(self) -> Mapping[int, Array]:
        """The outputs of every module on some rows, in inference mode."""
        import torch

        x = array(self._data[0])
        rows = torch.as_tensor(x[:: max(1, len(x) // SAMPLE)][:SAMPLE])
        weight: Any = next(self.module.parameters())
        kept, self._outputs, self._probing = self._outputs, {}, True
        was_training = self.module.training
        self.module.eval()
        try:
            with torch.no_grad():
                self.module(
                    rows.to(weight.device, weight.dtype) if rows.is_floating_point() else rows.to(weight.device)
                )
            return {index: array(output) for index, output in self._outputs.items()}
        finally:
            self.module.train(was_training)
            self._outputs, self._probing = kept, False

    def _found(self, finding: Finding, step: int | None) -> None:
        if finding.severity != "hint" and not self.quiet:
            print(f"Doctor ({'before training' if step is None else f'step {step}'}): {paragraph(finding)}")


def _norm(arrays: list[Tensor]) -> float:
    return float(np.sqrt(sum(float(a.double().square().sum()) for a in arrays)))
