"""The parts of a layer: a graph, down to the elementary layers that engines run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from clarinet.configurable import is_ours
from clarinet.layers.base import Layer, Part
from clarinet.types import Shape


def depth(layer: Layer) -> int:
    """How many layers are within each other; 1 for one without children."""
    return 1 + max(map(depth, layer.children), default=0)


def direct(layer: Layer) -> list[Part]:
    """A layer's own parts, each with its sources."""
    parts = [part if isinstance(part, Part) else Part(part) for part in layer.parts()]
    return [replace(p, sources=(number,) if p.sources is None else p.sources) for number, p in enumerate(parts)]


def flatten_parts(layer: Layer) -> list[Part]:
    """A layer as elementary parts, each with its sources; a frozen layer's parts are frozen."""
    found: list[Part] = []
    _flatten(layer, None, (0,), True, found)
    return found


def _flatten(layer: Layer, whole: Part | None, taken: tuple[int, ...], trainable: bool, found: list[Part]) -> int:
    """Append the elementary parts of a layer that takes these tensors; returns the number of its output tensor."""
    parts = direct(layer)
    if len(parts) == 1 and type(parts[0].layer) is type(layer):
        spec = parts[0].layer
        if spec.trainable and not trainable:
            spec = spec.bare()
            spec.trainable = False
        found.append(replace(parts[0], layer=spec, sources=taken).within(whole))
        return len(found)
    _refuse_outdated(layer, parts)
    trainable = trainable and layer.trainable
    given = [taken[0]]  # the layer's input tensor, and its parts' outputs
    for part in parts:
        sources = tuple(given[s] for s in part.sources or ())
        given.append(_flatten(part.layer, part.within(whole), sources, trainable, found))
    return given[-1]


def _refuse_outdated(layer: Layer, parts: list[Part]) -> None:
    """Refuse a subclass whose own forward would not run, because the parts of its base class run instead."""
    if not is_ours(type(layer), "forward") and is_ours(type(layer), "parts"):
        raise TypeError(
            f"{type(layer).__name__}.forward is not what runs: with these settings the layer runs as its parts, "
            f"{', '.join(type(part.layer).__name__ for part in parts)}; make it without activation and put Activation "
            "after it, or define parts too"
        )


def shapes_within(input_shape: Shape, parts: Iterable[Part]) -> list[tuple[Shape, tuple[Shape, ...]]]:
    """For each part the shape of its output and the shapes of its inputs: one, or several if it merges."""
    given, found = [input_shape], []
    for part in parts:
        taken = tuple(given[s] for s in part.sources or ())
        takes: Any = taken if part.layer.merges else taken[0]
        given.append(part.layer.output_shape(takes))
        found.append((given[-1], taken))
    return found
