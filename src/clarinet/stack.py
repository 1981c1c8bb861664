"""The structure of a model: which layers, which shapes, where the weights are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from clarinet import layers as layers_module
from clarinet.configurable import refuse_overrides
from clarinet.layers.base import Layer, Place, Shape
from clarinet.layers.parts import leaves
from clarinet.names import Names, snake_case
from clarinet.optimizers import OptimizerState
from clarinet.params import Array, Layout, Segment, Store
from clarinet.random import Key, Stream, next_seed
from clarinet.summary import print_summary, summary_html

NO_LAYERS = "the model has no layers; add one, e.g. model.add(Dense(10))"
_FIXED_ORDER = "a Sequential runs its layers in order; the layers Residual and Parallel make skips and branches"
_FIXED_STEP = "the engine runs the steps; write a loop of your own with train_on_batch, or use callbacks"


class LayerStack:
    """Layers in order and the buffers that hold their weights; :class:`clarinet.Sequential` adds learning to it.

    Args:
        layers: layers in order, perhaps with an ``Input`` before them.
        name: for people.
    """

    kind: ClassVar[str] = "model"
    not_called: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("call", "__call__"), _FIXED_ORDER),
        **dict.fromkeys(("train_step", "make_train_function"), _FIXED_STEP),
        **dict.fromkeys(("test_step", "make_test_function"), _FIXED_STEP),
        **dict.fromkeys(("predict_step", "make_predict_function"), _FIXED_STEP),
        **dict.fromkeys(("compute_loss", "compute_metrics"), "give compile a loss or metric of your own"),
    }

    def __init__(self, layers: Iterable[Any] = (), name: str | None = None) -> None:
        refuse_overrides(type(self))
        self.name = name or "sequential"
        self.seed = next_seed()
        self.layers: list[Layer] = []
        self.input_shape: Shape | None = None
        self.dtype: np.dtype[Any] = np.dtype(np.float32)
        self.optimizer_state: OptimizerState | None = None
        self._store: Store | None = None
        self._extend(layers or ())
        self._rebuild()

    def add(self, layer: Any) -> None:
        """Append a layer.

        Raises:
            TypeError: not a layer. ValueError: the layer is already in this model, or its name is taken.
        """
        self._extend([layer])
        self._rebuild()

    def _extend(self, layers: Iterable[Any]) -> None:
        names = Names(layer.name for layer in self.layers)
        for layer in layers:
            self._append(layer, names)

    def _append(self, layer: Any, names: Names) -> None:
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
        if layer._owner is not None:  # another model's: copied, with its weights
            source, layer = layer, layer.twin()
            whole = source.built and isinstance(source._owner, LayerStack)  # not one of a container's
            if whole and not self.layers and self.input_shape is None:
                self.input_shape = source._owner.layer_input_shape(source)
        layer.name = names.take(layer.name, snake_case(type(layer).__name__))
        if not self.layers and self.input_shape is None:
            self.input_shape = layer.input_shape
        layer._owner = self
        self.layers.append(layer)

    def pop(self) -> Layer:
        """Remove the last layer and return it; the others keep their weights.

        Raises:
            ValueError: there are no layers.
        """
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
        """
        if input_shape is not None:
            shape = tuple(input_shape) if not isinstance(input_shape, int) else (input_shape,)
            self.input_shape = layers_module.Input(shape[1:] if shape[:1] == (None,) else shape).shape
        self._rebuild()

    def _rebuild(self) -> None:
        """Lay out the weights anew; layers that had weights of the same shapes keep them."""
        self._structure_changed()
        if self.input_shape is None:
            return
        drawn = self._store is not None and self._store.drawn
        own = [leaf for layer in self.layers for leaf, *_ in leaves(layer)]
        kept = {id(leaf): leaf.get_weights() if leaf.built and drawn else leaf._brought for leaf in own}
        specs = list(self._with_input_shapes())
        itemsize = self.dtype.itemsize
        store = Store(
            Layout.of([(x.weight_specs(s), x.trainable) for x, s in specs], itemsize),
            Layout.of([(x.state_specs(s), False) for x, s in specs], itemsize),
            self.dtype,
            lambda new: self._draw(new, kept),
        )
        for index, layer in enumerate(self.layers):
            layer.put(Place(store, index))
        self._store = store

    def _structure_changed(self) -> None:
        """What was made for the old structure is of no use any more."""
        self.optimizer_state = None

    def _draw(self, store: Store, kept: Mapping[int, list[Array] | None]) -> None:
        for index, layer in enumerate(self.layers):
            number = 0  # of the weight within the outermost layer
            for leaf, prefix, _ in leaves(layer):
                old, weights = kept.get(id(leaf)), store.weights_of(index, prefix)
                if old and [a.shape for a in old] == [s.shape for s, _ in weights]:
                    for (_, view), array in zip(weights, old, strict=True):
                        view[...] = array
                else:
                    self._draw_weights(weights, index, number)
                leaf._brought = None
                number += len(weights)

    def _draw_weights(self, weights: Sequence[tuple[Segment, Array]], layer: int, first: int) -> None:
        for number, (segment, view) in enumerate(weights, first):
            key = Key(self.seed, Stream.INIT, step=number, layer=layer)
            view[...] = segment.weight.initializer(segment.shape, dtype=self.dtype, key=key)

    def layer_input_shape(self, layer: Layer) -> Shape:
        """Shape of one sample as it enters ``layer``."""
        return next(shape for other, shape in self._with_input_shapes() if other is layer)

    def _with_input_shapes(self) -> Iterator[tuple[Layer, Shape]]:
        """The layers, each with the shape of one sample as it enters it."""
        shape = self._known_shape()
        for layer in self.layers:
            yield layer, shape
            shape = layer.output_shape(shape)

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
        shape = self.input_shape
        for layer in self.layers if shape is not None else ():
            shape = layer.output_shape(shape)  # type: ignore[arg-type]
        return shape

    def summary(self, print_fn: Callable[[str], Any] | None = None) -> None:
        """Print a table of layers, output shapes and numbers of parameters.

        Args:
            print_fn: called once a line; default ``print``.
        """
        print_summary(self, print_fn)

    def _repr_html_(self) -> str:
        return summary_html(self)

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

    def set_weights(self, weights: Sequence[Any]) -> None:
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
