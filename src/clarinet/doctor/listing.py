"""A program as code that can be pasted whole: the network, ``compile`` and ``fit``, for the ``x`` and ``y`` given."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from clarinet import initializers, layers, losses, optimizers, regularizers
from clarinet.doctor.program import Program
from clarinet.names import snake_case
from clarinet.settings import Role, names_of
from clarinet.training.trainer import DEFAULTS
from clarinet.types import Array

#: Where classes that stand in a configuration are looked for; the name of each as code has it.
_NAMESPACES = {"layers": layers, "initializers": initializers, "regularizers": regularizers}
#: Arguments of any layer or optimizer that the copies have for themselves.
_INTERNAL = ("name", "input_shape", "seed")
#: Longer lists are no code for people.
_LONG = 12
_WIDTH = 100


class _NoCode(Exception):
    """Something of the user's own, or too long to be typed."""


def listing(given: Program, treated: Program) -> str:
    """The treated program as code; empty where a part of it has no form that can be typed.

    Args:
        given: whose ``x`` and ``y`` the reader has.
        treated: the same with remedies.

    Returns:
        Lines that assume ``x`` and ``y``; arguments of ``fit`` that are no numbers or words are left to the reader.
    """
    try:
        return "\n".join(_lines(given, treated))
    except _NoCode:
        return ""


def _lines(given: Program, treated: Program) -> Iterator[str]:
    shape = tuple(treated.input_shape)
    body = [f"Input({shape})", *(_layer(layer, treated) for layer in treated.layers)]
    used = [name for name in ("initializers", "losses", "regularizers") if _uses(treated, name)]
    lines = [*_data(given, treated)]
    if any("np." in line for line in lines):
        yield "import numpy as np"
    yield f"from clarinet import {', '.join(['Input', 'Sequential', *sorted([*used, 'layers', 'optimizers'])])}"
    yield ""
    yield from lines
    yield "model = Sequential(["
    yield from (f"    {line}," for line in body)
    yield "])"
    yield f"model.compile({', '.join(_compiled(treated))})"
    yield f"model.fit({', '.join(_fitted(treated))})"


def _uses(program: Program, namespace: str) -> bool:
    text = "".join(_layer(layer, program) for layer in program.layers) + "".join(_compiled(program))
    return f"{namespace}." in text


def _data(given: Program, treated: Program) -> Iterator[str]:
    """What was done to rows and labels."""
    if treated.x is not given.x:
        yield "x = np.where(np.isfinite(x), x, np.nanmedian(np.where(np.isfinite(x), x, np.nan), axis=0))"
    elif treated.finite_only:
        axes = tuple(range(1, treated.x.ndim))
        yield f"keep = np.isfinite(x).all(axis={axes[0] if len(axes) == 1 else axes})"
        yield "x, y = x[keep], y[keep]"
    if treated.y is not given.y and not np.array_equal(treated.y, given.y):
        yield "y = np.unique(y, return_inverse=True)[1]  # classes counted from 0"


def _layer(layer: Any, program: Program) -> str:
    return _call("layers", layer, program)


def _call(namespace: str, thing: Any, program: Program | None = None) -> str:
    """A layer, loss or optimizer as the call that makes it."""
    own = type(thing)
    known = {"layers": layers, "losses": losses, "optimizers": optimizers}[namespace]
    if getattr(known, own.__name__, None) is not own:
        raise _NoCode
    config = {name: value for name, value in thing.get_config().items() if name not in _INTERNAL}
    parameters = inspect.signature(own).parameters
    needed = [n for n, p in parameters.items() if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    if any(name not in config for name in needed):
        raise _NoCode
    usual = own(**{name: _argument(thing, name, config) for name in needed}).get_config()
    said = [_value(config[name]) for name in needed]
    for name, value in config.items():
        if name not in needed and name in parameters and value != usual.get(name):
            said.append(f"{name}={_of_rows(name, value, program) or _value(value)}")
    return f"{namespace}.{own.__name__}({', '.join(said)})"


def _argument(thing: Any, name: str, config: Mapping[str, Any]) -> Any:
    """An argument as the class takes it: layers within layers are no configurations there."""
    return getattr(thing, name, config[name])


def _of_rows(name: str, value: Any, program: Program | None) -> str:
    """The mean and the variance of columns, which are the data's own."""
    if program is None or not isinstance(value, list) or name not in ("mean", "variance"):
        return ""
    rows = program.usable(np.arange(len(program.x)))
    x: Array = program.x[rows]
    found = x.mean(axis=0, dtype=np.float64) if name == "mean" else x.var(axis=0, dtype=np.float64) + 1e-12
    if np.shape(value) != found.shape or not np.allclose(value, found, rtol=1e-6, atol=1e-9):
        return ""
    return "x.mean(axis=0)" if name == "mean" else "x.var(axis=0) + 1e-12"


def _value(value: Any) -> str:
    """A number, a word, a short list, or one of the library's own things."""
    if isinstance(value, Mapping):
        name, config = value.get("class_name"), value.get("config", {})
        for place, module in _NAMESPACES.items():
            if isinstance(name, str) and hasattr(module, name) and isinstance(config, Mapping):
                said = [f"{k}={_value(v)}" for k, v in config.items() if k not in (*_INTERNAL, "trainable")]
                return f"{place}.{name}({', '.join(said)})" if said else repr(snake_case(name))
        raise _NoCode
    if isinstance(value, (list, tuple)):
        if len(value) > _LONG:
            raise _NoCode
        inside = ", ".join(map(_value, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if value is None or isinstance(value, (str, bool, int)):
        return repr(value)
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.7g}"
    raise _NoCode


def _compiled(program: Program) -> Iterator[str]:
    yield _call("optimizers", program.optimizer)
    loss = program.loss
    plain = losses.get(loss.name) if hasattr(losses, type(loss).__name__) else None
    same = plain is not None and plain.get_config() == loss.get_config()
    yield repr(loss.name) if same else _call("losses", loss)
    names = [getattr(metric, "name", metric) for metric in program.metrics]
    if names and all(isinstance(name, str) for name in names):
        yield f"metrics={names!r}"
    if isinstance(program.target, str):
        yield f"target={program.target!r}"


def _fitted(program: Program) -> Iterator[str]:
    yield "x"
    yield "y"
    left = (*names_of(Role.DISPLAY), "x", "y", "validation_data", "seed")
    for name, value in program.fit.items():
        if name in left or name not in DEFAULTS or value == DEFAULTS[name]:
            continue
        if isinstance(value, (int, float, str, bool)):
            yield f"{name}={_value(value)}"
        elif isinstance(value, Mapping):
            yield f"{name}={{{', '.join(f'{k}: {v:.4g}' for k, v in value.items())}}}"
        else:
            yield f"{name}={name}"
    if program.validation is not None:
        yield "validation_data=(x_val, y_val)"
