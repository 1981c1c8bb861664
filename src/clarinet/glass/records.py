"""The records of a trace: every array of one training step, by layer and by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from clarinet.glass import formulas
from clarinet.glass.table import Row, as_html, as_text
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.layers.base import Layer
    from clarinet.losses import Loss
    from clarinet.optimizers import Optimizer


class Quantity(NamedTuple):
    """One array of a trace: its name, its formula, its numbers."""

    name: str
    formula: str
    value: Array


@dataclass(frozen=True, eq=False, repr=False)
class WeightTrace:
    """One weight of a layer, with its gradient and update in a training step. Arrays have the weight's shape.

    Attributes:
        name: ``"kernel"``, ``"bias"``, …
        value: the weight before the step.
        trainable: False for a frozen weight and for state, such as running statistics.
        gradient: of the batch's loss, penalties included; None without a loss.
        penalty: the regularizer's share of the gradient; None without a regularizer.
        clipped: the gradient after clipping; None where the optimizer does not clip.
        update: the change by the step: ``value + update`` is the weight after it; None without a step.
        uses: how often it is used in a step; its gradient is the sum over all uses.
    """

    name: str
    value: Array
    trainable: bool
    gradient: Array | None = None
    penalty: Array | None = None
    clipped: Array | None = None
    update: Array | None = None
    uses: int = 1


@dataclass(frozen=True, eq=False, repr=False)
class LayerTrace:
    """One layer in one step. ``n`` rows come first in all of its arrays but those of its weights.

    Attributes:
        name: the layer's, or the operation's; within a container after the container's, ``"residual/dense"``; where a
            layer is used again with the number of the use, ``"encoder:2"``.
        layer: the layer itself.
        x: its input, (n, …); a tuple of arrays for one that merges several.
        z: the input of its activation function, the weighted sums of ``Dense``; None for layers without one.
        a: its output.
        dx, dz, da: gradients of the batch's loss at these (the deltas), None where none was taken. What several layers
            take has one gradient, the sum over them. Where the loss takes in the activation, ``da`` is the derivative
            of the loss as it is written.
        weights: trained ones and state, by name.
        layers: those within it, of a container.
        absorbed: whether the loss takes in the activation, so that training forms ``dz`` directly.
        takes, gives: the tensors that it takes and gives, numbered as the plan numbers them.
        output: the number of the model's output that it makes; None where it makes none.
        sources, takers: in a graph the names of what it takes, and of what takes its output.
        shared: whether something else takes its input too.
        makes: the tensors of all that it consists of, as the plan numbers them.
    """

    name: str
    layer: Layer
    x: Array | tuple[Array, ...]
    z: Array | None
    a: Array
    dx: Array | tuple[Array | None, ...] | None = None
    dz: Array | None = None
    da: Array | None = None
    weights: dict[str, WeightTrace] = field(default_factory=dict)
    layers: tuple[LayerTrace, ...] = ()
    absorbed: bool = False
    takes: tuple[int, ...] = ()
    gives: int = -1
    output: int | None = None
    sources: tuple[str, ...] = ()
    takers: tuple[str, ...] = ()
    shared: bool = False
    makes: tuple[int, ...] = ()

    @property
    def kind(self) -> str:
        """The class name of the layer, or of the operation."""
        return self.layer.shown_kind

    @property
    def input(self) -> Array:
        """The input of a layer that does not merge several."""
        assert not isinstance(self.x, tuple)
        return self.x

    def quantities(self) -> Iterator[Quantity]:
        """Every array that there is, in the order in which it is computed, with its formula; containers' layers too."""
        yield from self._forward()
        for inner in self.layers:
            yield from inner.quantities()
        yield from self._backward()

    def _named(self, what: str, value: Array | tuple[Array | None, ...] | None, formula: str) -> Iterator[Quantity]:
        """No quantity for None, one for each array of a tuple."""
        if isinstance(value, tuple):
            for number, array in enumerate(value):
                yield from self._named(f"{what}{number}", array, formula)
        elif value is not None:
            yield Quantity(f"{self.name}/{what}", formula, value)

    def _forward(self) -> Iterator[Quantity]:
        stated = formulas.of_layer(self.layer)
        if isinstance(self.x, tuple) and self.sources:
            for number, (x, source) in enumerate(zip(self.x, self.sources, strict=True)):
                yield from self._named(f"x{number}", x, f"the output of {source}")
        else:
            before = self.sources[0] if self.sources else "the layer before"
            yield from self._named("x", self.x, f"the output of {before}")
        for name, weight in self.weights.items():
            yield from self._named(name, weight.value, "weight" if weight.trainable else "not trained")
        if self.z is not None:
            yield from self._named("z", self.z, formulas.find(stated, "z") or "what the activation takes")
        said = formulas.find(stated, "a") or formulas.find(stated, "y")
        yield from self._named("a", self.a, said or f"{self.kind} of x")

    def _backward(self) -> Iterator[Quantity]:
        stated = formulas.of_layer(self.layer)
        after = " + ".join(self.takers) or ("the loss" if self.sources else "the next layer")
        yield from self._named("da", self.da, "dL/da" if self.absorbed else f"dL/da, passed back by {after}")
        direct = "dL/dz, of loss and activation in one"
        yield from self._named("dz", self.dz, direct if self.absorbed else "dL/dz = dL/da · da/dz")
        for name, weight in self.weights.items():
            left = f"d{formulas.symbol(name)}"
            said = formulas.find(stated, left) or f"dL/d{name}"
            said += f", the sum over its {weight.uses} uses" * (weight.uses > 1)
            with_share = said if weight.penalty is None else f"{said}, plus the penalty's share"
            yield from self._named(f"{name}/gradient", weight.gradient, with_share)
            yield from self._named(f"{name}/penalty", weight.penalty, f"the regularizer's share of d{name}")
            yield from self._named(f"{name}/clipped", weight.clipped, "the gradient after clipping")
            yield from self._named(f"{name}/update", weight.update, "what the optimizer adds")
        shared = self.shared or "/" in self.name  # within a container several may take one tensor
        dx = None if shared else formulas.find(stated, "dx")
        yield from self._named("dx", self.dx, dx or "dL/dx, the sum over all uses of x")


@dataclass(frozen=True, eq=False, repr=False)
class OutputTrace:
    """One output of a model in one step.

    Attributes:
        name: the output's.
        prediction: in original units.
        y: the targets as the loss takes them (after the model's transform of targets, if any); None without labels.
        losses: of every row, before weights; shares: how much each counts, the output's weight included.
        loss_function: as compiled; None where it is not trained on.
    """

    name: str
    prediction: Array
    y: Array | None = None
    losses: Array | None = None
    shares: Array | None = None
    loss_function: Loss | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """Everything that one training step computes; nothing of it was done to the model. ``print`` shows a table.

    Attributes:
        model: the model's name.
        layers: every use of a layer, a model or an operation, in the order in which they are computed; of a chain those
            of ``model.layers``.
        xs: the rows of every input, as given; x: those of the first.
        outputs: every output; ``y``, ``prediction``, ``losses``, ``shares`` and ``loss_function`` are the first one's.
        loss: of the batch, ``sum(shares * losses) + penalty`` over all outputs; None without labels.
        penalty: the regularizers' part of the loss.
        training: whether layers behaved as in training.
        step: number of the step over the model's life, from 1.
        learning_rate: of that step.
        optimizer: as compiled.
        origins: which tensors each tensor is made of, as the plan numbers them.
    """

    model: str
    layers: tuple[LayerTrace, ...]
    xs: tuple[Array, ...]
    outputs: tuple[OutputTrace, ...]
    loss: float | None
    penalty: float
    training: bool
    step: int
    learning_rate: float | None
    optimizer: Optimizer | None
    origins: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.x)

    @property
    def x(self) -> Array:
        """The rows of the first input."""
        return self.xs[0]

    @property
    def prediction(self) -> Array:
        """Of the first output."""
        return self.outputs[0].prediction

    @property
    def y(self) -> Array | None:
        """The labels of the first output."""
        return self.outputs[0].y

    @property
    def losses(self) -> Array | None:
        """Those of the rows, of the first output."""
        return self.outputs[0].losses

    @property
    def shares(self) -> Array | None:
        """How much each row's loss counts, of the first output."""
        return self.outputs[0].shares

    @property
    def loss_function(self) -> Loss | None:
        """The first output's."""
        return self.outputs[0].loss_function

    def quantities(self) -> Iterator[Quantity]:
        """Every array with its name and formula: layer by layer, then the losses of the rows."""
        for layer in self.layers:
            yield from layer.quantities()
        for output in self.outputs:
            if output.losses is not None and output.loss_function is not None:
                name = "loss" if len(self.outputs) == 1 else f"loss/{output.name}"
                yield Quantity(name, formulas.of_loss(output.loss_function), output.losses)

    def arrays(self) -> dict[str, Array]:
        """All arrays by name, ``{"dense/x": …, "dense/kernel/gradient": …}``, e.g. for ``numpy.savez``."""
        return {q.name: q.value for q in self.quantities()}

    def _heading(self) -> list[str]:
        """A summary of the trace in two lines."""
        rows = f"{len(self)} row{'s' * (len(self) != 1)}"
        how = f"step {self.step}, training" if self.training else "inference"
        lines = [f"Trace of {self.model!r}: {rows}, {how}"]
        if self.loss is not None:
            names = " + ".join(o.loss_function.name for o in self.outputs if o.loss_function is not None)
            parts = f" ({self.loss - self.penalty:.6g} + penalties {self.penalty:.6g})" if self.penalty else ""
            lines.append(f"loss {self.loss:.6g}{parts}: {names}")
        if self.training and self.optimizer is not None and self.learning_rate is not None:
            lines[-1] += f"; {type(self.optimizer).__name__}, learning rate {self.learning_rate:g}"
        return lines

    def _rows(self) -> list[Row]:
        return [(q.name, q.value, q.formula) for q in self.quantities()]

    def __str__(self) -> str:
        return as_text(self._heading(), self._rows())

    def __repr__(self) -> str:
        return f"<Trace of {self.model!r}: {len(self)} rows, {len(self.layers)} layers, step {self.step}>"

    def _repr_html_(self) -> str:
        return as_html(self._heading(), self._rows())
