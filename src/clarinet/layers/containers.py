"""Layers that hold layers: skip connections and parallel branches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from clarinet import aliases
from clarinet.layers.base import Layer, Part
from clarinet.layers.composite import Composite
from clarinet.layers.handle import take_name
from clarinet.layers.merge import Merge
from clarinet.layers.parts import depth
from clarinet.layers.places import Once
from clarinet.names import Names

#: A layer, or its configuration.
LayerLike = Layer | Mapping[str, object]
#: Layers that one tensor goes through, in order.
Chain = LayerLike | Iterable[LayerLike]
Chains = tuple[tuple[Layer, ...], ...]
_SINGLE = (str, dict, Layer)
#: Layers within layers within layers, at most: far more than any network has.
MAX_DEPTH = 64


@dataclass(eq=False, repr=False)
class Container(Composite):
    """Base of layers made of chains of layers, all of which take the same input; their outputs are merged."""

    _chains: Chains = field(default=(), init=False)

    def chains(self) -> Chains:
        """The chains, in order; an empty one passes the input on unchanged."""
        return self._chains

    def merging(self) -> Merge:
        """The layer that merges the chains' outputs."""
        raise NotImplementedError

    @property
    def children(self) -> tuple[Layer, ...]:
        return tuple(layer for chain in self.chains() for layer in chain)

    def parts(self) -> tuple[Layer | Part, ...]:
        parts: list[Part] = []
        ends = []
        for chain in self.chains():
            end = 0
            for layer in chain:
                parts.append(Part(layer, (end,), prefix=f"{len(parts)}."))
                end = len(parts)
            ends.append(end)
        return (*parts, Part(self.merging(), tuple(ends)))

    def detached(self) -> Self:
        """A copy that belongs to no model, of copies of the children."""
        clone = super().detached()
        copies = {id(child): child.detached() for child in self.children}
        clone._hold(tuple(tuple(copies[id(layer)] for layer in chain) for chain in self._chains))
        for child in clone.children:
            child.join(clone)
        return clone

    def _hold(self, chains: Chains) -> None:
        """Keep the chains and their configuration."""
        self.__dict__.update(self._settings(chains), _chains=chains)

    def _settings(self, chains: Chains) -> dict[str, object]:
        """The fields that hold the chains."""
        raise NotImplementedError

    def _adopt(self, given: Chain, what: str) -> tuple[Layer, ...]:
        """A chain of layers, from a layer, a list of layers, or their configurations."""
        from clarinet import layers as layers_module

        own = []
        for item in [given] if isinstance(given, _SINGLE) or not isinstance(given, Iterable) else given:
            if not isinstance(item, (Layer, dict)):
                raise TypeError(f"{what}: expected layers such as Dense(10), received {item!r}")
            layer = layers_module.get(item)
            if layer.merges:
                raise ValueError(f"{what}: {type(layer).__name__} takes several tensors, and a chain has one")
            own.append(layer)
        return tuple(own)

    def _settle(self) -> None:
        """Take the children; refuse a layer that occurs twice and too deep nesting, because parts are found by
        recursion."""
        if depth(self) > MAX_DEPTH:
            kind = type(self).__name__
            raise ValueError(
                f"{kind}: layers are nested more than {MAX_DEPTH} deep; put them one after another instead"
            )
        names, once = Names(), Once()
        for child in self.children:
            if once.twice(child) is not None:
                kind = type(self).__name__
                raise ValueError(f"{kind}: {child!r} occurs twice; make a second layer with the same settings")
            take_name(child, names)
            child.join(self)


@dataclass(eq=False, repr=False)
class Residual(Container):
    """A skip connection: ``y = shortcut(x) + layers(x)``.

    Shapes: ``layers`` and ``shortcut`` must have outputs of the same shape, which is the output's. Gradient: that of
    ``x`` is the sum of the gradients from the two. (He, Zhang, Ren, Sun, *Deep residual learning for image
    recognition*, CVPR 2016.) Weights come layer by layer: first those of ``layers``, then those of ``shortcut``.

    Args:
        layers: the layers that ``x`` goes through, in order, at least one. Layers of another model or container are
            shared with it, with their weights.
        shortcut: those of the other way, e.g. ``[Dense(units)]`` to change the shape; default none: ``x`` itself.
        trainable: False freezes everything within.

    Raises:
        TypeError: something that is not a layer. ValueError: no layers, two of one name, shapes that differ.

    Example:
        >>> import clarinet
        >>> from clarinet.layers import Dense, Input, Residual
        >>> model = clarinet.Sequential([Input((8,)), Residual([Dense(16, "relu"), Dense(8)]), Dense(1)])
        >>> model.layers[0].output_shape((8,))
        (8,)
    """

    layers: Chain
    shortcut: Chain = ()

    def check(self) -> None:
        layers = self._adopt(self.layers, "Residual: layers")
        self._hold((layers, self._adopt(self.shortcut, "Residual: shortcut")))
        if not layers:
            raise ValueError("Residual: layers is empty; expected at least one layer, e.g. Residual([Dense(8)])")
        self._settle()

    def merging(self) -> Merge:
        return Merge("add")

    def _settings(self, chains: Chains) -> dict[str, object]:
        layers, shortcut = chains
        return {"layers": layers, "shortcut": shortcut}


@dataclass(eq=False, repr=False)
class Parallel(Container):
    """Branches that all take ``x``, and whose outputs are merged: side by side, their sum, product, mean, maximum.

    Shapes: the branches must have outputs of the same shape; with ``"concatenate"`` they may differ along ``axis``,
    where the output is their concatenation. Gradients: see the merges' derivatives; that of ``x`` is the sum of the
    gradients from the branches. (Szegedy et al., *Going deeper with convolutions*, CVPR 2015.) Weights come branch by
    branch, layer by layer.

    Args:
        branches: a list with a layer, or a list of layers in order, for each branch; an empty list passes ``x`` on.
            Layers of another model or container are copied, with their weights.
        merge: ``"concatenate"`` (default), ``"add"``, ``"multiply"``, ``"average"``, ``"maximum"``, ``"minimum"`` or
            ``"subtract"``, which takes two branches. Where two are equal each gets half of a maximum's gradient.
        axis: along which to concatenate, counting the batch axis as 0; default -1, the last.
        trainable: False freezes everything within.

    Raises:
        TypeError: something that is not a layer. ValueError: no branches, an unknown merge, two layers of one name, the
        batch axis, shapes that do not fit.

    Example:
        >>> from clarinet.layers import Dense, Parallel
        >>> Parallel([Dense(3), [Dense(8, "relu"), Dense(2)], []]).output_shape((4,))
        (9,)
    """

    branches: Iterable[Chain]
    merge: str = "concatenate"
    axis: int = -1

    def check(self) -> None:
        if isinstance(self.branches, _SINGLE) or not isinstance(self.branches, Iterable):
            raise TypeError(f"Parallel: branches is a list of layers or of lists of layers, received {self.branches!r}")
        self._hold(tuple(self._adopt(branch, f"Parallel: branch {i}") for i, branch in enumerate(self.branches)))
        if not self._chains:
            raise ValueError("Parallel: branches is empty; expected at least one, e.g. Parallel([Dense(4), Dense(4)])")
        self.merging()
        self._settle()

    def merging(self) -> Merge:
        return Merge(self.merge, self.axis)

    @property
    def equation(self) -> str:
        """The formula of what is merged."""
        return f"{self.merging().equation} of its branches"

    def _settings(self, chains: Chains) -> dict[str, object]:
        return {"branches": chains}


if not TYPE_CHECKING:  # a program of earlier times asks here for names of the package
    __getattr__ = aliases.within_package(__name__)
