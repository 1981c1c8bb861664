"""Draws programs: ``draw(seed)`` is the same program every time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import prod
from typing import Any

from tests.cases import Case
from tests.fuzz.program import FLOATS, FORMS, NUMBERS, WHOLE, Given, Program
from tests.fuzz.things import Thing, drawn, pool, row, vary

#: Numbers in one sample of any tensor, at most: programs are to be quick.
_LARGEST = 400
_STEPS = 8
#: Weights of a network that is minimised at once, below.
_MINIMISED = 60
_TARGETS = {thing.name: case.targets for thing, case in reversed(pool("losses")) if case is not None}
_CHANCES = {thing.name for thing, case in pool("losses") if case is not None and case.predictions == "chances"}

Shape = tuple[int, ...]


def draw(seed: int) -> Program:
    """The program of a seed."""
    rng = random.Random(seed)
    loss = drawn(rng, "losses", 0.3)
    shape, layers, ids = _network(rng)
    layers, output = _finish(rng, layers, _shape_after(layers, shape), loss)
    targets = _TARGETS[loss.name]
    rows = rng.choice((1, 2, 3, 4, 5, 7, 9, 11, 12))
    batch = rng.choice((rows, rows, max(1, rows // 2), rng.randint(1, rows + 2)))
    epochs = rng.choice((1, 1, 2, 3))
    while -(-rows // batch) * epochs > _STEPS:
        batch += 1
    feed = "batches" if rng.random() < 0.1 else "arrays"
    metrics = _metrics(rng, targets)
    weights = rng.choice((None, None, None, "random", "zeros"))
    return Program(
        shape,
        tuple(layers),
        loss,
        _optimizer(rng, _count(layers, shape)),
        metrics[0],
        metrics[1],
        rows,
        batch,
        epochs,
        x=Given(ids, rng.choice(WHOLE[:4] + FLOATS[:2])) if ids else _inputs(rng),
        y=_labels(rng, targets, loss, output),
        flat=rng.random() < 0.5,
        weights=weights,
        fit=_fit_arguments(rng, targets, rows, output) if feed == "arrays" else {},
        feed=feed,
        held_out=rng.choice((0, 0, 0, 1, 3, 5)),
        target=rng.choice(("standard", "minmax")) if targets == "numbers" and rng.random() < 0.08 else None,
        seed=rng.randrange(1000),
    )


# The network.


def _network(rng: random.Random) -> tuple[Shape, list[Thing], str]:
    """The shape of a sample, layers, and which ids the first one looks up (empty where it takes numbers)."""
    first, case = row(rng, "layers")
    shape = _near(rng, case.shape) if rng.random() < 0.6 else case.shape
    ids = ""
    if case.inputs == "ids":
        first = vary(rng, first, 0.2)
        ids = f"ids-{first.settings['input_dim']}"
    elif rng.random() < 0.5:
        first = vary(rng, first)
    if _output(first, shape) is None:
        first, shape = pool_thing(case), case.shape
    layers, at = [first], _output(first, shape)
    assert at is not None
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        layers, at = _append(rng, layers, at)
    return shape, layers, ids


def pool_thing(case: Case) -> Thing:
    """The thing of a row as it stands."""
    return next(thing for thing, other in pool("layers") if other is case)


def _append(rng: random.Random, layers: list[Thing], at: Shape) -> tuple[list[Thing], Shape]:
    """One more layer; where it does not take what there is, one that brings it into shape goes before it."""
    layer, case = row(rng, "layers")
    if case.inputs == "ids":
        return layers, at
    layer = vary(rng, layer)
    between: list[Thing] = []
    after = _output(layer, at)
    if after is None or rng.random() < 0.2:
        shape = _near(rng, case.shape) if rng.random() < 0.5 else case.shape
        between = _bridge(at, shape)
        after = _output(layer, shape)
    if after is None:
        return layers, at
    return [*layers, *between, layer], after


def _bridge(at: Shape, shape: Shape) -> list[Thing]:
    flat = [] if len(at) == 1 else [Thing("layers", "Flatten")]
    dense = [] if prod(at) == prod(shape) else [Thing("layers", "Dense", {"units": prod(shape)})]
    return [*flat, *dense, *([] if len(shape) == 1 else [Thing("layers", "Reshape", {"target_shape": shape})])]


def _near(rng: random.Random, shape: Shape) -> Shape:
    """A shape with as many axes, some of them of another length; often 1."""
    return tuple(rng.choice((n, n, n, 1, max(1, n - 1), n + 1, n + 2, 2 * n)) for n in shape)


def _output(layer: Thing, shape: Shape) -> Shape | None:
    """What a layer gives for a shape; None where it refuses it or gives too much."""
    try:
        made = layer.make()
        after = made.output_shape(shape)
        made.weight_specs(shape)
    except (ValueError, TypeError):
        return None
    return after if 0 < prod(after) <= _LARGEST and len(after) > 0 else None


def _shape_after(layers: Sequence[Thing], shape: Shape) -> Shape:
    for layer in layers:
        shape = layer.make().output_shape(shape)
    return shape


def _count(layers: Sequence[Thing], shape: Shape) -> int:
    """Weights that can be trained."""
    count = 0
    for layer in layers:
        made = layer.make()
        count += sum(weight.size for weight in made.weight_specs(shape))
        shape = made.output_shape(shape)
    return count


def _finish(rng: random.Random, layers: list[Thing], at: Shape, loss: Thing) -> tuple[list[Thing], Shape]:
    """The last layers: what the loss needs, most of the time."""
    chances = loss.name in _CHANCES and not loss.settings.get("from_logits")
    if not chances and rng.random() < 0.4:
        return layers, at
    if len(at) > 1 and rng.random() < 0.7:
        layers, at = [*layers, Thing("layers", "Flatten")], (prod(at),)
    units = rng.choice((1, 2, 3, 4, 4, 4, 5, 17))
    settings: dict[str, Any] = {"units": units}
    if chances:
        kind = "Softmax" if units > 1 and rng.random() < 0.7 else "Sigmoid"
        settings["activation"] = Thing("activations", kind)
    elif rng.random() < 0.3:
        settings["activation"] = drawn(rng, "activations")
    return [*layers, Thing("layers", "Dense", settings)], (*at[:-1], units)


# Everything else.


def _optimizer(rng: random.Random, weights: int) -> Thing:
    if rng.random() < 0.3:  # its steps show gradients as they are
        return Thing("optimizers", "SGD", {"learning_rate": rng.choice((0.1, 0.5, 1.0))})
    chosen = drawn(rng, "optimizers")
    if chosen.name.endswith("BFGS"):
        return chosen if weights < _MINIMISED else Thing("optimizers", "SGD")
    if rng.random() < 0.4:
        rate = drawn(rng, "schedules") if rng.random() < 0.4 else rng.choice((0.0, 1e-3, 0.01, 0.05, 0.1))
        chosen = chosen.changed(learning_rate=rate)
    return chosen


def _metrics(rng: random.Random, targets: str) -> tuple[tuple[Thing, ...], tuple[Thing, ...]]:
    fitting = [thing for thing, case in pool("metrics") if case is not None and case.targets in (targets, "numbers")]
    if targets == "ids":
        fitting = [thing for thing, case in pool("metrics") if case is not None and case.targets == "ids"]

    def some() -> tuple[Thing, ...]:
        return tuple(vary(rng, rng.choice(fitting), 0.3) for _ in range(rng.choice((0, 0, 1, 1, 2))))

    return some(), some()


def _form(rng: random.Random) -> str:
    return rng.choice(FORMS) if rng.random() < 0.25 else "plain"


def _inputs(rng: random.Random) -> Given:
    numbers = rng.choice(NUMBERS)
    if numbers in ("small", "pixels") and rng.random() < 0.6:
        dtype = rng.choice(WHOLE)
    else:
        dtype = rng.choice(FLOATS) if rng.random() < 0.4 else "float32"
    return Given(numbers, dtype, _form(rng))


def _labels(rng: random.Random, targets: str, loss: Thing, output: Shape) -> Given:
    if targets == "numbers":
        kinds = ("normal", "small", "positive", "sparse", "constant")
        return Given(rng.choice(kinds), rng.choice(FLOATS[:2]), _form(rng))
    fitting = FLOATS[:3] + WHOLE if output[-1] < 100 else ("int64",)
    if targets == "ids" and output[-1] > 2:
        fitting = tuple(dtype for dtype in fitting if dtype != "bool")
    return Given(targets, rng.choice(fitting), _form(rng))


def _fit_arguments(rng: random.Random, targets: str, rows: int, output: Shape) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if rng.random() < 0.3:
        found["shuffle"] = False
    if rng.random() < 0.2:
        found["stats_every"] = rng.choice((0, 1, 2))
    if rows > 2 and rng.random() < 0.1:
        found["validation_split"] = rng.choice((0.2, 0.5))
    if rng.random() < 0.1:
        found["steps_per_epoch"] = rng.choice((1, 2, 3))
    if targets in ("ids", "one-hot") and len(output) == 1 and rng.random() < 0.2:
        found["class_weight"] = {0: rng.choice((0.0, 0.5, 2.0)), 1: 3}
    return found
