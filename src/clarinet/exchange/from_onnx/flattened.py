"""Tensors that are flattened together with their rows, as scikit-learn's quantiles are."""

from __future__ import annotations

from collections.abc import Sequence

from clarinet import layers
from clarinet.exchange.from_onnx.protos import Step
from clarinet.exchange.from_onnx.reading import Reader, Value
from clarinet.exchange.from_onnx.turned import settled
from clarinet.exchange.from_onnx.weighted import is_fixed

#: What looks at each number by itself.
_SINGLE = frozenset(
    {"Abs", "Add", "And", "Cast", "Ceil", "Clip", "Div", "Equal", "Exp", "Flatten", "Floor", "Gather", "Greater"}
    | {"GreaterOrEqual", "Identity", "IsNaN", "Less", "LessOrEqual", "Log", "Max", "Min", "Mul", "Neg", "Not", "Or"}
    | {"Pow", "Relu", "Sigmoid", "Sqrt", "Sub", "Tanh", "Where"}
)


def flatten(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Rows become flat; with axis 0 all rows become one, which is left out if they get their shape back."""
    axis, taken = int(step.get("axis", 1)), settled(x[0])
    if len(taken.shape) == 2 and (axis in (1, -1) or (axis == 0 and _comes_back(r, step))):
        return taken
    if axis != 1:
        raise ValueError(f"axis {axis}; expected 1, as rows stay apart")
    return r.use(step, layers.Flatten(), taken)


def _comes_back(r: Reader, step: Step) -> bool:
    """Whether nothing but functions of single numbers lies between here and the shape of before."""
    waiting, seen = list(step.gives[:1]), set[str]()
    while waiting:
        name = waiting.pop()
        for user in r.users(name):
            if user is None:
                return False
            if user.operator == "Reshape":
                shape = r.giver(user.takes[1])
                if shape is None or shape.operator != "Shape":
                    return False
                continue
            table = r.values.get(user.takes[0])
            if user.operator not in _SINGLE or (user.operator == "Gather" and not is_fixed(table)):
                return False
            fresh = [given for given in user.gives if given not in seen]
            seen.update(fresh)
            waiting += fresh
    return True
