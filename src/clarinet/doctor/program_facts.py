"""The rules' input: a program, and facts about its network and data, each computed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from clarinet import activations, data_adapters, layers
from clarinet.activations import Activation
from clarinet.doctor import probing
from clarinet.doctor.labels import Labels, describe_labels
from clarinet.doctor.program import Program, copied
from clarinet.doctor.yardstick import Yardstick, yardstick
from clarinet.engines.reference import ReferenceEngine
from clarinet.layers.context import Context
from clarinet.params import Weight
from clarinet.types import Array, Shape

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

T = TypeVar("T")

#: Rows that facts about a network's activations are measured on.
SAMPLE = 256
#: Rows that gradients are measured on: two passes of convolutions take their time.
FEWER = 64

#: Likelihoods of labels that are classes: their losses are the cross-entropies.
OF_CLASSES = ("bernoulli", "categorical")
#: Likelihoods of labels that are amounts: the mean squared and the mean absolute error.
OF_AMOUNTS = ("normal", "laplace")


@dataclass(frozen=True)
class WeightedLayer:
    """A layer with a kernel, and the layers up to the next one.

    Attributes:
        index: of the layer in ``model.layers``.
        units: outputs (filters of a convolution).
        fan_in: inputs that each of them sees.
        activations: (index of the layer that holds it, function), linear ones left out.
        dropouts: indices of the dropout layers after it.
        bends: whether anything after its kernel is no linear map: an activation, or another layer such as max pooling.
        kind: ``"dense"`` or ``"convolution"``.
        output: whether it is the last.
    """

    index: int
    units: int
    fan_in: int
    activations: tuple[tuple[int, Activation], ...]
    dropouts: tuple[int, ...]
    bends: bool
    kind: str
    output: bool

    @property
    def activation(self) -> Activation | None:
        """The last non-linear function, or None."""
        return self.activations[-1][1] if self.activations else None

    @property
    def outputs(self) -> str:
        """The kind of outputs of the last non-linear function."""
        return outputs_of(self.activation)

    @property
    def spans_signs(self) -> bool:
        """Whether the last non-linear function goes from -1 to 1, as tanh does."""
        return getattr(self.activation, "saturates_at", None) == (-1.0, 1.0)

    @property
    def rectifies(self) -> bool:
        """Whether the last non-linear function is ReLU or its like."""
        return getattr(self.activation, "rectifies", False)

    @property
    def activation_index(self) -> int:
        """The layer that holds it; its own index if there is none."""
        return self.activations[-1][0] if self.activations else self.index


class ProgramFacts:
    """Facts about a program, each computed when a rule first asks."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._remembered: dict[str, Any] = {}

    def remember(self, name: str, measure: Callable[[ProgramFacts], T]) -> T:
        """Measure something once for a rule: thresholds may change, the program does not."""
        if name not in self._remembered:
            self._remembered[name] = measure(self)
        return self._remembered[name]  # type: ignore[no-any-return]

    # The network.

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """Input shape of every layer, then the output shape."""
        shapes = [self.program.input_shape]
        for layer in self.program.layers:
            shapes.append(layer.output_shape(shapes[-1]))
        return tuple(shapes)

    @cached_property
    def weighted_layers(self) -> tuple[WeightedLayer, ...]:
        """Layers with a kernel, in order."""
        own = self.program.layers
        engine = ReferenceEngine(self._fresh.make_plan(), self._fresh.store)
        starts = [i for i, layer in enumerate(own) if hasattr(layer, "kernel_initializer")]
        weighted_layers = []
        for number, start in enumerate(starts):
            last = number == len(starts) - 1
            stop = len(own) if last else starts[number + 1]
            held = [(i, function_of(own[i])) for i in range(start, stop)]
            found = tuple((i, f) for i, f in held if f is not None and f != activations.linear)
            dropouts = tuple(i for i in range(start, stop) if own[i].disturbs_by == "dropout")
            bends = bool(found) or probing.bends(engine, range(start, stop))
            kernel = own[start].weight_specs(self.shapes[start])[0].shape
            kind = "dense" if len(kernel) == 2 else "convolution"
            weighted_layers.append(
                WeightedLayer(start, kernel[-1], prod(kernel[:-1]), found, dropouts, bends, kind, last)
            )
        return tuple(weighted_layers)

    @property
    def hidden(self) -> tuple[WeightedLayer, ...]:
        """All weighted layers but the last."""
        return self.weighted_layers[:-1]

    @property
    def output(self) -> WeightedLayer | None:
        """The last weighted layer; None for a network without kernels."""
        return self.weighted_layers[-1] if self.weighted_layers else None

    @cached_property
    def answer_scale(self) -> tuple[float, float]:
        """Offset and factor that layers after the last function put on the answers, such as the target's own range."""
        if self.output is not None:
            first = max(self.output.activation_index, self.output.index) + 1
        else:  # networks beside one another, say: behind the last layer with weights
            layers = enumerate(self.program.layers)
            first = max((i + 1 for i, layer in layers if layer.weight_specs(self.shapes[i])), default=0)
        if first == 0:
            return 0.0, 1.0
        tail = [copied(layer, initial=True) for layer in self.program.layers[first:]]
        return probing.stretch(tail, self.shapes[first])

    @property
    def takes_ids(self) -> bool:
        """Whether its numbers are names of things, such as words, which a layer looks up."""
        return any(layer.looks_up for layer in self.program.layers)

    @property
    def units(self) -> int:
        """Numbers in a prediction."""
        return prod(self.shapes[-1])

    @cached_property
    def kernels(self) -> dict[int, tuple[Weight, Array]]:
        """Each weighted layer's kernel, as specified and as a fresh model has it, by the layer's number."""
        specs = {
            s.index: self.program.layers[s.index].weight_specs(self.shapes[s.index])[0] for s in self.weighted_layers
        }
        return {i: (spec, self._fresh.layers[i].get_weights()[0]) for i, spec in specs.items()}

    # The task.

    @cached_property
    def labels(self) -> Labels:
        """The form of ``y``."""
        return describe_labels(self.program.y)

    @cached_property
    def wants_accuracy(self) -> bool:
        """Whether a metric counts right answers."""
        names = [getattr(m, "name", m) for m in self.program.metrics]
        return any(isinstance(name, str) and ("acc" in name) for name in names) or any(
            getattr(m, "accuracy", False) for m in self.program.metrics
        )

    @cached_property
    def task(self) -> str:
        """``"classes"``, ``"several"`` (several yes-or-no answers a row), ``"shares"`` or ``"amounts"``."""
        labels, loss = self.labels, self.program.loss
        if labels.form == "multi_hot":
            return "several"
        if labels.form in ("one_hot", "binary", "signs"):
            return "classes"
        if labels.form == "shares":
            return "shares"
        classifying = loss.likelihood in OF_CLASSES or self.wants_accuracy
        if labels.form == "ids" and (classifying or self.units == labels.classes > 1):
            return "classes"
        return "classes" if labels.form == "constant" and classifying else "amounts"

    @cached_property
    def yardstick(self) -> Yardstick:
        """The scale of losses."""
        return yardstick(self.program)

    @property
    def from_logits(self) -> bool:
        """Whether the loss applies the last activation itself."""
        return bool(getattr(self.program.loss, "from_logits", False))

    @property
    def loss_name(self) -> str:
        """The loss as messages call it."""
        return str(getattr(self.program.loss, "name", self.program.loss))

    # What flows in.

    @cached_property
    def rows(self) -> Array:
        """A spread sample of the inputs as floats, non-finite rows left out."""
        return np.asarray(self._sample[0], dtype=np.float32).reshape(-1, *self.program.input_shape)

    @cached_property
    def _sample(self) -> tuple[Array, Array]:
        x, y = self.program.x, np.asarray(self.program.y)
        chosen = np.arange(len(x))[:: max(1, len(x) // SAMPLE)][:SAMPLE]
        usable = self.program.changed(y=y, finite_only=True).usable(chosen)
        if not len(usable):  # holes in every row
            return np.nan_to_num(x[chosen], posinf=0.0, neginf=0.0), np.nan_to_num(y[chosen])
        return x[usable], y[usable]

    @cached_property
    def _fresh(self) -> Trainable:
        """An untrained model without dropout."""
        calm = (layers.Dropout(0.0) if x.disturbs_by == "dropout" else x for x in self.program.layers)
        return self.program.changed(layers=tuple(calm)).model()

    @cached_property
    def signals(self) -> tuple[Array, ...]:
        """The inputs of every layer of a fresh model on :attr:`rows`, then its output; as in training, without
        dropout."""
        plan = self._fresh.make_plan()
        engine = ReferenceEngine(plan, self._fresh.store)
        y, _, outputs = engine.run_forward(self.rows, training=True)
        last = {op.layer: out for op, out in zip(plan.ops, outputs)}
        signals = [self.rows]
        for index in range(len(self.program.layers)):
            signals.append(last.get(index, signals[-1]))
        if plan.output is not None:  # the loss has absorbed the last activation
            signals[-1] = plan.output.spec.forward({}, {}, y, Context())[0]
        return tuple(signals)

    @cached_property
    def initial_loss(self) -> float | None:
        """The loss of a fresh model on :attr:`rows`, without penalties; None where the labels do not fit it."""
        try:
            batch = data_adapters.prepare(
                self.rows, self._sample[1], loss=self.program.loss, output_shape=self.shapes[-1], dtype=np.float64
            )
            assert batch.y is not None
            values = self.program.loss.values(batch.y, self.signals[-1])
        except (ValueError, IndexError):
            return None
        return float(np.mean(values)) if np.isfinite(values).all() else None

    @cached_property
    def gradients(self) -> dict[int, float]:
        """Root mean square of each kernel's gradient in a fresh model on :attr:`rows`, by the layer's number.

        Assumes that the labels fit the output; layers inside others, and frozen ones, are left out.
        """
        model = self._fresh
        x, y = self.rows[:FEWER], self._sample[1][:FEWER]
        batch = data_adapters.prepare(x, y, loss=model.loss, output_shape=self.shapes[-1])
        plan = model.make_plan(batch.label_shapes)
        own = ReferenceEngine(plan, model.store).gradients(batch).by_weight
        norms = {op.layer: own[op.index]["kernel"] for op in plan.ops if "kernel" in own[op.index]}
        return {i: float(np.sqrt(np.mean(np.square(g)))) for i, g in norms.items() if i in self.kernels}

    @cached_property
    def effective_input(self) -> Array:
        """The input of the first layer with a kernel, as rows of features (channels count as one feature)."""
        first = self.weighted_layers[0].index if self.weighted_layers else 0
        x = self.signals[first]
        return np.asarray(x, np.float64).reshape(len(x), -1)


def outputs_of(function: object) -> str:
    """The kind of an activation's outputs; empty for None and for functions that are not of this library."""
    return getattr(function, "outputs", "")


def function_of(layer: layers.Layer) -> Activation | None:
    """The activation function that a layer applies; None for one that has none."""
    parts = layer.parts()
    for holder in (layer, *(parts if len(parts) == 1 else ())):
        function = getattr(holder, "activation", None)
        if isinstance(function, Activation):
            return function
    return None
