"""A training program as data: layers, compile arguments, data, fit arguments. What a remedy changes."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, SupportsFloat

import numpy as np

from clarinet import data_adapters, datasets, losses, optimizers
from clarinet.data_adapters import provenance
from clarinet.doctor.graphs import Inside, in_a_row
from clarinet.layers.handle import leaf_layers
from clarinet.settings import BATCH_SIZE, Role, names_of
from clarinet.target import TransformedTarget, for_loss
from clarinet.trainable import model_class
from clarinet.training.trainer import DEFAULTS
from clarinet.types import Array

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from clarinet.callbacks import Callback
    from clarinet.layers.base import Layer
    from clarinet.losses import Loss
    from clarinet.optimizers import Optimizer
    from clarinet.trainable import Trainable


@dataclass(frozen=True)
class Program:
    """Everything that ``fit`` depends on; immutable, so that a remedy never changes its input.

    Attributes:
        layers: the model's layers; those of an untrained model have the initial weights that were read or set, and all
            of them have what training does not change: frozen weights and adapted statistics. Their names are their
            numbers in the original program, so that a remedy finds its layer after another remedy has taken some away.
        input_shape: of one sample.
        loss, optimizer, metrics: as compiled.
        x, y: training rows and labels.
        validation: (x, y) or None.
        fit: further arguments of ``fit``: ``epochs``, ``batch_size``, ``shuffle``, …
        target: how targets are transformed for training, as ``compile(target=...)`` takes it; None: not.
        finite_only: whether rows with NaN or infinity are left out of training.
        dtype: that it is trained in; None: float32.
        numbers: of the original program's layers in ``model.layers``; empty for what is no layer there.
        features: what the numbers of a row are called, where it is known.
    """

    layers: tuple[Layer, ...]
    input_shape: tuple[int, ...]
    loss: Loss
    optimizer: Optimizer
    metrics: tuple[object, ...]
    x: Array
    y: Array
    validation: tuple[Array, Array] | None = None
    fit: dict[str, object] = field(default_factory=dict)
    target: object = None
    finite_only: bool = False
    dtype: DTypeLike | None = None
    numbers: tuple[str, ...] = ()
    features: tuple[str, ...] = ()

    def column(self, number: int) -> str:
        """What a column of ``x`` is called; its number where nothing is known."""
        return repr(self.features[number]) if self.features else str(number)

    def changed(self, **changes: object) -> Program:
        """A copy with other contents."""
        copied: Callable[..., Program] = replace
        return copied(self, **changes)

    def layer(self, name: str) -> Layer | None:
        """A layer by name; None if a remedy has taken it away."""
        return next((layer for layer in self.layers if layer.name == name), None)

    def with_layer(self, name: str, **config: object) -> Program:
        """A copy in which one layer has another configuration."""
        return self.changed(layers=tuple(x.changed(**config) if x.name == name else x for x in self.layers))

    def without_layer(self, name: str) -> Program:
        """A copy without one layer."""
        return self.changed(layers=tuple(layer for layer in self.layers if layer.name != name))

    def with_optimizer(self, **config: object) -> Program:
        """A copy in which the optimizer has other settings."""
        settings = self.optimizer.get_config() | config
        return self.changed(optimizer=type(self.optimizer).from_config(settings))

    def with_fit(self, **arguments: object) -> Program:
        """A copy with other arguments of ``fit``."""
        return self.changed(fit=self.fit | arguments)

    def setting(self, name: str) -> object:
        """An argument of ``fit``: as given, or ``fit``'s default."""
        return self.fit.get(name, DEFAULTS[name])

    def number(self, name: str, otherwise: float = 0.0) -> float:
        """An argument that is a number; ``otherwise`` where it is 0 or None."""
        value = self.setting(name) or otherwise
        assert isinstance(value, SupportsFloat)
        return float(value)

    def with_loss(self, loss: object) -> Program:
        """A copy with another loss."""
        return self.changed(loss=losses.get(loss))

    @property
    def empty(self) -> bool:
        """Whether there are no layers."""
        return not self.layers

    @property
    def batch_size(self) -> int:
        """Rows an update."""
        return int(self.number("batch_size", BATCH_SIZE))

    @property
    def epochs(self) -> int:
        """Passes over the data."""
        return int(self.number("epochs"))

    @property
    def rows(self) -> int:
        """Rows that are trained on: without those that ``validation_split`` holds out."""
        return int(len(self.x) * (1 - self.number("validation_split")))

    @property
    def steps(self) -> int:
        """Updates in the whole training."""
        return self.epochs * -(-self.rows // self.batch_size)

    @property
    def searches(self) -> bool:
        """Whether its optimizer finds the length of each step itself, on all rows; one epoch is a whole training."""
        return bool(self.optimizer.full_batch)

    @property
    def needs_labels(self) -> bool:
        """Always: what is examined has a loss."""
        return True

    @property
    def parts(self) -> tuple[Program, ...]:
        """All programs that it consists of: itself."""
        return (self,)

    #: Those of outputs that have a loss.
    judged = parts

    def answers(self, model: Trainable, rows: Array) -> list[object]:
        """Predictions for rows, of each output that has a loss."""
        return [model.predict(self.x[rows], verbose=0)]

    def own_target(self) -> TransformedTarget | None:
        """A transform of the target that may be adapted: a copy of the program's."""
        return copy.deepcopy(for_loss(self.target, self.loss))

    def model(self, seed: int = 0) -> Trainable:
        """A fresh, compiled model of this program; number 0 begins with the given model's initial weights, if any."""
        model = model_class()([copied(layer, initial=not seed) for layer in self.layers])
        model.seed = seed
        for layer in model.layers:
            if isinstance(layer, Inside):
                layer.begin_with(seed)
        model.build((None, *self.input_shape))
        optimizer = optimizers.get(self.optimizer.encoded())
        model.compile(optimizer, self.loss, list(self.metrics), dtype=self.dtype, target=self.own_target())
        return model

    def train(self, rows: Array | None = None, seed: int = 0, callbacks: Sequence[Callback] = ()) -> Trainable:
        """A fresh model, trained; its ``history`` has the result.

        Args:
            rows: indices of the rows to train on, without validation; None: all, and validation as asked for.
            seed: of the initial weights, the order of the rows and dropout.
            callbacks: instead of the user's own, which are not to be disturbed.
        """
        model, held_out = self.model(seed), self.validation
        # The copy shows, calls, writes and resumes nothing; the other two arguments are set here.
        own = (*names_of(Role.DISPLAY), "validation_data", "seed")
        arguments = {name: value for name, value in self.fit.items() if name not in own}
        if rows is not None:
            arguments.pop("validation_split", None)
            held_out = None
        chosen = self.usable(np.arange(len(self.x)) if rows is None else rows)
        if arguments.get("sample_weight") is not None:
            arguments["sample_weight"] = np.asarray(arguments["sample_weight"])[chosen]
        x, y = (self.x, self.y) if len(chosen) == len(self.x) else (self.x[chosen], self.y[chosen])
        fit: Callable[..., object] = model.fit  # with the arguments as they were given
        fit(x, y, validation_data=held_out, verbose=0, callbacks=list(callbacks), **arguments)
        return model

    def usable(self, rows: Array) -> Array:
        """These row numbers; with :attr:`finite_only` without those of rows that hold NaN or infinity."""
        return rows[_finite(self.x[rows]) & _finite(self.y[rows])] if self.finite_only else rows


def _finite(array: Array) -> Array:
    """Which rows hold nothing but finite numbers."""
    if array.dtype.kind not in "fc":
        return np.ones(len(array), dtype=bool)
    return np.asarray(np.isfinite(array).reshape(len(array), -1).all(axis=1))


def program_of(
    model: Trainable,
    x: object,
    y: object,
    validation_data: object,
    fit: dict[str, object],
    prepared: bool = False,
) -> Program:
    """The program that trains ``model`` on this data, which is compiled.

    Args:
        model, x, y, validation_data, fit: as ``fit`` has them.
        prepared: whether ``x`` is what layers have made of the data that run before any step.
    """
    prepares = model.prepares_data  # then the program is that of the layers behind, and of the numbers that they see
    given = data_adapters.inputs_for(model, x) if prepares and not prepared else x
    rows, labels = data_adapters.as_array(given), data_adapters.as_array(y, "y")
    assert model.loss is not None and model.optimizer is not None
    validation = None
    if validation_data is not None and not data_adapters.is_batches(validation_data):
        held_out = data_adapters.unpack(validation_data, "validation_data")
        held = data_adapters.inputs_for(model, held_out[0], "validation_data: ") if prepares else held_out[0]
        held_x, held_y, _ = data_adapters.as_rows(held, *held_out[1:], "validation_data: ")
        validation = held_x, data_adapters.as_array(held_y, "validation_data: y")
    shape = rows.shape[1:] if prepares else model.sample_shape or rows.shape[1:]
    untrained = model.optimizer_state is None or not model.optimizer_state.step
    row = in_a_row(model)
    layers = tuple(copied(layer, untrained, str(place)) for place, (_, layer) in enumerate(row))
    metrics = tuple(model._metrics[0])
    return Program(
        layers, tuple(shape), model.loss, model.optimizer, metrics, rows, labels, validation, fit, model.target,
        dtype=model.dtype, numbers=tuple(number for number, _ in row), features=_features(model, shape),
    )  # fmt: skip


def _features(model: Trainable, shape: tuple[int, ...]) -> tuple[str, ...]:
    """The names of a table's features, if the model knows them."""
    about = provenance.describe(model)
    names = datasets.TableCoding.from_config(about["coding"]).feature_names if about["kind"] == "table" else ()
    return tuple(names) if shape == (len(names),) else ()


def copied(layer: Layer, initial: bool, name: str | None = None) -> Layer:
    """A copy that belongs to no model and begins a training as the layer would.

    Args:
        layer: the layer to copy; weights that nobody has read are not drawn.
        initial: whether the copy has all weights. Otherwise it has only those that training does not change: frozen
            ones, and statistics that :meth:`adapt` has taken from data.
        name: for the copy; default its own.
    """
    clone = layer.detached()
    for (mine, _, trained), its in zip(leaf_layers(layer), leaf_layers(clone), strict=True):
        stays = initial or not trained or hasattr(mine, "adapt")
        if stays and all(variable.drawn for variable in mine.weights):
            its.layer.bring_those_of(mine)
    clone.name = layer.name if name is None else name
    return clone


@contextmanager
def quietly() -> Iterator[None]:
    """Silence the warnings of ``fit`` and of diverging arithmetic: their causes are examined anyway."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
