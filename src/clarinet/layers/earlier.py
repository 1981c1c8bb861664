"""Arguments that layers had in earlier versions of Keras and whose meaning is still there."""

from __future__ import annotations

from clarinet.initializers import Constant
from clarinet.problems import shown

#: Their names.
EARLIER = frozenset(("batch_input_shape", "batch_shape", "weights"))
#: Weights in the order in which layers have them, by the beginning of what initializes each.
_ORDER = (
    "kernel", "depthwise", "pointwise", "recurrent", "embeddings", "alpha", "gamma", "beta", "moving_mean",
    "moving_variance", "bias",
)  # fmt: skip


def understood(cls: type, arguments: dict[str, object]) -> dict[str, object]:
    """``batch_input_shape``, ``batch_shape`` and ``weights`` as the arguments that say the same today.

    Args:
        cls: the class of the layer.
        arguments: of its constructor, by name.

    Raises:
        TypeError, ValueError: weights that are no list, or more than the layer has.
    """
    code = cls.__init__.__code__  # type: ignore[misc]
    known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    found = dict(arguments)
    if "batch_shape" not in known:
        for old in ("batch_input_shape", "batch_shape"):
            shape = found.pop(old, None)
            if shape is not None:
                found["input_shape"] = tuple(shape)[1:]  # type: ignore[arg-type]  # which check() looks at
    else:
        found |= {"batch_shape": found.pop("batch_input_shape")} if "batch_input_shape" in found else {}
    if "weights" in found and "weights" not in known:
        found |= _first_values(cls.__name__, known, found.pop("weights"), found)
    return found


def _first_values(kind: str, known: tuple[str, ...], given: object, others: dict[str, object]) -> dict[str, object]:
    """The initializers that give a layer the weights that it got."""
    if given is None:
        return {}
    if not isinstance(given, (list, tuple)):
        raise TypeError(f"{kind}: weights is a list of arrays, received {shown(given)}")
    places = [f"{name}_initializer" for name in _ORDER if f"{name}_initializer" in known]
    if len(given) > len(places):
        raise ValueError(
            f"{kind}: weights has {len(given)} arrays, expected at most {len(places)}: {', '.join(places)}"
        )
    found: dict[str, object] = {name: Constant(value) for name, value in zip(places, given)}
    if "unit_forget_bias" in known and "bias_initializer" in found:
        found["unit_forget_bias"] = False
    return found
