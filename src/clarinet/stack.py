"""The structure of a model: its layers, their shapes, and the place of the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import get_ident
from typing import ClassVar

import numpy as np

from clarinet import layers as layers_module
from clarinet.configurable import refuse_overrides
from clarinet.drawing import Seed, lay_out
from clarinet.layers.base import Layer
from clarinet.layers.handle import BuildSpec, Handle, Once, take_name
from clarinet.names import Names
from clarinet.optimizers import OptimizerState
from clarinet.params import Store
from clarinet.random import next_seed
from clarinet.summary import print_summary, summary_html
from clarinet.types import Array, DType, Shape
from clarinet.variables import Variable

NO_LAYERS = "the model has no layers; add one, e.g. model.add(Dense(10))"
_FIXED_ORDER = "a Sequential runs its layers in order; the layers Residual and Parallel make skips and branches"
_FIXED_STEP = "the engine runs the steps; write a loop of your own with train_on_batch, or use callbacks"


class Trainer:
    """The thread that trains a model; as a context manager: while this lasts the training is paused, and others hold
    it.

    Attributes:
        thread: the one that trains, or that last took an event.
        waiting: whether the training is paused.
    """

    def __init__(self) -> None:
        self.thread, self.waiting = get_ident(), False

    def __enter__(self) -> None:
        self.waiting = True

    def __exit__(self, *_: object) -> None:
        self.thread, self.waiting = get_ident(), False


class LayerStack:
    """Layers in order, and the place of their weights; :class:`clarinet.Sequential` adds learning to it.

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
        **dict.fromkeys(("compute_loss", "compute_metrics", "metrics"), "pass compile your own loss or metric"),
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

    def __getstate__(self) -> dict[str, object]:
        kept = {name: value for name, value in self.__dict__.items() if name not in ("_trained_by", "_store")}
        return kept | {"_seed": Seed(self.seed)}  # the layers have the values of the weights

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state | {"_store": None})
        self.layers = [*self.layers]
        for layer in self.layers:
            layer.join(self)
        self._lay_out()

    def add(self, layer: object) -> None:
        """Append a layer.

        Raises:
            TypeError: not a layer. ValueError: the layer is already in this model, or its name is taken.
            RuntimeError: the model is being trained.
        """
        self.refuse_in_training("add")
        self._extend([layer])

    def _extend(self, layers: Iterable[object]) -> None:
        given = [*layers]
        held = [layer for layer in given if isinstance(layer, Layer) and (layer.holders or layer.built)]
        names, once = Names((layer.name for layer in self.layers), (layer.name for layer in held)), Once(self.layers)
        for layer in given:
            self._append(layer, names, once)
        self._rebuild()

    def _append(self, layer: object, names: Names, once: Once) -> None:
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
        twice = once.twice(layer)
        if twice is not None:
            raise ValueError(
                f"layer {twice.name!r} is already in this model; make a second layer with the same settings"
            )
        if not self.layers and self.input_shape is None:
            known = None if layer._build_spec is None else layer._build_spec.input_shape
            self.input_shape = layer.input_shape if known is None else known
        if self._store is None:
            placed = [leaf.layer for leaf in layer.leaf_layers() if leaf.layer._build_spec and leaf.layer.models()]
            self.dtype = next((v.dtype for leaf in placed for v in leaf.weights), self.dtype)
        take_name(layer, names)
        layer.join(self)
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
        layer.leave(self)
        self._rebuild()
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

    def build(self, input_shape: object = None) -> None:
        """Fix the shape of one sample.

        Args:
            input_shape: with or without the leading batch axis None, e.g. ``(None, 784)`` or ``(784,)``.

        Raises:
            ValueError, TypeError: no shape, or one that a layer cannot take. RuntimeError: the model is being trained.
        """
        if self.built:
            self.refuse_in_training("build")
        if input_shape is not None:
            shape = tuple(input_shape) if isinstance(input_shape, Iterable) else (input_shape,)
            self.input_shape = layers_module.Input(shape[1:] if shape[:1] == (None,) else shape).shape
        self._rebuild()

    def _rebuild(self) -> None:
        """Lay out the weights again; layers that had weights of the same shapes keep them."""
        self._structure_changed()
        self._lay_out()

    def _lay_out(self) -> None:
        if self.input_shape is None:
            return
        specs = list(zip(self.layers, self._shapes()[:-1], strict=True))
        self._store = lay_out(self, specs, self.dtype, self._seed, self._store)
        for layer, shape in specs:
            layer.set_build_spec(BuildSpec(self.dtype, shape))

    def _structure_changed(self) -> None:
        """Drop the optimizer state: the layers, and so the buffer layout, have changed."""
        self.optimizer_state = None

    def _shapes(self) -> list[Shape]:
        """The shapes of one sample: at the input of each layer, and at the output of the last."""
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

    # Training, during which the structure cannot change and nobody else trains the model.

    @contextmanager
    def in_training(self) -> Iterator[Trainer]:
        """Mark the model as being trained.

        Raises:
            RuntimeError: it is already.
        """
        own = Trainer()
        try:
            if self.__dict__.setdefault("_trained_by", own) is not own:  # one step for the interpreter: no lock needed
                self.refuse_in_training("fit")
            self._refuse_shared_in_training()
            yield own
        finally:
            if self._trained_by is own:
                del self._trained_by

    def refuse_in_training(self, doing: str, only_elsewhere: bool = False) -> None:
        """Raise where the model is being trained, in this thread or another one.

        Args:
            doing: the refused action, e.g. ``"add"``.
            only_elsewhere: whether the training's callbacks, and the holder of its events, may do it.

        Raises:
            RuntimeError: the model is being trained.
        """
        trainer = self._trained_by
        here = trainer is not None and trainer.thread == get_ident()
        if trainer is None or (only_elsewhere and here):
            return
        who = f"{doing} was called by a callback" if here else "another thread trains it"
        fix = "wait until fit has returned"
        if trainer.waiting:
            who, fix = "its fit_events are not at their end", "take the rest of them, or close() them"
        raise RuntimeError(
            f"{doing}: model {self.name!r} is being trained ({who}); {fix}, or use a copy: copy.deepcopy(model)"
        )

    def _sharing(self) -> Iterator[tuple[Handle, LayerStack]]:
        """Every layer with weights that another model shares, and such a model."""
        for leaf in (leaf.layer for layer in self.layers for leaf in layer.leaf_layers()):
            for model in leaf.models() if leaf._variables else ():
                if isinstance(model, LayerStack) and model is not self:
                    yield leaf, model

    def _refuse_shared_in_training(self) -> None:
        for layer, other in self._sharing():
            trainer = other._trained_by
            if trainer is not None and not trainer.waiting and trainer.thread != get_ident():
                raise RuntimeError(
                    f"fit: layer {layer.name!r} is shared with model {other.name!r}, which another thread trains; wait "
                    "until its fit has returned, or use a copy: copy.deepcopy(model)"
                )

    def _refuse_other_dtype(self, dtype: DType) -> None:
        """Refuse to change the dtype of weights that another model shares."""
        for layer, other in self._sharing() if dtype != self.dtype else ():
            raise ValueError(
                f"compile: dtype={dtype.name!r}: layer {layer.name!r} is shared with model {other.name!r}, and its "
                f"weights are {self.dtype.name}; keep the dtype, or use a copy: copy.deepcopy(model)"
            )

    # Weights.

    @property
    def weights(self) -> list[Variable]:
        """All weights, layer by layer; none before the model is built."""
        return [variable for layer in self.layers for variable in layer.weights]

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        return [variable for layer in self.layers for variable in layer.trainable_weights]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The other weights: state, and frozen ones."""
        return [variable for layer in self.layers for variable in layer.non_trainable_weights]

    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    @property
    def store(self) -> Store:
        """The memory of the model's weights.

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
        self.store  # noqa: B018  # builds, or raises the reason why not
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
