"""What a layer consists of: the graph of its parts, down to the elementary layers that engines run."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from clarinet.configurable import is_ours

if TYPE_CHECKING:
    from clarinet.layers.base import Layer, Shape


@dataclass(frozen=True)
class Part:
    """One of the layers that a layer consists of, and how it is connected.

    Attributes:
        layer: whose forward and backward define it.
        sources: what it takes: 0 is the whole layer's input, ``i + 1`` what part ``i`` gives; None (default) is what
            the part before gives. More than one for a layer that merges.
        names: the whole layer's names for the part's weights and state, where they are called otherwise there.
        prefix: put before every name.
    """

    layer: Layer
    sources: tuple[int, ...] | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    whole: Part | None = None  # the part of a layer further out that this one's layer is

    def called(self, name: str) -> str:
        """The outermost layer's name for the part's weight ``name``."""
        name = self.prefix + self.names.get(name, name)
        return name if self.whole is None else self.whole.called(name)

    def within(self, whole: Part | None) -> Part:
        """This part as one of a layer that is itself a part."""
        return self if whole is None else replace(self, whole=whole if self.whole is None else self.whole.within(whole))


class Leaf(NamedTuple):
    """A layer without children, what its weights' names begin with in the outermost layer, whether it is trained."""

    layer: Layer
    prefix: str
    trainable: bool


def leaves(layer: Layer, prefix: str = "", trainable: bool = True) -> Iterator[Leaf]:
    """The layers without children that a layer holds, in order; itself where it holds none."""
    trainable = trainable and layer.trainable
    if not layer.children:
        yield Leaf(layer, prefix, trainable)
    for number, child in enumerate(layer.children):
        yield from leaves(child, f"{prefix}{number}.", trainable)


def depth(layer: Layer) -> int:
    """How many layers are within each other; 1 for one without children."""
    return 1 + max(map(depth, layer.children), default=0)


def direct(layer: Layer) -> list[Part]:
    """A layer's own parts, each with its sources."""
    parts = [part if isinstance(part, Part) else Part(part) for part in layer.parts()]
    return [replace(p, sources=(number,) if p.sources is None else p.sources) for number, p in enumerate(parts)]


def elementary(layer: Layer) -> list[Part]:
    """A layer as elementary parts, each with its sources; a frozen layer's parts are frozen."""
    found: list[Part] = []
    _take_apart(layer, None, (0,), True, found)
    return found


def _take_apart(layer: Layer, whole: Part | None, taken: tuple[int, ...], trainable: bool, found: list[Part]) -> int:
    """Append the elementary parts of a layer that takes these tensors; gives the number of the tensor it ends in."""
    parts = direct(layer)
    if len(parts) == 1 and type(parts[0].layer) is type(layer):
        spec = parts[0].layer
        if spec.trainable and not trainable:
            spec = copy.copy(spec)
            spec.trainable = False
        found.append(replace(parts[0], layer=spec, sources=taken).within(whole))
        return len(found)
    _refuse_outdated(layer, parts)
    trainable = trainable and layer.trainable
    given = [taken[0]]  # the tensor that the layer takes, and those that its parts give
    for part in parts:
        sources = tuple(given[s] for s in part.sources or ())
        given.append(_take_apart(part.layer, part.within(whole), sources, trainable, found))
    return given[-1]


def _refuse_outdated(layer: Layer, parts: list[Part]) -> None:
    """Refuse a subclass whose own forward would not run, for what runs are the parts of the class above it."""
    if not is_ours(type(layer), "forward") and is_ours(type(layer), "parts"):
        raise TypeError(
            f"{type(layer).__name__}.forward is not what runs: with these settings the layer runs as its parts, "
            f"{', '.join(type(part.layer).__name__ for part in parts)}; make it without activation and put Activation "
            "after it, or define parts too"
        )


def shapes_within(input_shape: Shape, parts: Iterable[Part]) -> list[tuple[Shape, Any]]:
    """For each part the shape of what it gives and of what it takes (a tuple of shapes for one that merges)."""
    given, found = [input_shape], []
    for part in parts:
        taken = tuple(given[s] for s in part.sources or ())
        takes: Any = taken if part.layer.merges else taken[0]
        given.append(part.layer.output_shape(takes))
        found.append((given[-1], takes))
    return found
