"""Small changes of a program, and what a program has that a change may need."""

from __future__ import annotations

from typing import Any

from benchmarks.doctor.mutation.spec import Part, Spec, part


def weighted(spec: Spec) -> list[int]:
    """Layers with a kernel."""
    return [i for i, layer in enumerate(spec.layers) if layer.name in ("Dense", "Conv2D", "Conv1D")]


def hidden_of(spec: Spec) -> list[int]:
    """Hidden layers with an activation."""
    return [i for i in weighted(spec)[:-1] if spec.layers[i].get("activation")]


def last_of(spec: Spec) -> int | None:
    """The last layer, where it has a kernel."""
    own = weighted(spec)
    return own[-1] if own and own[-1] == len(spec.layers) - 1 else None


def ending_of(spec: Spec) -> str | None:
    """Its activation."""
    last = last_of(spec)
    return None if last is None else spec.layers[last].get("activation") or "linear"


def put(spec: Spec, index: int, **config: object) -> Spec:
    """With other arguments of one layer."""
    own = list(spec.layers)
    own[index] = own[index].with_(**config)
    return spec.changed(layers=tuple(own))


def insert(spec: Spec, index: int, *parts: Part) -> Spec:
    """With layers before that with this number."""
    return spec.changed(layers=(*spec.layers[:index], *parts, *spec.layers[index:]))


def each(spec: Spec, indices: list[int], **config: object) -> Spec:
    """With other arguments of several layers."""
    for index in indices:
        spec = put(spec, index, **config)
    return spec


def optimized(spec: Spec, name: str, **config: object) -> Spec:
    """With another optimizer."""
    return spec.changed(optimizer=part(name, **config))


def fitted(spec: Spec, **more: object) -> Spec:
    """With other arguments of ``fit``."""
    return spec.changed(fit={**spec.fit, **more})


def on(spec: Spec, *changes: Any) -> Spec:
    """With changes of the data."""
    return spec.changed(changes=(*spec.changes, *changes))


def rate_of(spec: Spec) -> float | None:
    """The learning rate; None for a schedule, and where there is none."""
    rate = spec.optimizer.get("learning_rate")
    return None if callable(rate) or rate is None else float(rate)


def faster(spec: Spec, factor: float) -> Spec:
    """With a learning rate times a factor."""
    return spec.changed(optimizer=spec.optimizer.with_(learning_rate=factor * float(rate_of(spec) or 0)))


def flat_rows(spec: Spec) -> bool:
    """Whether the first layer takes amounts."""
    return spec.graph is None and (not spec.layers or spec.layers[0].name not in ("Embedding", "Normalization"))


def normalises(spec: Spec) -> bool:
    """Whether the first layer brings its inputs to one size."""
    return any(layer.name in ("Normalization", "BatchNormalization") for layer in spec.layers[:1])


def amounts(spec: Spec) -> bool:
    """Whether amounts are predicted, in units that may be others."""
    return spec.measure == "R2" and spec.family not in ("autoencoders", "losses of vectors", "sigmoids", "counts")
