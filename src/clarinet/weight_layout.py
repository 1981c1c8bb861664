"""Where the weights of a model's layers are, and their first values: drawn when first read, or those they have."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from clarinet.layers.base import Layer
from clarinet.layers.handle import Handle
from clarinet.layers.places import first_places, own_weights
from clarinet.params import Block, Layout, Segment, Store, Weight
from clarinet.philox import Key, Stream
from clarinet.types import Array, DType, Shape
from clarinet.variables import Variable


@dataclass
class Seed:
    """A model's seed, which counts until the values are drawn, whether or not the model is still there by then."""

    value: int


@dataclass
class _Own:
    """A layer without children in a model: its weights there, and their place among the weights of the model's
    layer."""

    layer: Handle
    prefix: str  # of their names in the model's layer
    segments: list[Segment]
    first: int  # the number of its first weight within the model's layer

    def stays(self, family: Container[int]) -> bool:
        """Whether its weights are where a model has them that is none of these; one that it never reaches has none."""
        built = self.layer._build_spec is not None and bool(self.layer._variables)
        return built and any(id(other) not in family for other in self.layer.models())

    def named(self, segment: Segment) -> Segment:
        """The segment with its weight under the layer's own name."""
        return replace(segment, weight=replace(segment.weight, name=segment.name.removeprefix(self.prefix)))


def lay_out(
    model: object,
    layers: Sequence[tuple[Layer, Shape | None]],
    dtype: DType,
    seed: Seed,
    before: Store | None = None,
    family: Iterable[object] = (),
) -> Store:
    """Decide where the weights of a model's layers are: in another model's memory if it has them, else in one new
    block.

    Layers that have weights of the right shapes keep them and their values, the others get new ones.

    Args:
        model: the holder of the layers.
        layers: its layers and the shape of a sample at the input of each; none where nothing reaches one.
        dtype: float32 or float64.
        seed: of first values, read when they are drawn.
        before: the model's earlier weights: those not drawn there are drawn for their new place.
        family: other models that have some of the layers and are laid out anew as well, after this one.

    Raises:
        ValueError: another model's layer has weights of another shape or dtype; nothing is changed then.
    """
    own_family = {id(model), *map(id, family)}
    held = [layer for layer, _ in layers]
    weights = own_weights(held, [wanted(layer, shape, False) for layer, shape in layers])
    state = own_weights(held, [wanted(layer, shape, True) for layer, shape in layers])
    layouts = (
        Layout.of([(own, layer.trainable) for layer, own in zip(held, weights, strict=True)], dtype.itemsize),
        Layout.of([(own, False) for own in state], dtype.itemsize, state=True),
    )
    every = list(_owns(held, *layouts))
    shared = [own for own in every if own.stays(own_family)]
    if not shared:
        block = Block(*layouts, dtype)
        _take(every, [own.segments for own in every], block, seed, before)
        return Store(*layouts, dtype, block)
    for own in shared:
        _check(own, model, dtype)
    rest = [x for x in every if not x.stays(own_family)]
    packed = [
        Layout.packed((s for x in rest for s in x.segments if s.state is state), dtype.itemsize)
        for state in (False, True)
    ]
    block = Block(packed[0], packed[1], dtype)
    places = [iter(layout.segments) for layout in packed]
    _take(rest, [[next(places[s.state]) for s in x.segments] for x in rest], block, seed, before)
    locations = {
        s.spot: variable.location
        for x in every
        for s, variable in zip(x.segments, x.layer._variables or (), strict=True)
    }
    return Store(*layouts, dtype, block, locations)


def wanted(layer: Layer, shape: Shape | None, state: bool) -> tuple[Weight, ...]:
    """What a layer is to have, its state or what is trained; where nobody says what it takes, what it has already."""
    if not shape and layer._variables and not layer.children:
        return tuple(variable.weight for variable in layer._variables if variable.state is state)
    if shape is None:
        if not layer.only_weights and not any(leaf.layer._variables for leaf in layer.leaf_layers()):
            return ()  # nothing reaches it, so it is not built
        shape = ()
    return layer.state_specs(shape) if state else layer.weight_specs(shape)


def _owns(layers: Sequence[Layer], layout: Layout, state_layout: Layout) -> Iterator[_Own]:
    first = first_places(layers)
    for index, layer in enumerate(layers):
        number = 0
        for leaf, prefix, _ in layer.leaf_layers():
            if first[index, prefix] == (index, prefix):
                segments = [*layout.of_layer(index, prefix), *state_layout.of_layer(index, prefix)]
                yield _Own(leaf, prefix, segments, number)
                number += len(segments)


def _check(own: _Own, model: object, dtype: DType) -> None:
    other = next(other for other in own.layer.models() if other is not model)
    variables = own.layer._variables or ()
    shapes, wanted = [variable.shape for variable in variables], [segment.shape for segment in own.segments]
    whose = f"layer {own.layer.name!r} is shared with model {other.name!r}"
    if shapes != wanted:
        raise ValueError(
            f"{whose}: there its weights have the shapes {shapes}, here they would need {wanted}; give it inputs of "
            "the same shape, or put another layer here"
        )
    if any(variable.dtype != dtype for variable in variables):
        found = variables[0].dtype.name
        raise ValueError(
            f"{whose}, whose weights are {found} while this model's are {dtype.name}; call compile(dtype={found!r}), "
            "or use a copy: copy.deepcopy(layer)"
        )


def _take(owns: list[_Own], places: list[list[Segment]], block: Block, seed: Seed, before: Store | None) -> None:
    """Move layers' weights into a block, each to its place; new ones are drawn later."""
    for own, segments in zip(owns, places, strict=True):
        old = own.layer._variables
        locations = [own.named(segment) for segment in segments]
        if old is not None and [v.shape for v in old] == [s.shape for s in locations]:
            own.layer._variables = tuple(old)
        else:
            old, own.layer._variables = None, tuple(Variable.at(block, location, own.layer) for location in locations)
        for number, (variable, location) in enumerate(zip(own.layer._variables, locations, strict=True), own.first):
            if old is not None and _keeps(variable, before):
                block.put(location, variable.view())
            else:
                block.draw_later(location, _draw(location.weight, block.dtype, seed, location.layer, number))
            variable.move(block, location)


def _keeps(variable: Variable, before: Store | None) -> bool:
    """Whether a variable that is moved has its first value already, or draws it as was said where it is."""
    block = variable.location[0]
    return variable.drawn or not (block.provisional or (before is not None and before.owns(block)))


def _draw(weight: Weight, dtype: DType, seed: Seed, layer: int, number: int) -> Callable[[Array], None]:
    def draw(view: Array) -> None:
        key = Key(seed.value, Stream.INIT, step=number, layer=layer)
        view[...] = weight.draw(dtype, key)

    return draw
