"""Recurrent layers: ONNX's operators where they can compute it, else a loop of single steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from clarinet import activations, layers
from clarinet.exchange.to_onnx.building import Graph, NoForm, Value
from clarinet.exchange.to_onnx.functions import WITHIN_LOOPS, activated
from clarinet.exchange.to_onnx.windows import Weights
from clarinet.layers.recurrent import Recurrent
from clarinet.ops.dtypes import FLOAT
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.plan import Op

#: ONNX's operator, and the order in which it has the gates.
_KINDS: dict[type, tuple[str, tuple[int, ...]]] = {
    layers.GRU: ("GRU", (0, 1, 2)),
    layers.LSTM: ("LSTM", (0, 3, 1, 2)),
    layers.SimpleRNN: ("RNN", (0,)),
}


def recurrent(g: Graph, op: Op, spec: Recurrent, own: Weights, x: list[Value]) -> Value:
    """A recurrent layer; with a mask behind all that it takes."""
    if spec.stateful:
        raise NoForm("stateful=True, states that go on from call to call")
    mask = x.pop() if op.mask is not None else None
    functions = _functions(spec)
    if mask is not None or not all(map(_is_known, functions)):
        return _loop(g, spec, own, x, mask)
    return _operator(g, spec, own, x, functions)


def _functions(spec: Recurrent) -> list[activations.Activation]:
    """In ONNX's order: of the gates first."""
    gate = getattr(spec, "recurrent_activation", None)
    found = [spec.activation] if gate is None else [gate, spec.activation]
    return found + [spec.activation] * (len(spec.carried) - 1)


def _is_known(function: activations.Activation) -> bool:
    return type(function) in WITHIN_LOOPS or function == activations.relu


# As an operator.


def _operator(
    g: Graph, spec: Recurrent, own: Weights, x: list[Value], functions: Sequence[activations.Activation]
) -> Value:
    kind, order = _KINDS[type(spec)]
    settings: dict[str, Any] = {"hidden_size": spec.units, **_named(functions)}
    settings |= {"direction": "reverse"} if spec.go_backwards else {}
    settings |= {"linear_before_reset": int(cast(layers.GRU, spec).reset_after)} if kind == "GRU" else {}
    weights = [g.constant(array, name=f"{g.scope}/{name}") for name, array in _arranged(spec, own, order)]
    bias = weights[2] if len(weights) > 2 else None
    states = [g.unsqueeze(state, [0]) for state in x[1:]]
    taken = [g.transpose(x[0], (1, 0, 2)), *weights[:2], bias, None, *states]
    dtypes = [FLOAT if spec.return_sequences else None, FLOAT, *([FLOAT] * spec.packs * (kind == "LSTM"))]
    every, last, *others = g.several(kind, taken, dtypes, **settings)
    if spec.return_sequences:
        found = g.transpose(g.squeeze(every, [1]), (1, 0, 2))
        found = g.reversed(found, [1]) if spec.go_backwards else found  # in the order of working
    else:
        found = g.squeeze(last, [0])
    return _packed(g, spec, found, [g.squeeze(state, [0]) for state in others])


def _packed(g: Graph, spec: Recurrent, found: Value, others: Sequence[Value]) -> Value:
    """The outputs and other states in one tensor, where the layer gives both."""
    if not spec.packs:
        return found
    outputs = found if spec.return_sequences else g.unsqueeze(found, [1])
    return g.joined([outputs, *(g.unsqueeze(state, [1]) for state in others)], 1)


def _named(functions: Sequence[activations.Activation]) -> dict[str, Any]:
    """Alphas and betas are those of the functions that have them, in order."""
    found = [("Relu", [], []) if f == activations.relu else WITHIN_LOOPS[type(f)](f) for f in functions]
    names, alphas, betas = zip(*found, strict=True)
    settings: dict[str, Any] = {"activations": [*names]}
    for key, own in (("activation_alpha", alphas), ("activation_beta", betas)):
        values = [value for each in own for value in each]
        settings |= {key: values} if values else {}
    return settings


def _arranged(spec: Recurrent, own: Weights, order: Sequence[int]) -> list[tuple[str, Array]]:
    """The weights as ONNX has them: (1, gates units, inputs), and both biases in a row."""

    def turned(columns: Array) -> Array:
        gates = columns.reshape(*columns.shape[:-1], len(order), spec.units)[..., order, :]
        return np.moveaxis(gates, 0, -1).reshape(-1, len(columns)) if columns.ndim == 2 else gates.ravel()

    found = [("kernel", turned(own["kernel"])[None]), ("recurrent_kernel", turned(own["recurrent_kernel"])[None])]
    if "bias" not in own:
        return found
    biases = own["bias"] if own["bias"].ndim == 2 else [own["bias"], np.zeros_like(own["bias"])]
    return [*found, ("bias", np.concatenate([turned(bias) for bias in biases])[None])]


# As a loop.


def _loop(g: Graph, spec: Recurrent, own: Weights, x: list[Value], mask: Value | None) -> Value:
    """One step after another; where the mask is false the states stay."""
    taken = g.add("MatMul", x[0], g.constant(own["kernel"]))
    if "bias" in own:
        taken = g.add("Add", taken, g.constant(spec.input_bias(own["bias"])))
    states = x[1:] or [g.zeros(x[0], [spec.units])] * len(spec.carried)
    entries = [taken] if mask is None else [taken, mask]

    def step(body: Graph, before: Sequence[Value], entry: Sequence[Value]) -> tuple[list[Value], list[Value]]:
        after = _STEPS[type(spec)](body, spec, own, entry[0], before)
        if mask is not None:
            counts = body.unsqueeze(entry[1], [1])
            after = [body.add("Where", counts, new, old, dtype=FLOAT) for new, old in zip(after, before, strict=True)]
        return after, after[:1]

    last, (every,) = scanned(g, step, states, entries, 1, takes_last=spec.go_backwards)
    return _packed(g, spec, every if spec.return_sequences else last[0], last[1:])


_Step = Callable[[Graph, Sequence[Value], Sequence[Value]], tuple[list[Value], list[Value]]]


def scanned(
    g: Graph,
    step: _Step,
    states: Sequence[Value],
    entries: Sequence[Value],
    axis: int,
    takes_last: bool = False,
    gives_last: bool = False,
) -> tuple[list[Value], list[Value]]:
    """A loop: the last states, and what the steps gave side by side.

    Args:
        g: where it is.
        step: writes one round, of states and entries: the next states, and what is collected.
        states: first ones.
        entries: tensors with entries.
        axis: which one holds them, and what is collected.
        takes_last: begin with the last entry.
        gives_last: put what the first round gives at the end.
    """
    from onnx import helper

    from clarinet.exchange.to_onnx.building import kind_of

    body = Graph(g)
    before = [Value(body.fresh(f"{g.scope}/state"), value.dtype) for value in states]
    entry = [Value(body.fresh(f"{g.scope}/entry"), value.dtype) for value in entries]
    after, collected = step(body, before, entry)
    ends = [body.add("Identity", value) for value in (*after, *collected)]  # each a name of its own
    round_ = helper.make_graph(
        body.nodes,
        body.fresh(f"{g.scope}/round"),
        [helper.make_tensor_value_info(v.name, kind_of(v.dtype), None) for v in (*before, *entry)],
        [helper.make_tensor_value_info(v.name, kind_of(v.dtype), None) for v in ends],
    )
    settings: dict[str, Any] = {
        "body": round_,
        "num_scan_inputs": len(entry),
        "scan_input_axes": [axis] * len(entry),
        "scan_input_directions": [int(takes_last)] * len(entry),
    }
    if collected:
        settings |= {"scan_output_axes": [axis] * len(collected)}
        settings |= {"scan_output_directions": [int(gives_last)] * len(collected)}
    found = g.several("Scan", [*states, *entries], [value.dtype for value in ends], **settings)
    return [*found[: len(states)]], [*found[len(states) :]]


def _columns(g: Graph, x: Value, spec: Recurrent, first: int, last: int) -> Value:
    """Some gates' columns."""
    return g.cut(x, {1: (first * spec.units, last * spec.units, 1)})


def _simple_step(g: Graph, spec: layers.SimpleRNN, own: Weights, taken: Value, states: Sequence[Value]) -> list[Value]:
    z = g.add("Add", taken, g.add("MatMul", states[0], g.constant(own["recurrent_kernel"])))
    return [activated(g, spec.activation, z)]


def _lstm_step(g: Graph, spec: layers.LSTM, own: Weights, taken: Value, states: Sequence[Value]) -> list[Value]:
    z = g.add("Add", taken, g.add("MatMul", states[0], g.constant(own["recurrent_kernel"])))
    functions = [spec.activation if gate == 2 else spec.recurrent_activation for gate in range(4)]
    i, f, new, o = (activated(g, function, _columns(g, z, spec, k, k + 1)) for k, function in enumerate(functions))
    c = g.add("Add", g.add("Mul", f, states[1]), g.add("Mul", i, new))
    return [g.add("Mul", o, activated(g, spec.activation, c)), c]


def _gru_step(g: Graph, spec: layers.GRU, own: Weights, taken: Value, states: Sequence[Value]) -> list[Value]:
    (h,), kernel, units = states, own["recurrent_kernel"], spec.units
    inner = g.add("MatMul", h, g.constant(kernel if spec.reset_after else kernel[:, : 2 * units]))
    if "bias" in own and spec.reset_after:
        inner = g.add("Add", inner, g.constant(own["bias"][1]))
    gates = g.add("Add", _columns(g, taken, spec, 0, 2), _columns(g, inner, spec, 0, 2))
    z, r = (activated(g, spec.recurrent_activation, _columns(g, gates, spec, k, k + 1)) for k in range(2))
    if spec.reset_after:
        looked = g.add("Mul", r, _columns(g, inner, spec, 2, 3))
    else:
        looked = g.add("MatMul", g.add("Mul", r, h), g.constant(kernel[:, 2 * units :]))
    new = activated(g, spec.activation, g.add("Add", _columns(g, taken, spec, 2, 3), looked))
    return [g.add("Add", new, g.add("Mul", z, g.add("Sub", h, new)))]


_STEPS: dict[type, Callable[[Graph, Any, Weights, Value, Sequence[Value]], list[Value]]] = {
    layers.GRU: _gru_step,
    layers.LSTM: _lstm_step,
    layers.SimpleRNN: _simple_step,
}
