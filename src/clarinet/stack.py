"""The structure of a model: which layers, which shapes, where the weights are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import get_ident
from typing import Any, ClassVar

import numpy as np

from clarinet import layers as layers_module
from clarinet.configurable import refuse_overrides
from clarinet.drawing import Drawing, Seed
from clarinet.layers.base import Layer
from clarinet.layers.handle import Place, leaves
from clarinet.names import Names, snake_case
from clarinet.optimizers import OptimizerState
from clarinet.params import Layout, Store
from clarinet.random import next_seed
from clarinet.summary import print_summary, summary_html
from clarinet.types import Array, DType, Shape

NO_LAYERS = "the model has no layers; add one, e.g. model.add(Dense(10))"
_FIXED_ORDER = "a Sequential runs its layers in order; the layers Residual and Parallel make skips and branches"
_FIXED_STEP = "the engine runs the steps; write a loop of your own with train_on_batch, or use callbacks"


class Trainer:
    """Who trains a model; as a context manager: while this lasts the training stands still, and others hold it.

    Attributes:
        thread: the one that trains, or last took an event.
        waiting: whether the training stands still.
    """

    def __init__(self) -> None:
        self.thread, self.waiting = get_ident(), False

    def __enter__(self) -> None:
        self.waiting = True

    def __exit__(self, *_: object) -> None:
        self.thread, self.waiting = get_ident(), False


class LayerStack:
    """Layers in order and the buffers that hold their weights; :class:`clarinet.Sequential` adds learning to it.

    Args:
        layers: layers in order, perhaps with an ``Input`` before them.
        name: for people.
    """

    kind: ClassVar[str] = "model"
    goes_with: ClassVar[Mapping[str, str]] = {}
    not_called: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("call", "__call__"), _FIXED_ORDER),
        **dict.fromkeys(("train_step", "make_train_function"), _FIXED_STEP),
        **dict.fromkeys(("test_step", "make_test_function"), _FIXED_STEP),
        **dict.fromkeys(("predict_step", "make_predict_function"), _FIXED_STEP),
        **dict.fromkeys(("compute_loss", "compute_metrics", "metrics"), "give compile a loss or metric of your own"),
    }
    _trained_by: Trainer | None = None

    def __init__(self, layers: Iterable[object] = (), name: str | None = None) -> None:
        refuse_overrides(type(self))
        self.name = name or "sequential"
        self._seed = Seed(next_seed())
        self.layers: list[Layer] = []
        self.input_shape: Shape | None = None
        self.dtype: DType = np.dtype(np.float32)
        self.optimizer_state: OptimizerState | None = None
        self._store: Store | None = None
        self._extend(layers or ())

    @property
    def seed(self) -> int:
        """Fixes the initial weights, shuffling and dropout."""
        return self._seed.value

    @seed.setter
    def seed(self, seed: int) -> None:
        self._seed.value = seed

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state | {"_seed": Seed(state["seed"])} if "seed" in state else state)  # of earlier copies
        for layer in self.layers:
            if layer._owner is None:
                layer._owner = self

    def add(self, layer: object) -> None:
        """Append a layer.

        Raises:
            TypeError: not a layer. ValueError: the layer is already in this model, or its name is taken.
            RuntimeError: the model is being trained.
        """
        self.refuse_in_training("add")
        self._extend([layer])

    def _extend(self, layers: Iterable[object]) -> None:
        names = Names(layer.name for layer in self.layers)
        for layer in layers:
            self._append(layer, names)
        self._rebuild()

    def _append(self, layer: object, names: Names) -> None:
        if isinstance(layer, layers_module.Input):
            if self.layers or self.input_shape is not None:
                raise ValueError(f"Input comes first and once, received it after {len(self.layers)} layers")
            self.input_shape = layer.shape
            return
        if not isinstance(layer, Layer):
            reuse = "; to reuse a model, give its layers: Sequential([*model.layers, ...])"
            before = "; it turns texts into numbers before the model: fit(vectorize(texts), y)"
            hint = reuse if isinstance(layer, LayerStack) else before if hasattr(layer, "get_vocabulary") else ""
            raise TypeError(f"add: expected a layer such as Dense(10), received {layer!r}{hint}")
        if layer._owner is self:
            raise ValueError(f"layer {layer.name!r} is already in this model; make a second one to have its like again")
        begins = not self.layers and self.input_shape is None
        if not layer.is_free:  # another model's: copied, with its weights
            place, layer = layer._place, layer.twin()
            if begins and place is not None:
                self.input_shape = place.input_shape
        layer.name = names.take(layer.name, snake_case(type(layer).__name__))
        if begins and self.input_shape is None:
            self.input_shape = layer.input_shape
        layer._owner = self
        self.layers.append(layer)

    def pop(self) -> Layer:
        """Remove the last layer and return it; the others keep their weights.

        Raises:
            ValueError: there are no layers. RuntimeError: the model is being trained.
        """
        self.refuse_in_training("pop")
        if not self.layers:
            raise ValueError("pop: the model has no layers")
        layer = self.layers.pop()
        for leaf, *_ in leaves(layer):  # so that it can be added back, or to another model
            leaf._brought = leaf.own_weights()
        self._rebuild()
        layer.put(None)
        layer._owner = None
        return layer

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or index.

        Raises:
            ValueError: there is none.
        """
        if index is not None and name is None and -len(self.layers) <= index < len(self.layers):
            return self.layers[index]
        for layer in self.layers:
            if name is not None and layer.name == name:
                return layer
        have = ", ".join(layer.name for layer in self.layers)
        raise ValueError(f"no layer {name if index is None else index!r}; this model has {have or 'no layers'}")

    @property
    def built(self) -> bool:
        """Whether the shapes are known, so that there are weights."""
        return self._store is not None

    def build(self, input_shape: Any = None) -> None:
        """Fix the shape of one sample.

        Args:
            input_shape: with or without the leading batch axis None, e.g. ``(None, 784)`` or ``(784,)``.

        Raises:
            ValueError, TypeError: no shape, or one that a layer cannot take. RuntimeError: the model is being trained.
        """
        if self.built:
            self.refuse_in_training("build")
        if input_shape is not None:
            shape = tuple(input_shape) if not isinstance(input_shape, int) else (input_shape,)
            self.input_shape = layers_module.Input(shape[1:] if shape[:1] == (None,) else shape).shape
        self._rebuild()

    def _rebuild(self) -> None:
        """Lay out the weights anew; layers that had weights of the same shapes keep them."""
        self._structure_changed()
        if self.input_shape is None:
            return
        shapes = self._shapes()
        specs = list(zip(self.layers, shapes[:-1], strict=True))
        itemsize = self.dtype.itemsize
        store = Store(
            Layout.of([(x.weight_specs(s), x.trainable) for x, s in specs], itemsize),
            Layout.of([(x.state_specs(s), False) for x, s in specs], itemsize),
            self.dtype,
            Drawing(self.layers, self._seed, self._store is not None and self._store.drawn),
        )
        for index, (layer, shape) in enumerate(specs):
            layer.put(Place(store, index, "", shape))
        self._store = store

    def _structure_changed(self) -> None:
        """What was made for the old structure is of no use any more."""
        self.optimizer_state = None

    def _shapes(self) -> list[Shape]:
        """Of one sample: as it enters each layer, and as it leaves the last."""
        shapes = [self._known_shape()]
        for layer in self.layers:
            shapes.append(layer.output_shape(shapes[-1]))
        return shapes

    def _known_shape(self) -> Shape:
        if self.input_shape is None:
            raise ValueError(
                f"model {self.name!r} does not know the shape of its input: start it with Input(shape), give the first "
                "layer input_shape=..., or call fit"
            )
        return self.input_shape

    @property
    def output_shape(self) -> Shape | None:
        """Shape of one prediction; None before the model is built."""
        return None if self.input_shape is None else self._shapes()[-1]

    def summary(self, print_fn: Callable[[str], object] | None = None) -> None:
        """Print a table of layers, output shapes and numbers of parameters.

        Args:
            print_fn: called once a line; default ``print``.
        """
        print_summary(self, print_fn)

    def _repr_html_(self) -> str:
        return summary_html(self)

    # Training, which leaves the structure alone and has the model for itself.

    @contextmanager
    def in_training(self) -> Iterator[Trainer]:
        """While this lasts the model is being trained.

        Raises:
            RuntimeError: it is already.
        """
        own = Trainer()
        try:
            if self.__dict__.setdefault("_trained_by", own) is not own:  # one step for the interpreter: no lock needed
                self.refuse_in_training("fit")
            yield own
        finally:
            if self._trained_by is own:
                del self._trained_by

    def refuse_in_training(self, doing: str, only_elsewhere: bool = False) -> None:
        """Raise where the model is being trained, in this thread or another one.

        Args:
            doing: what was about to be done, e.g. ``"add"``.
            only_elsewhere: whether a callback of the training, and who holds its events, may do it.

        Raises:
            RuntimeError: the model is being trained.
        """
        trainer = self._trained_by
        here = trainer is not None and trainer.thread == get_ident()
        if trainer is None or (only_elsewhere and here):
            return
        who = f"{doing} was called by a callback" if here else "another thread trains it"
        mend = "wait until fit has returned"
        if trainer.waiting:
            who, mend = "its fit_events are not at their end", "take the rest of them, or close() them"
        raise RuntimeError(
            f"{doing}: model {self.name!r} is being trained ({who}); {mend}, or use a copy: copy.deepcopy(model)"
        )

    # Weights.

    @property
    def store(self) -> Store:
        """The model's flat buffers.

        Raises:
            ValueError: the model is not built.
        """
        if self._store is None:
            self._known_shape()
            self._rebuild()
        assert self._store is not None
        return self._store

    def count_params(self) -> int:
        """Number of elements in all weights, state included."""
        return sum(s.size for s in (*self.store.layout.segments, *self.store.state_layout.segments))

    def get_weights(self) -> list[Array]:
        """Copies of all weights, layer by layer."""
        self.store  # noqa: B018  # builds, or says why not
        return [array for layer in self.layers for array in layer.get_weights()]

    def set_weights(self, weights: Sequence[object]) -> None:
        """Replace all weights.

        Args:
            weights: arrays in the order and shapes of :meth:`get_weights`.

        Raises:
            ValueError: wrong number of arrays or a wrong shape; nothing is changed then.
        """
        before = self.get_weights()
        counts = [len(layer.get_weights()) for layer in self.layers]
        if sum(counts) != len(weights):
            raise ValueError(f"the model has {sum(counts)} weights, received {len(weights)} arrays")
        position = 0
        try:
            for layer, count in zip(self.layers, counts, strict=True):
                layer.set_weights(weights[position : position + count])
                position += count
        except ValueError:
            self.set_weights(before)
            raise
