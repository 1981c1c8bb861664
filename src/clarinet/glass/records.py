"""The records of a trace: every array of one training step, by layer and by name."""

from __future__ import annotations

from collections.abc import Iterator
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
    """

    name: str
    value: Array
    trainable: bool
    gradient: Array | None = None
    penalty: Array | None = None
    clipped: Array | None = None
    update: Array | None = None


@dataclass(frozen=True, eq=False, repr=False)
class LayerTrace:
    """One layer in one step. ``n`` rows come first in all of its arrays but those of its weights.

    Attributes:
        name: the layer's; within a container after the container's, ``"residual/dense"``.
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

    @property
    def kind(self) -> str:
        """The layer's class name."""
        return type(self.layer).__name__

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
        yield from self._named("x", self.x, "the output of the layer before")
        for name, weight in self.weights.items():
            yield from self._named(name, weight.value, "weight" if weight.trainable else "not trained")
        if self.z is not None:
            yield from self._named("z", self.z, formulas.find(stated, "z") or "what the activation takes")
        said = formulas.find(stated, "a") or formulas.find(stated, "y")
        yield from self._named("a", self.a, said or f"{self.kind} of x")

    def _backward(self) -> Iterator[Quantity]:
        stated = formulas.of_layer(self.layer)
        yield from self._named("da", self.da, "dL/da" if self.absorbed else "dL/da, passed back by the next layer")
        direct = "dL/dz, of loss and activation in one"
        yield from self._named("dz", self.dz, direct if self.absorbed else "dL/dz = dL/da · da/dz")
        for name, weight in self.weights.items():
            left = f"d{formulas.symbol(name)}"
            said = formulas.find(stated, left) or f"dL/d{name}"
            with_share = said if weight.penalty is None else f"{said}, plus the penalty's share"
            yield from self._named(f"{name}/gradient", weight.gradient, with_share)
            yield from self._named(f"{name}/penalty", weight.penalty, f"the regularizer's share of d{name}")
            yield from self._named(f"{name}/clipped", weight.clipped, "the gradient after clipping")
            yield from self._named(f"{name}/update", weight.update, "what the optimizer adds")
        shared = "/" in self.name  # within a container several may take one tensor
        dx = None if shared else formulas.find(stated, "dx")
        yield from self._named("dx", self.dx, dx or "dL/dx, the sum over all uses of x")


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """Everything that one training step computes; nothing of it was done to the model. ``print`` shows a table.

    Attributes:
        model: the model's name.
        layers: as in ``model.layers``.
        x: the rows, as given.
        y: their targets as the loss takes them (after the model's transform of targets, if any); None without labels.
        prediction: the model's, in original units.
        loss: of the batch, ``sum(shares * losses) + penalty``; None without labels.
        losses: of every row, before weights; shares: how much each counts.
        penalty: the regularizers' part of the loss.
        training: whether layers behaved as in training.
        step: number of the step over the model's life, from 1.
        learning_rate: of that step.
        loss_function, optimizer: as compiled.
    """

    model: str
    layers: tuple[LayerTrace, ...]
    x: Array
    y: Array | None
    prediction: Array
    loss: float | None
    losses: Array | None
    shares: Array | None
    penalty: float
    training: bool
    step: int
    learning_rate: float | None
    loss_function: Loss | None
    optimizer: Optimizer | None

    def __len__(self) -> int:
        return len(self.x)

    @property
    def input(self) -> Array:
        """The input of a layer that does not merge several."""
        assert not isinstance(self.x, tuple)
        return self.x

    def quantities(self) -> Iterator[Quantity]:
        """Every array with its name and formula: layer by layer, then the loss of the rows."""
        for layer in self.layers:
            yield from layer.quantities()
        if self.losses is not None and self.loss_function is not None:
            yield Quantity("loss", formulas.of_loss(self.loss_function), self.losses)

    def arrays(self) -> dict[str, Array]:
        """All arrays by name, ``{"dense/x": …, "dense/kernel/gradient": …}``, e.g. for ``numpy.savez``."""
        return {q.name: q.value for q in self.quantities()}

    def _heading(self) -> list[str]:
        """A summary of the trace in two lines."""
        rows = f"{len(self)} row{'s' * (len(self) != 1)}"
        how = f"step {self.step}, training" if self.training else "inference"
        lines = [f"Trace of {self.model!r}: {rows}, {how}"]
        if self.loss is not None and self.loss_function is not None:
            parts = f" ({self.loss - self.penalty:.6g} + penalties {self.penalty:.6g})" if self.penalty else ""
            lines.append(f"loss {self.loss:.6g}{parts}: {self.loss_function.name}")
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
