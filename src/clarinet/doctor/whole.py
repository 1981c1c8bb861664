"""A graph with several inputs or outputs as training programs: one for each of them, and the whole."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import takewhile, zip_longest
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from clarinet import checks, data_adapters, layers, losses, optimizers
from clarinet.data_adapters.structures import called
from clarinet.doctor.graphs import Inside, SideBySide, row_before
from clarinet.doctor.program import Program, copied
from clarinet.graph import Network, Tensor, flatten, packed, same_tensors
from clarinet.layers import Layer
from clarinet.layers.handle import Handle
from clarinet.ops.structures import leaves
from clarinet.problems import Problem
from clarinet.settings import Role, names_of
from clarinet.trainable import model_class
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: What all outputs of a program have in common.
_SHARED = ("optimizer", "finite_only")
#: Arguments of ``fit`` that are said of each output, and those that a copy does not take.
_OWN = ("sample_weight", "class_weight")
_NOT_TAKEN = (*_OWN, *names_of(Role.DISPLAY), "validation_data", "validation_split", "seed")


@dataclass(frozen=True)
class Part:
    """One input or output as a program.

    Attributes:
        kind: ``"input"`` or ``"output"``.
        name: of the input or output.
        program: of an output, all that leads to it, with its loss and labels, where several inputs are beside one
            another; of an input, its rows and the layers that they go through first.
        scaled: of an input, whether what comes after these layers expects numbers of a common size.
    """

    kind: str
    name: str
    program: Program
    scaled: bool = True

    @property
    def label(self) -> str:
        """How sentences call it."""
        return called("x", self.name) if self.kind == "input" else f"output {self.name!r}"

    def place(self, where: str) -> str:
        """A finding's place with the part's name: ``data.x['left']``, ``loss['age']``."""
        of_part = ("data.x",) if self.kind == "input" else ("data.y", "loss", "metrics")
        return called(where, self.name) if where in of_part else where


@dataclass(frozen=True)
class Whole:
    """Everything that ``fit`` of a graph with several inputs or outputs depends on; immutable, as :class:`Program` is.

    Attributes:
        given: the model, which is never changed.
        trunk: what all outputs have in common: from the inputs to what the last layers in a row take.
        inputs, outputs: a part for each input, and for each output that has a loss; None for the others.
        xs: rows of each input.
        weights: of the rows, for each output, or None.
    """

    given: Trainable
    trunk: Inside
    inputs: tuple[Part, ...]
    outputs: tuple[Part | None, ...]
    xs: tuple[Array, ...]
    weights: tuple[Array | None, ...]

    @property
    def judged(self) -> tuple[Program, ...]:
        """The programs of the outputs that have a loss."""
        return tuple(part.program for part in self.outputs if part is not None)

    @property
    def parts(self) -> tuple[Program, ...]:
        """All programs that it consists of."""
        return (*(part.program for part in self.inputs), *self.judged)

    @property
    def epochs(self) -> int:
        """Passes over the data."""
        return self.judged[0].epochs

    def with_fit(self, **arguments: object) -> Whole:
        """A copy with other arguments of ``fit``."""
        return self._each(lambda program: program.with_fit(**arguments))

    def with_input(self, number: int, change: Callable[[Program], Program]) -> Whole:
        """A copy in which the program of one input is changed."""
        part = self.inputs[number]
        changed = replace(part, program=change(part.program))
        return replace(self, inputs=(*self.inputs[:number], changed, *self.inputs[number + 1 :]))

    def with_output(self, number: int, change: Callable[[Program], Program]) -> Whole:
        """A copy in which the program of one output is changed; what all have in common is changed for all."""
        part = self.outputs[number]
        assert part is not None
        after = change(part.program)
        outputs = (*self.outputs[:number], replace(part, program=after), *self.outputs[number + 1 :])
        common: Any = {name: getattr(after, name) for name in _SHARED}
        fit = {name: value for name, value in after.fit.items() if name not in _OWN}
        return replace(self, outputs=outputs)._each(
            lambda program: program.changed(**common, fit=fit | _own(program)) if program is not after else program
        )

    def _each(self, change: Callable[[Program], Program]) -> Whole:
        """A copy in which the programs of all outputs are changed."""
        outputs = (None if part is None else replace(part, program=change(part.program)) for part in self.outputs)
        return replace(self, outputs=tuple(outputs))

    def usable(self, rows: Array) -> Array:
        """These row numbers without those that a part leaves out."""
        return reduce(lambda rest, program: program.usable(rest), self.parts, rows)

    def model(self, seed: int = 0) -> Trainable:
        """A fresh, compiled model; number 0 begins with the given model's initial weights, if any."""
        inside = cast(Inside, copied(self.trunk, initial=not seed))
        inside.begin_with(seed)
        inputs, ends = self._begun(inside.model)
        outputs = []
        for end, part in zip(ends, self.outputs, strict=True):
            for layer in () if part is None else _behind(part.program):
                own: Any = copied(layer, initial=not seed)
                own.name = _name_of(part.program, own.name, self.given) if part else ""
                end = own(end)
            outputs.append(end)
        given: Any = self.given
        make: Callable[..., Any] = model_class("Model")
        model = make(packed(inputs, given._input_form), packed(outputs, given._output_form))
        model.seed = seed
        self._compile(model)
        return cast("Trainable", model)

    def _begun(self, trunk: Any) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """The inputs, and what the last layers take; remedies may have put layers behind inputs."""
        before = [_added(part.program) for part in self.inputs]
        if not any(before):
            return trunk.network.inputs, trunk.network.outputs
        inputs = [layers.Input(t.sample_shape, dtype=t.dtype, name=t.name) for t in trunk.network.inputs]
        given: list[Any] = [*inputs]
        for number, added in enumerate(before):
            for layer in added:
                given[number] = cast(Any, copied(layer, initial=True))(given[number])
        return inputs, flatten(trunk(given if len(given) > 1 else given[0]))

    def _compile(self, model: Any) -> None:
        given: Any = self.given
        programs = [None if part is None else part.program for part in self.outputs]
        several = len(programs) > 1
        loss = [None if program is None else program.loss for program in programs]
        metrics = [[] if program is None else [*program.metrics] for program in programs]
        model.compile(
            optimizers.get(self.judged[0].optimizer.encoded()),
            loss if several else loss[0],
            metrics if several else metrics[0],
            loss_weights=list(given._loss_weights) if several else None,
            dtype=given.dtype,
        )

    def train(self, rows: Array | None = None, seed: int = 0) -> Trainable:
        """A fresh model, trained on these rows; None: on all."""
        model: Any = self.model(seed)
        arguments = {name: value for name, value in self.judged[0].fit.items() if name not in _NOT_TAKEN}
        chosen = self.usable(np.arange(len(self.xs[0])) if rows is None else rows)
        y = [None if part is None else part.program.y[chosen] for part in self.outputs]
        weights = [None if weight is None else weight[chosen] for weight in self._weights()]
        weight = [np.ones(len(chosen), np.float32) if own is None else own for own in weights]
        if any(own is not None for own in weights):
            arguments["sample_weight"] = weight if len(weight) > 1 else weight[0]
        x = [array[chosen] for array in self.xs]
        model.fit(_one_or_list(x), _one_or_list(y), verbose=0, **arguments)
        return cast("Trainable", model)

    def _weights(self) -> list[Array | None]:
        """Weights of the rows for each output: those given, times those that a remedy gives classes."""
        found: list[Array | None] = []
        for part, weight in zip_longest(self.outputs, self.weights):
            by_class: Any = None if part is None else part.program.fit.get("class_weight")
            if part is not None and by_class:
                y = np.asarray(part.program.y).reshape(len(part.program.y), -1)
                ids = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0].astype(int)
                own = np.array([by_class.get(int(each), 1.0) for each in ids], np.float32)
                weight = own if weight is None else weight * own
            found.append(weight)
        return found

    def answers(self, model: Trainable, rows: Array) -> list[Array]:
        """Predictions for rows, of each output that has a loss."""
        predicted: Any = model.predict(_one_or_list([array[rows] for array in self.xs]), verbose=0)
        each = cast(list[Array], [*leaves(predicted)])
        return [found for found, part in zip(each, self.outputs, strict=True) if part is not None]


def refused(model: Trainable, x: object, y: object, sample_weight: object = None) -> list[Problem]:
    """What ``fit`` refuses because rows, labels and model do not fit together."""
    found = checks.check_data(model, *data_adapters.rows_for(model, x, y, sample_weight))
    return [problem for problem in found if problem.severity == "error" and problem.kind != "nan_in_data"]


def whole_of(model: Trainable, x: object, y: object, validation_data: object, fit: dict[str, object]) -> Whole:
    """The program that trains a graph, which is compiled, on this data.

    Args:
        model, x, y, validation_data, fit: as ``fit`` has them.

    Raises:
        TypeError, ValueError: as ``fit``, of arrays that do not fit together.
    """
    checks.raise_first(refused(model, x, y, fit.get("sample_weight")))
    xs, ys, weights = _tuples(data_adapters.rows_for(model, x, y, fit.get("sample_weight")))
    held = None
    if validation_data is not None and not data_adapters.is_batches(validation_data):
        held = _tuples(data_adapters.rows_for(model, *data_adapters.unpack(validation_data, "validation_data")[:2]))
    clone: Any = copy.deepcopy(model)
    network: Network = clone.network
    make: Callable[..., Any] = model_class("Model")
    ends: list[Tensor] = []
    outputs: list[Part | None] = []
    for number, (name, tensor) in enumerate(zip(model.output_names, network.outputs, strict=True)):
        if clone._compiled_losses[number] is None:
            ends.append(tensor)
            outputs.append(None)
            continue
        end, row = row_before(tensor, clone)
        ends.append(end)
        own = fit | {"sample_weight": weights[number]}
        validation = None if held is None else (_beside(held[0]), held[1][number])
        before = [] if end in set(network.inputs) and len(xs) == 1 else [("", _up_to(make(clone.inputs, end), xs))]
        program = _program(model, number, [*before, *row], _beside(xs), ys[number], own, validation)
        outputs.append(Part("output", name, program))
    inputs = (_input_part(*each, network, model) for each in zip(model.input_names, network.inputs, xs, strict=True))
    trunk = cast(Inside, copied(Inside(make(clone.inputs, ends)), initial=_untrained(model), name="trunk"))
    return Whole(model, trunk, tuple(inputs), tuple(outputs), xs, weights)


def _program(
    model: Any,
    number: int,
    row: list[tuple[str, Layer]],
    x: Array,
    y: Array,
    fit: dict[str, object],
    validation: tuple[Array, Array] | None,
) -> Program:
    """The program of one output: of these layers in a row, with their numbers in the model."""
    metrics = model._metrics[0]
    return Program(
        _copies([layer for _, layer in row], model),
        x.shape[1:],
        model._compiled_losses[number],
        model.optimizer,
        tuple(metrics[number] if len(model.output_names) > 1 and metrics else metrics),
        x,
        y,
        validation,
        fit,
        dtype=model.dtype,
        numbers=tuple(own for own, _ in row),
    )


def _input_part(name: str, tensor: Tensor, rows: Array, network: Network, model: Any) -> Part:
    """An input, the layers that it goes through before it meets others or a kernel, and one with a kernel."""
    first, scaled = _first_row(tensor, network)
    row = [*first, layers.Dense(1)]
    shape = rows.shape[1:]
    zeros = np.zeros((len(rows), 1), np.float32)  # nobody looks at them
    own = Program(_copies(row, model), shape, losses.get("mse"), model.optimizer, (), rows, zeros, dtype=model.dtype)
    return Part("input", name, own, scaled and bool(shape))


def _first_row(tensor: Tensor, network: Network) -> tuple[list[Layer], bool]:
    """The layers in a row that a tensor goes through first, and whether numbers of a common size are expected then: by
    a layer with a kernel, or where columns are put beside others."""
    nodes = [node for node in network.nodes if tensor in set(node.inputs) and not node.is_mask]
    if len(nodes) != 1:
        return [], any(_expects_scaled(node.operator) for node in nodes)
    (node,) = nodes
    layer = cast(Any, node.operator)
    if not isinstance(node.operator, Handle) or layer.is_authored or layer.merges or _expects_scaled(layer):
        return [], _expects_scaled(layer)
    if layer.is_model:
        inner: Network = layer.network
        place = next(place for place, own in enumerate(node.inputs) if same_tensors((own,), (tensor,)))
        return _first_row(inner.inputs[place], inner)
    if len(node.specs) != 1 or len(node.inputs) != 1:
        return [], False
    rest, scaled = _first_row(node.outputs[0], network)
    return [layer, *rest], scaled


def _expects_scaled(operator: object) -> bool:
    return hasattr(operator, "kernel_initializer") or getattr(operator, "joins", False)


def _copies(row: Sequence[Layer], model: Any) -> tuple[Layer, ...]:
    """Copies, named by their places."""
    return tuple(copied(layer, _untrained(model), str(place)) for place, layer in enumerate(row))


def _untrained(model: Trainable) -> bool:
    return model.optimizer_state is None or not model.optimizer_state.step


def _up_to(model: Any, xs: Sequence[Array]) -> Inside:
    return Inside(model) if len(xs) == 1 else SideBySide(model, [array.shape[1:] for array in xs])


def _beside(xs: Sequence[Array]) -> Array:
    """The rows of all inputs in the columns of one array; of one input as they are."""
    return xs[0] if len(xs) == 1 else np.concatenate([array.reshape(len(array), -1) for array in xs], axis=1)


def _tuples(rows: Any) -> tuple[tuple[Any, ...], ...]:
    """Arrays of each input and output, whether there are several or one."""
    x, y, weight = (part if isinstance(part, tuple) else (part,) for part in rows)
    return x, y, weight if len(weight) == len(y) else weight * len(y)


def _behind(program: Program) -> list[Layer]:
    """The last layers in a row."""
    return [layer for layer in program.layers if not isinstance(layer, Inside)]


def _added(program: Program) -> list[Layer]:
    """The layers that remedies have put behind an input."""
    return [*takewhile(lambda layer: layer.name != "0", program.layers)]


def _own(program: Program) -> dict[str, object]:
    return {name: value for name, value in program.fit.items() if name in _OWN}


def _name_of(program: Program, place: str, model: Trainable) -> str:
    """The name of a layer in the model; layers that a remedy has added get one by themselves."""
    return model.layers[int(program.numbers[int(place)])].name if place.isdigit() else ""


def _one_or_list(arrays: list[Any]) -> Any:
    return arrays[0] if len(arrays) == 1 else arrays
