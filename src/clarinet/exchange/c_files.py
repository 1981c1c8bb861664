"""A model's forward pass as one file in C99 that needs nothing else: for whatever has a compiler."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

import numpy as np

from clarinet import files
from clarinet.exchange.forward import forward_pass
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

_FUNCTIONS = Path(__file__).parent / "functions.c"


class Step(TypedDict, total=False):
    """An operation as :func:`forward_pass` describes it."""

    do: str
    name: str
    merge: str
    epsilon: float
    approximate: bool
    max_value: float | None
    size: int
    inputs: int
    units: int
    channels: int
    groups: int
    length: int
    run: int
    stride: int
    alpha: list[int]
    bias: list[int]
    beta: list[int]
    columns: list[int]
    factor: list[int]
    gamma: list[int]
    input: list[int]
    kernel: list[int]
    mean: list[int]
    offset: list[int]
    output: list[int]
    window: list[int]
    dilation: list[int]
    before: list[int]
    rows: list[int]
    runs: list[int]
    shape: list[int]
    strides: list[int]


#: Each activation as an expression of ``z`` and the settings of its operation.
_ACTIVATIONS: dict[str, str] = {
    "linear": "z",
    "relu": "z > {threshold} ? {limited} : {negative_slope} * (z - {threshold})",
    "relu6": "fminf(fmaxf(z, 0.0f), 6.0f)",
    "leaky_relu": "z > 0.0f ? z : z * {negative_slope}",
    "elu": "z > 0.0f ? z : {alpha} * expm1f(z)",
    "celu": "z > 0.0f ? z : {alpha} * expm1f(z / {alpha})",
    "selu": "1.05070099f * (z > 0.0f ? z : 1.67326324f * expm1f(z))",
    "sigmoid": "PRE_logistic(z)",
    "tanh": "tanhf(z)",
    "silu": "z * PRE_logistic(z)",
    "mish": "z * tanhf(PRE_softplus(z))",
    "softplus": "PRE_softplus(z)",
    "softsign": "z / (1.0f + fabsf(z))",
    "exponential": "expf(z)",
    "hard_sigmoid": "fminf(fmaxf(z + 3.0f, 0.0f), 6.0f) / 6.0f",
    "hard_silu": "z * fminf(fmaxf(z + 3.0f, 0.0f), 6.0f) / 6.0f",
    "gelu": "0.5f * z * (1.0f + erff(z * 0.70710678f))",
    "gelu_tanh": "0.5f * z * (1.0f + tanhf(0.79788456f * (z + 0.044715f * z * z * z)))",
}
_MERGES = {
    "add": "y[i] + {x}[{at}]",
    "average": "y[i] + {x}[{at}]",
    "multiply": "y[i] * {x}[{at}]",
    "maximum": "fmaxf(y[i], {x}[{at}])",
    "minimum": "fminf(y[i], {x}[{at}])",
    "subtract": "y[i] - {x}[{at}]",
}


def export_c(model: Trainable, path: str | Path, *, name: str | None = None) -> None:
    """Write a model's weights and forward pass as one C99 file without dependencies but ``math.h``.

    The file defines ``NAME_predict(const float *x, float *y)`` for one sample, and ``NAME_INPUTS`` and
    ``NAME_OUTPUTS``, how many numbers go in and come out, the last axis running fastest. It computes in float32,
    reserves no memory while it runs, and keeps what is between layers in one static array, so one thread at a time may
    predict.

    Args:
        model: built, with one input and one output: dense layers, convolutions along one or two axes, pooling,
            normalisation, activations, merging.
        path: of the file, e.g. ``"net.h"``.
        name: what names begin with; default the file's, as far as C allows it.

    Raises:
        ValueError: layers or activations without a form in C, all named; several inputs or outputs; sizes that are not
            known; a transformed target; a name that is none in C. OSError: the file cannot be written.

    Example:
        >>> import clarinet, pathlib, tempfile
        >>> from clarinet.exchange import export_c
        >>> model = clarinet.Sequential([clarinet.Input((4,)), clarinet.layers.Dense(3, "softmax")])
        >>> path = pathlib.Path(tempfile.mkdtemp(), "net.h")
        >>> export_c(model, path)
        >>> "net_predict(const float *x, float *y)" in path.read_text()
        True
    """
    path = Path(path)
    prefix = name if name is not None else re.sub(r"\W", "_", path.stem, flags=re.ASCII)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", prefix):
        raise ValueError(f"export_c: {prefix!r} is not a name in C; pass name=, e.g. 'net'")
    if model.target is not None:
        raise ValueError("export_c: compile(target=...) has no form in C; end with Rescaling, or scale in your program")
    operations, weights = forward_pass(model, "export_c", "in C")
    files.write(
        path, _Program(prefix, model, cast("list[Step]", operations), np.frombuffer(weights, "<f4")).text().encode()
    )


def _sources(each: Step) -> list[int]:
    """The tensors that an operation takes."""
    return cast("dict[str, list[int]]", each)["from"]


class _Program:
    """The text of a file.

    Args:
        prefix: what names begin with.
        model: what is written.
        operations, weights: its forward pass.
    """

    def __init__(self, prefix: str, model: Trainable, operations: Sequence[Step], weights: Array) -> None:
        self.prefix, self.operations, self.weights = prefix, operations, weights
        self.sizes = [prod(model.sample_shape or ()), *(each["size"] for each in operations)]
        self.title = f"{model.name}: {model.count_params():,} weights, written by Clarinet"
        self.used: set[str] = set()

    def text(self) -> str:
        """The whole file."""
        places, room = _placed(self.sizes, [_sources(each) for each in self.operations])
        last = len(self.operations)
        names = {0: "x", last: "y"} | {n: f"{self.prefix}_room + {place}" for n, place in places.items()}
        lines = [line for n, each in enumerate(self.operations, 1) for line in self._call(each, names, n)]
        if not self.operations:
            lines = [f"for (int i = 0; i < {self.sizes[0]}; i++) y[i] = x[i];"]
        upper = self.prefix.upper()
        parts = [
            f"/* {self.title.replace('*/', '')} */\n#ifndef {upper}_H\n#define {upper}_H\n\n#include <math.h>\n",
            f"#define {upper}_INPUTS {self.sizes[0]}\n#define {upper}_OUTPUTS {self.sizes[-1]}\n",
            *self._weights(),
            *([f"static float {self.prefix}_room[{room}];\n"] if room else []),
            *self._functions(),
            f"/* One sample: {upper}_INPUTS numbers in x, {upper}_OUTPUTS in y. */",
            f"static inline void {self.prefix}_predict(const float *x, float *y) {{",
            *(f"  {line}" for line in lines),
            f"}}\n\n#endif /* {upper}_H */\n",
        ]
        return "\n".join(parts)

    def _weights(self) -> Iterable[str]:
        if not len(self.weights):
            return
        if not np.isfinite(self.weights).all():
            raise ValueError("export_c: some weights are not finite; train the model again with a smaller rate")
        yield f"static const float {self.prefix}_weights[{len(self.weights)}] = {{"
        for start in range(0, len(self.weights), 8):
            yield "  " + " ".join(f"{_number(value)}," for value in self.weights[start : start + 8].tolist())
        yield "};\n"

    def _functions(self) -> Iterable[str]:
        """The functions that are used, and those that they use."""
        every = _texts()
        wanted = {name for name in every if name in self.used}
        for name in [*wanted]:
            wanted |= {other for other in every if f"PRE_{other}(" in every[name]}
        return (every[name].replace("PRE", self.prefix) + "\n" for name in every if name in wanted)

    def _call(self, each: Step, names: Mapping[int, str], number: int) -> Iterable[str]:
        """The lines of an operation."""
        taken = [names[source] for source in _sources(each)]
        return _WRITERS[each["do"]](self, each, taken, names[number])

    def at(self, place: Sequence[int] | None) -> str:
        """Where weights begin."""
        return "0" if not place else f"{self.prefix}_weights + {place[0]}"

    def call(self, function: str, *given: object) -> str:
        """A call of one of the functions."""
        self.used.add(function)
        return f"{self.prefix}_{function}({', '.join(map(str, given))});"

    def spelt(self, expression: str) -> str:
        """An expression in which PRE stands for the prefix."""
        self.used |= set(re.findall(r"PRE_(\w+)\(", expression))
        return expression.replace("PRE", self.prefix)


def _texts() -> dict[str, str]:
    """The text of each function, by its name."""
    return {
        found[1]: found[0]
        for found in re.finditer(r"(?ms)^static inline \w+ PRE_(\w+)\(.*?^\}", _FUNCTIONS.read_text("utf-8"))
    }


def _number(value: float) -> str:
    text = f"{value:.9g}"
    return f"{text}f" if set(text) & {".", "e"} else f"{text}.0f"


def _placed(sizes: Sequence[int], sources: Sequence[Sequence[int]]) -> tuple[dict[int, int], int]:
    """Where each tensor between the first and the last lies in one array, as long as it is needed; its size."""
    last = {source: number for number, taken in enumerate(sources, 1) for source in taken}
    places: dict[int, int] = {}
    for number in range(1, len(sizes) - 1):
        live = [n for n in places if last.get(n, n) >= number]
        spans = sorted((places[n], places[n] + sizes[n]) for n in live)
        start = 0
        for first, end in spans:
            if first - start >= sizes[number]:
                break
            start = max(start, end)
        places[number] = start
    return places, max((place + sizes[number] for number, place in places.items()), default=0)


# Operations.

_Write = Callable[[_Program, Step, Sequence[str], str], Iterable[str]]


def _each(program: _Program, size: int, expression: str, y: str) -> list[str]:
    """A loop over all numbers, ``z`` being that of the input ``x``."""
    return [f"{{ float *o = {y}; for (int i = 0; i < {size}; i++) {{ o[i] = {program.spelt(expression)}; }} }}"]


def _same(p: _Program, o: Step, x: Sequence[str], y: str) -> Iterable[str]:
    return _each(p, o["size"], f"({x[0]})[i]", y)


def _dense(p: _Program, o: Step, x: Sequence[str], y: str) -> Iterable[str]:
    rows = o["size"] // o["units"]
    yield p.call("dense", x[0], y, p.at(o["kernel"]), p.at(o.get("bias")), rows, o["inputs"], o["units"])


def _window(o: Step) -> list[int]:
    return [*o["input"], *o["output"], *o["window"], *o["strides"], *o["dilation"], *o["before"]]


def _convolve(p: _Program, o: Step, x: Sequence[str], y: str) -> Iterable[str]:
    yield f"{{ const int o[] = {{{', '.join(map(str, _window(o)))}}};"
    yield f"  {p.call('convolve', x[0], y, p.at(o['kernel']), p.at(o.get('bias')), o['groups'], 'o')} }}"


def _pool(p: _Program, o: Step, x: Sequence[str], y: str) -> Iterable[str]:
    yield f"{{ const int o[] = {{{', '.join(map(str, _window(o)))}}};"
    yield f"  {p.call('pool', x[0], y, int(bool(o['mean'])), 'o')} }}"


def _resample(p: _Program, o: Step, x: Sequence[str], y: str) -> Iterable[str]:
    sizes = (*o["input"][:2], *o["output"])
    yield p.call("resample", x[0], y, p.at(o["rows"]), p.at(o["columns"]), *sizes)


def _affine(p: _Program, o: Step, x: Sequence[str], y: str) -> Iterable[str]:
    n = o["mean"][1]
    mean, factor, offset = (f"({p.at(each)})[i % {n}]" for each in (o["mean"], o["factor"], o["offset"]))
    return _each(p, o["size"], f"(({x[0]})[i] - {mean}) * {factor} + {offset}", y)


def _standardise(p: _Program, o: Step, x: Sequence[str], y: str) -> Iterable[str]:
    gamma, beta = p.at(o["gamma"]), p.at(o["beta"])
    yield p.call("standardise", x[0], y, gamma, beta, o["size"], o["run"], _number(o["epsilon"]))


def _standardise_groups(p: _Program, o: Step, x: Sequence[str], y: str) -> Iterable[str]:
    gamma, beta, epsilon = p.at(o["gamma"]), p.at(o["beta"]), _number(o["epsilon"])
    yield p.call("standardise_groups", x[0], y, gamma, beta, o["size"], o["channels"], o["groups"], epsilon)


def _at_strides(o: Step, strides: Sequence[int]) -> str:
    """The place that entry ``i`` of the output comes from, in an input with such strides along the output's axes."""
    found, inner = [], o["size"]
    for size, stride in zip(o["shape"], strides, strict=True):
        inner //= size
        found += [f"i / {inner} % {size} * {stride}"] if stride else []
    return " + ".join(found) or "0"


def _permute(p: _Program, o: Step, x: Sequence[str], y: str) -> Iterable[str]:
    return _each(p, o["size"], f"({x[0]})[{_at_strides(o, o['strides'])}]", y)


def _prelu(p: _Program, o: Step, x: Sequence[str], y: str) -> Iterable[str]:
    return _each(p, o["size"], f"({x[0]})[i] > 0.0f ? ({x[0]})[i] : ({x[0]})[i] * ({p.at(o['alpha'])})[i]", y)


def _merge(p: _Program, o: Step, x: Sequence[str], y: str) -> Iterable[str]:
    at = (
        [_at_strides(o, strides) for strides in cast("list[list[int]]", o["strides"])]
        if "strides" in o
        else ["i"] * len(x)
    )
    yield from _each(p, o["size"], f"({x[0]})[{at[0]}]", y)
    for source, place in zip(x[1:], at[1:], strict=True):
        expression = _MERGES[o["merge"]].replace("y[i]", f"({y})[i]").format(x=f"({source})", at=place)
        yield from _each(p, o["size"], expression, y)
    if o["merge"] == "average":
        yield from _each(p, o["size"], f"({y})[i] / {len(x)}.0f", y)


def _concatenate(p: _Program, o: Step, x: Sequence[str], y: str) -> Iterable[str]:
    whole, begin = sum(o["runs"]), 0
    for source, run in zip(x, o["runs"], strict=True):
        yield (
            f"{{ float *o = {y}; for (int i = 0; i < {o['size'] // whole * run}; i++) "
            f"{{ o[i / {run} * {whole} + {begin} + i % {run}] = ({source})[i]; }} }}"
        )
        begin += run


def _activate(p: _Program, o: Step, x: Sequence[str], y: str) -> Iterable[str]:
    name = "gelu_tanh" if o["name"] == "gelu" and o["approximate"] else o["name"]
    if name in ("softmax", "log_softmax"):
        return [p.call("softmax", x[0], y, o["size"], o["length"], o["stride"], int(name == "log_softmax"))]
    numbers = {key: _number(value) for key, value in o.items() if isinstance(value, float | int)}
    most = o.get("max_value")
    numbers["limited"] = "z" if most is None else f"fminf(z, {_number(most)})"
    expression = p.spelt(_ACTIVATIONS[name].format(**numbers))
    loop = f"for (int i = 0; i < {o['size']}; i++)"
    return [f"{{ float *o = {y}; {loop} {{ const float z = ({x[0]})[i]; o[i] = {expression}; }} }}"]


_WRITERS: dict[str, _Write] = {
    "activate": _activate,
    "affine": _affine,
    "concatenate": _concatenate,
    "convolve": _convolve,
    "dense": _dense,
    "merge": _merge,
    "permute": _permute,
    "pool": _pool,
    "prelu": _prelu,
    "resample": _resample,
    "same": _same,
    "standardise": _standardise,
    "standardiseGroups": _standardise_groups,
}
