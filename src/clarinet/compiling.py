"""What ``compile`` is told, for each output of a model: losses, their weights, metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import TypeVar

import numpy as np

from clarinet import engines, losses, metrics
from clarinet.configurable import encode
from clarinet.engines import choosing
from clarinet.losses import Loss
from clarinet.names import nearest
from clarinet.target import TransformedTarget, for_loss
from clarinet.types import DType, DTypeArg, Json, Shape

T = TypeVar("T")


def losses_for(names: Sequence[str], given: object) -> list[Loss | None]:
    """The loss of each output.

    Args:
        names: of the outputs.
        given: one loss for all outputs, a list in their order, or a dictionary by name; an output that is None, or that
            a dictionary lacks, is not trained on.

    Raises:
        ValueError: an unknown name, a list of another length, no loss for any output though some were meant.

    Example:
        >>> losses_for(["price", "sold"], {"sold": "mse"})
        [None, MeanSquaredError(reduction='sum_over_batch_size', name='mean_squared_error')]
    """
    found = _each(names, given, "loss", lambda value: None if value is None else losses.get(value))
    return [None] * len(names) if found is None else found


def by_output(loss: object, loss_weights: object, metrics: object, weighted_metrics: object) -> bool:
    """Whether something is said of several outputs, by their names or in their order."""
    named = any(isinstance(own, Mapping) and "class_name" not in own for own in (loss, metrics, weighted_metrics))
    listed = any(isinstance(own, (list, tuple, Mapping)) for own in (loss_weights,))
    return named or listed or (isinstance(loss, (list, tuple)) and len(loss) > 1)


def first_of(loss: object) -> object:
    """A loss that stands for those of several outputs while these are not known."""
    if isinstance(loss, Mapping) and "class_name" not in loss:
        loss = list(loss.values())
    return next((own for own in loss if own is not None), None) if isinstance(loss, (list, tuple)) else loss


def weights_for(names: Sequence[str], given: object) -> list[float]:
    """How much the loss of each output counts; 1 where nothing is said.

    Args:
        names: of the outputs.
        given: None, a list of numbers in their order, or a dictionary by name.

    Raises:
        ValueError, TypeError: as :func:`losses_for`; something that is no number.
    """
    found = _each(names, given, "loss_weights", _weight)
    return [1.0 if weight is None else weight for weight in found or [None] * len(names)]


def metrics_for(names: Sequence[str], given: object, what: str = "metrics") -> list[list[object]]:
    """The metrics of each output.

    Args:
        names: of the outputs.
        given: for one output a metric or a list of them; for several a list with a metric, or a list of them, for each,
            or a dictionary by name, or one metric for all.
        what: how messages call them.

    Raises:
        ValueError: a list of another length, an unknown name.
    """
    if len(names) == 1 and not isinstance(given, Mapping):
        nested = isinstance(given, (list, tuple)) and len(given) == 1 and isinstance(given[0], (list, tuple))
        return [_as_list(given[0] if nested else given)]  # type: ignore[index]
    found = _each(names, given, what, _as_list)
    return [[] for _ in names] if found is None else [own or [] for own in found]


def _as_list(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _weight(value: object) -> float:
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise TypeError(f"compile: loss_weights: expected numbers, received {value!r}")
    return float(value)


def _each(names: Sequence[str], given: object, what: str, make: Callable[[object], T]) -> list[T | None] | None:
    """What was given for each output; None where nothing was."""
    if given is None:
        return None
    if isinstance(given, Mapping) and "class_name" not in given:
        for key in given:
            if key not in names:
                raise ValueError(f"compile: {what}: the model has no output {key!r}; {nearest(str(key), names)}")
        return [make(given[name]) if name in given else None for name in names]
    if isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise ValueError(
                f"compile: {what}: received a list of {len(given)}, expected one for each of the model's "
                f"{len(names)} outputs: {', '.join(names)}"
            )
        return [None if value is None else make(value) for value in given]
    return [make(given) for _ in names]


def loss_config(loss: Loss | None, output_shape: Shape | None) -> Json:
    """The loss of an output as files have it.

    Raises:
        TypeError: one that files cannot keep.
    """
    if loss is None:
        return None
    return loss.encoded() if output_shape is None else loss.encoded_for(output_shape)


def metrics_config(given: Sequence[object], output_shape: Shape | None, left_out: list[str] | None) -> list[Json]:
    """The metrics of an output, as they were given, as files have them.

    Args:
        given: names, metrics, functions.
        output_shape: of one prediction.
        left_out: takes a sentence for each that files cannot keep; None: that is an error.

    Raises:
        TypeError: one that files cannot keep.
    """
    found: list[Json] = []
    for identifier in given:
        try:
            found.append(_metric_config(identifier, output_shape))
        except TypeError as error:
            if left_out is None:
                raise
            left_out.append(str(error))
    return found


def _metric_config(given: object, output_shape: Shape | None) -> Json:
    if isinstance(given, (str, Mapping)):
        return encode(given)
    metric = metrics.get(given)
    return metric.encoded() if output_shape is None else metric.encoded_for(output_shape)


def target_for(target: object, given: Sequence[Loss | None]) -> TransformedTarget | None:
    """The transform of the target that ``compile`` was given.

    Raises:
        ValueError: the model has several outputs.
    """
    if target is not None and len(given) > 1:
        raise ValueError("compile: target is for models with one output; transform the labels before fit")
    return for_loss(target, given[0] if given else None)


def check_engine(engine: str, device: str | None) -> str:
    """The name of an engine, or ValueError with the nearest right one; a device or package that is not there is
    refused."""
    names = engines.choices()
    if engine not in names:
        raise ValueError(f"compile: unknown engine {engine!r}: {nearest(str(engine), names)}")
    needs = next((known.needs for known in choosing.ENGINES if known.name == engine), "")
    if needs and find_spec(needs) is None:
        raise ImportError(f'compile: engine={engine!r} needs the package {needs}: pip install "clarinet[{needs}]"')
    if device is not None:
        engines.open_device(device)
        if any(engine == known.name and not known.takes_devices for known in choosing.ENGINES):
            raise ValueError(f"compile: device={device!r} is the reference engine's; leave out engine={engine!r}")
    return engine


def check_dtype(dtype: DTypeArg) -> DType:
    """float32 (for None too) or float64, or ValueError."""
    try:
        found = np.dtype(np.float32 if dtype is None else dtype)
    except TypeError:
        found = None
    if found not in (np.float32, np.float64):
        raise ValueError(f"compile: dtype is 'float32' or 'float64', received {dtype!r}")
    return found
