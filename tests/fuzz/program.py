"""A program as plain data: a network, what it is trained on, and how. What is not said is at its simplest."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from clarinet import Sequential, layers
from tests.fuzz.things import Thing, prelude, thing

MSE, SGD = Thing("losses", "MeanSquaredError"), Thing("optimizers", "SGD")


@dataclass(frozen=True)
class Given:
    """How an array is given: which numbers are in it, their type, and how they lie in memory."""

    numbers: str = "normal"
    dtype: str = "float32"
    form: str = "plain"


@dataclass(frozen=True)
class Program:
    """Builds, compiles, fits, evaluates and predicts.

    Attributes:
        shape: of one sample.
        layers, loss, optimizer, metrics, weighted_metrics: things, or what they are made of.
        rows, batch, epochs: at most so many of each.
        x, y: how inputs and labels are given.
        flat: whether labels of one column are given as (n,).
        weights: ``"random"`` or ``"zeros"`` (some of them) for a weight a row.
        fit: further arguments of ``fit``.
        feed: ``"arrays"``, or ``"batches"``: tuples (x, y, weights) one after another.
        held_out: rows to validate on, besides.
        target: of ``compile``.
        seed: of the numbers, the initial weights, shuffling, dropout.
    """

    shape: tuple[int, ...] = (1,)
    layers: tuple[Thing, ...] = ()
    loss: Thing = MSE
    optimizer: Thing = SGD
    metrics: tuple[Thing, ...] = ()
    weighted_metrics: tuple[Thing, ...] = ()
    rows: int = 1
    batch: int = 1
    epochs: int = 1
    x: Given = Given()
    y: Given = Given()
    flat: bool = False
    weights: str | None = None
    fit: dict[str, Any] = field(default_factory=dict)
    feed: str = "arrays"
    held_out: int = 0
    target: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("layers", "metrics", "weighted_metrics"):
            object.__setattr__(self, name, tuple(map(thing, getattr(self, name))))
        for name in ("loss", "optimizer"):
            object.__setattr__(self, name, thing(getattr(self, name)))

    def __repr__(self) -> str:
        told = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        simplest = Program.__new__(Program)
        Program.__init__(simplest)
        return f"Program({', '.join(f'{k}={v!r}' for k, v in told.items() if v != getattr(simplest, k))})"

    def model(self, engine: str = "auto", dtype: str = "float32") -> Sequential:
        """The compiled model."""
        model = Sequential([layers.Input(self.shape), *(layer.make() for layer in self.layers)])
        model.compile(
            self.optimizer.make(),
            self.loss.make(),
            metrics=[m.make() for m in self.metrics],
            weighted_metrics=[m.make() for m in self.weighted_metrics],
            engine=engine,
            dtype=dtype,
            target=self.target,
        )
        return model

    def data(self, output_shape: tuple[int, ...]) -> Data:
        """What it is trained on."""
        return Data(self, output_shape)

    def source(self) -> str:
        """Python that does the same on both engines and prints what comes out."""
        output = self.model().prediction_shape
        assert output is not None
        data = self.data(output)
        arrays = {"x": data.x, "y": data.y} | ({} if data.w is None else {"w": data.w})
        lines = [prelude()]
        lines += [f"{name} = {_text(a)}" for name, a in arrays.items()]
        arguments = {"batch_size": self.batch, "epochs": self.epochs, "seed": self.seed, "verbose": 0} | self.fit
        weighed = "" if data.w is None else "sample_weight=w, "
        given = ", ".join(f"{k}={v!r}" for k, v in arguments.items())
        body = ", ".join([f"layers.Input({self.shape})", *map(repr, self.layers)])
        metrics = (
            f"metrics={list(self.metrics)}, weighted_metrics={list(self.weighted_metrics)}, target={self.target!r}"
        )
        return "\n".join(
            [
                *lines,
                'for engine in ("reference", "native"):',
                f"    model = Sequential([{body}])",
                f"    model.compile({self.optimizer!r}, {self.loss!r}, engine=engine, {metrics})",
                f"    history = model.fit(x, y, {weighed}{given})",
                "    print(engine, history.history, *model.get_weights(), model.predict(x), sep='\\n')",
            ]
        )


class Data:
    """The arrays of a program, the same on every call; the first rows stay when later ones are left out."""

    def __init__(self, program: Program, output_shape: tuple[int, ...]) -> None:
        self._program, self._output = program, output_shape
        self.x, self.y, self.w = self._arrays(0, program.rows)
        self.held_out = self._arrays(1000, program.held_out) if program.held_out else None

    def _arrays(self, first: int, rows: int) -> tuple[Any, Any, Any]:
        p = self._program
        rngs = [np.random.default_rng((p.seed, first + row)) for row in range(rows)]
        x = np.stack([draw(rng, p.x.numbers, p.shape) for rng in rngs])
        y = np.stack([self._label(rng) for rng in rngs])
        y = y[..., 0] if p.flat and y.ndim > 1 and y.shape[-1] == 1 else y
        w = None
        if p.weights is not None:
            w = np.array([rng.integers(0, 2) if p.weights == "zeros" else rng.uniform(0, 2) for rng in rngs], "float32")
        return given(x, p.x), given(y, p.y), w

    def _label(self, rng: np.random.Generator) -> np.ndarray:
        kind, shape = self._program.y.numbers, self._output
        if kind == "ids":
            return rng.integers(0, shape[-1], shape[:-1])
        if kind == "one-hot":
            return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
        if kind == "binary":
            return rng.integers(0, 2, shape)
        return draw(rng, kind, shape)


def draw(rng: np.random.Generator, numbers: str, shape: tuple[int, ...]) -> np.ndarray:
    """One row."""
    if numbers.startswith("ids-"):
        return rng.integers(0, int(numbers[4:]), shape)
    if numbers == "small":
        return rng.integers(-2, 3, shape)
    if numbers == "sparse":
        return rng.normal(size=shape) * (rng.random(shape) < 0.4)
    if numbers == "constant":
        return np.full(shape, 0.7)
    if numbers == "pixels":
        return rng.integers(0, 256, shape)
    if numbers == "positive":
        return rng.uniform(0.1, 3, shape)
    if numbers == "wide":
        return rng.normal(size=shape) * 10.0 ** rng.uniform(-3, 2)
    return rng.normal(size=shape)


NUMBERS = ("normal", "normal", "normal", "small", "sparse", "constant", "pixels", "positive", "wide")
FLOATS = ("float32", "float64", "float16", ">f4", ">f8", "<f8")
WHOLE = ("int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64", ">i4", ">i2", "bool")
FORMS = ("apart", "columns", "reversed", "fortran", "read-only", "field", "memory-mapped", "list", "misaligned")


def given(array: np.ndarray, how: Given) -> Any:
    """The numbers, in the type and place that ``how`` says."""
    array = np.abs(array) if np.dtype(how.dtype).kind == "u" else array
    array = np.ascontiguousarray(array.astype(how.dtype))
    if how.form == "apart":
        room = np.ones((2 * len(array), *array.shape[1:]), array.dtype)
        room[::2] = array
        return room[::2]
    if how.form == "columns":
        room = np.ones((*array.shape, 3), array.dtype)
        room[..., 1] = array
        return room[..., 1]
    if how.form == "reversed":
        return np.flip(np.flip(array).copy())
    if how.form == "fortran":
        return np.asfortranarray(array)
    if how.form == "read-only":
        array.flags.writeable = False
    if how.form == "field":
        room = np.zeros(len(array), [("tag", "u1"), ("value", array.dtype, array.shape[1:])])
        room["value"] = array
        return room["value"]
    if how.form == "misaligned":
        room = np.zeros(array.nbytes + 1, "u1")
        room[1:] = np.frombuffer(array.tobytes(), "u1")
        return room[1:].view(array.dtype).reshape(array.shape)
    if how.form == "memory-mapped":
        with tempfile.NamedTemporaryFile(dir=scratch()) as file:
            file.write(array.tobytes())
            file.flush()
            return np.memmap(file.name, array.dtype, "r", shape=array.shape)
    return array.tolist() if how.form == "list" else array


def scratch() -> Path:
    """Where files can be written quickly."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else Path(tempfile.gettempdir())


def _text(array: Any) -> str:
    plain = np.asarray(array)
    return f"np.array({plain.tolist()}, {plain.dtype.str!r})"
