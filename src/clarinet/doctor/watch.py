"""The doctor at a training: looks at the program before the first step and at the records of every epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import checks
from clarinet.doctor.findings import Finding, based
from clarinet.doctor.graph_reports import numbered
from clarinet.doctor.graphs import has_several, not_examined
from clarinet.doctor.parts import ask as ask_parts
from clarinet.doctor.program import program_of, quietly
from clarinet.doctor.program_facts import SAMPLE, ProgramFacts, function_of
from clarinet.doctor.report import Report, paragraph
from clarinet.doctor.rules import RULES, association, duplicates, non_finite, validation
from clarinet.doctor.watching.baseline import baseline_of
from clarinet.doctor.watching.failure import Failure
from clarinet.doctor.watching.finding_log import FindingLog
from clarinet.doctor.watching.replay import Replay
from clarinet.doctor.watching.training_record import Baseline, TrainingRecord, Watched
from clarinet.doctor.whole import whole_of
from clarinet.engines import Data, ReferenceEngine
from clarinet.engines.base import one_or_all
from clarinet.engines.step import results, through_output
from clarinet.settings import Role, names_of
from clarinet.training.callback import Callback, Logs, weakly
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.doctor.adapters.foreign import Module, TorchOptimizer
    from clarinet.doctor.adapters.torch_hooks import TorchWatch
    from clarinet.problems import Problem
    from clarinet.records import Chunk
    from clarinet.trainable import Trainable

#: Asks these rules about a program.
_Ask = Callable[[Any], Iterator[Finding]]
#: Rules that look through all rows; they are asked where something has to be explained, or data are small.
_EXPENSIVE = (association, duplicates, non_finite, validation)
_SMALL = 100_000  # numbers in x
#: Statistics of layers: this many in the first epoch, and then on every hundredth step.
_SAMPLES, _SELDOM = 10, 100


class Doctor(Callback):
    """Watch a training, and report what is wrong with it, each cause once.

    Before the first step it looks at model and data as :func:`clarinet.doctor.examine` does, without experiments. After
    every epoch it looks at the records (losses, statistics of layers, metrics), and at once when a loss is NaN: it runs
    the step again, from a copy of the weights, to find layer and rows. It prints what it finds and tells the other
    callbacks, so that a run keeps it; on a healthy training it is silent and costs about two hundredths of the time.

    Args:
        stop: end training when something is found that it cannot recover from (a NaN, say); default False.
        quiet: print nothing; the findings are in :attr:`report`, and in the run; default False.

    Attributes:
        report: the findings so far, a :class:`clarinet.doctor.Report`; also ``model.doctor_report``.

    Example:
        >>> import numpy as np, clarinet
        >>> model = clarinet.Sequential([clarinet.Input((3,)), clarinet.layers.Dense(1)])
        >>> model.compile("adam", "binary_crossentropy")
        >>> x = np.random.default_rng(0).normal(size=(640, 3))
        >>> doctor = Doctor(quiet=True)
        >>> history = model.fit(x, (x[:, 0] > 0) * 1.0, epochs=2, verbose=0, callbacks=[doctor])
        >>> doctor.report.findings[0].kind, doctor.report.findings[0].where
        ('missing_output_activation', 'layer:0')
    """

    #: Warning kinds that the doctor reports itself, with more detail; ``fit`` does not repeat them.
    handled_warnings = frozenset(
        {"learning_rate_negative", "softmax_on_single_unit", "double_softmax", "targets_out_of_range"}
    )
    #: Tells the other callbacks of a finding; set by whoever calls them.
    announce: Callable[[Problem, int | None], None] | None = None

    def __init__(self, stop: bool = False, quiet: bool = False) -> None:
        self.stop, self.quiet = stop, quiet
        self._finding_log = FindingLog(weakly(self._found))
        self._record: TrainingRecord | None = None
        self._replay: Replay | None = None
        self._epoch = 0

    def __reduce__(self) -> tuple[type[Doctor], tuple[bool, bool]]:
        """A copy has watched nothing: remedies are functions, which no file can hold."""
        return type(self), (self.stop, self.quiet)

    @property
    def report(self) -> Report:
        """The findings so far."""
        return self._finding_log.report

    @property
    def stats_every(self) -> int:
        """Steps between statistics of the layers: few in the first epoch, for the first verdict."""
        steps = self.params.get("steps") or _SAMPLES
        first = self._record is None or not self._record.logs
        return min(_SELDOM, max(1, steps // _SAMPLES)) if first else _SELDOM

    @staticmethod
    def watch(
        module: Module,
        optimizer: TorchOptimizer,
        *,
        loss: object = None,
        x: object = None,
        y: object = None,
        steps: int = 100,
        quiet: bool = False,
        **fit_arguments: object,
    ) -> TorchWatch:
        """Watch a training loop in PyTorch: a context manager around it.

        Hooks on modules, loss and optimizer make the same records that ``fit`` makes; they are taken off at the end.
        The loss is read after every step, statistics of layers on every tenth. A finding's ``"layer:3"`` is the module
        number 3 among those that have no modules of their own.

        Args:
            module: the module that is trained. optimizer: its optimizer.
            loss: a module such as ``nn.MSELoss()``, watched by a hook; pass that of a function to ``see(loss)``.
            x, y: training rows and labels, to examine the program before training, and to compare the loss with what
                a constant answer gets; default None.
            steps: steps of an epoch, after which it judges; default 100.
            quiet: print nothing; the findings are in ``report``; default False.
            fit_arguments: ``epochs`` and ``batch_size`` that the loop amounts to, for the examination.

        Example:
            >>> import pytest; torch = pytest.importorskip("torch")
            >>> module, loss = torch.nn.Linear(3, 1), torch.nn.MSELoss()
            >>> optimizer = torch.optim.SGD(module.parameters(), 9.0)
            >>> x = torch.linspace(-1, 1, 96).reshape(32, 3)
            >>> with Doctor.watch(module, optimizer, loss=loss, quiet=True) as watch:
            ...     for step in range(60):
            ...         optimizer.zero_grad()
            ...         loss(module(x), x[:, :1]).backward()
            ...         _ = optimizer.step()
            >>> watch.report.findings[0].kind
            'learning_rate_too_high'
        """
        from clarinet.doctor.adapters.torch_hooks import TorchWatch

        return TorchWatch(module, optimizer, loss, x, y, steps, quiet, fit_arguments)

    # Before training.

    def on_train_begin(self, logs: Logs | None = None) -> None:
        checks.raise_first(checks.check_planned(self.model, "Doctor"))
        self._finding_log = FindingLog(weakly(self._found))
        self._record = self._replay = None

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch
        if self._record is None:
            self._begin()
        if self._replay is not None:
            self._replay.begin_epoch()

    def _begin(self) -> None:
        """Examine the program; other callbacks have begun by now and can be informed."""
        raw_data, data = self.params.get("raw_data"), self.params.get("data")
        facts = None
        if raw_data is not None and not not_examined(self.model):
            ask, facts, size = self._rules(*raw_data)
            few = [rule for rule in RULES if rule not in _EXPENSIVE]
            self._finding_log = FindingLog(weakly(self._found), partial(ask, () if size <= _SMALL else _EXPENSIVE))
            self._finding_log.hear(ask(RULES if size <= _SMALL else few))
        self._record = TrainingRecord(
            watched_layers(self.model),
            Baseline() if facts is None or data is None else baseline_of(facts, data.y),
            epochs=self._epochs(),
            rate=weakly(self._rate),
            probe=None if data is None else partial(_outputs, self.model, data),
        )
        arguments = self.params.get("arguments", {})
        if data is not None and arguments.get("batch_size"):
            rows, batch_size = self.params["samples"] or len(data), int(str(arguments["batch_size"]))
            self._replay = Replay(self.model, data, batch_size, bool(arguments["shuffle"]), rows)

    def _epochs(self) -> int | None:
        """The number of epochs of this call of ``fit``."""
        epochs = self.params.get("epochs")
        return None if epochs is None else int(epochs) - self._epoch

    def _rules(self, x: object, y: object, held_out: object) -> tuple[_Ask, ProgramFacts | None, int]:
        """What asks rules about the program; its facts, unless there are several inputs or outputs; numbers in x."""
        arguments, decisive = self.params.get("arguments", {}), names_of(Role.NUMBERS)
        fit = {name: value for name, value in arguments.items() if name in decisive}
        if held_out is not None and not isinstance(held_out, (tuple, list)):
            held_out = None  # a source of batches
        if has_several(self.model):
            whole = whole_of(self.model, x, y, held_out, fit)
            return partial(ask_parts, whole), None, sum(array.size for array in whole.xs)
        facts = ProgramFacts(program_of(self.model, x, y, held_out, fit, prepared=True))
        return partial(_ask, facts), facts, facts.program.x.size

    def _rate(self) -> float:
        optimizer, state = self.model.optimizer, self.model.optimizer_state
        assert optimizer is not None and state is not None
        return optimizer.rate(max(0, state.step - 1))

    # While training.

    def on_chunk(self, chunk: Chunk) -> None:
        record = self._record
        if record is None:  # resumed in the middle of an epoch: it begins with the next one
            return
        record.add(chunk)
        if record.failure is not None:
            return
        bad = np.flatnonzero(~np.isfinite(chunk.losses))
        if len(bad) == 0:
            if self._replay is not None:
                self._replay.add(chunk)
            return
        first = int(bad[0])
        failure = Failure(chunk.first_step + first, float(chunk.losses[first]), self._epoch)
        record.failure = failure if self._replay is None else self._replay.locate(failure, chunk)
        self._finding_log.examine(record)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self._record is not None:
            self._record.end_epoch(logs or {})
            self._finding_log.examine(self._record)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._record is not None:
            self._record.over = True
            self._finding_log.examine(self._record)
        self.model.doctor_report = self.report

    # Speaking.

    def _found(self, finding: Finding, step: int | None) -> None:
        if self.announce is not None:
            self.announce(finding.problem, step)
        if finding.severity == "hint":
            return
        if not self.quiet:
            if step is not None and self.params.get("verbose") == 1:
                print()  # the progress bar's line is not finished
            when = "before training" if step is None else f"epoch {self._epoch + 1}, step {step}"
            print(f"Doctor ({when}): {paragraph(finding)}")
        if self.stop and step is not None and finding.severity == "error":
            self.model.stop_training = True


def _ask(facts: ProgramFacts, rules: Any) -> Iterator[Finding]:
    with quietly():
        for rule in rules:
            yield from numbered([*based(rule, rule.examine(facts))], facts.program)


def watched_layers(model: Trainable) -> list[Watched]:
    """Facts about a model's layers for the rules that watch."""
    learns = [any(s.trainable for s in model.store.layout.of_layer(index)) for index in range(len(model.layers))]
    last = max((index for index, own in enumerate(learns) if own), default=0)
    ends = {id(tensor.node.operator) for tensor in model.network.outputs} if has_several(model) else set()
    return [
        Watched(
            index, f"{type(layer).__name__} (layer {index})", function_of(layer), learns[index],
            id(layer) in ends if ends else index >= last,
        )
        for index, layer in enumerate(model.layers)
    ]  # fmt: skip


@quietly()
def _outputs(model: Trainable, data: Data) -> Mapping[int, Array]:
    """The outputs of every layer on some rows, in inference mode."""
    plan = model.make_plan()
    some = data.rows(slice(None, None, max(1, len(data) // SAMPLE))).rows(slice(SAMPLE))
    _, _, outputs = ReferenceEngine(plan, model.store).run_forward(one_or_all(some.xs))
    found = {op.layer: output for op, output in zip(plan.ops, outputs)}
    for output, last in zip(plan.outputs, results(plan, some.xs, outputs), strict=True):
        if output.activation is not None:
            found[output.activation.layer] = through_output(output, last)
    return found


__all__ = ["Doctor", "watched_layers"]
