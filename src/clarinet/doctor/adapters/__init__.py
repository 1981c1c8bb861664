"""Models of other frameworks as Clarinet programs, so that the same rules can examine them.

An adapter converts as much as it can. If a layer, loss or optimizer has no counterpart it names it, and only the data
are examined. The frameworks themselves are imported only by the code of their models.
"""

from __future__ import annotations

from typing import TypeGuard

from clarinet.doctor.adapters.adapted import Adapted, data_only
from clarinet.doctor.adapters.foreign import KerasModel, Module
from clarinet.doctor.adapters.rows import rows_of

FRAMEWORKS = ("keras", "torch")


def framework_of(model: object) -> str | None:
    """``"keras"`` or ``"torch"`` for their models; None for anything else. Imports neither."""
    modules = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    return next((name for name in FRAMEWORKS if name in modules), None)


def _is_keras(model: object) -> TypeGuard[KerasModel]:
    return framework_of(model) == "keras"


def _is_torch(model: object) -> TypeGuard[Module]:
    return framework_of(model) == "torch"


def adapt(model: object, x: object, y: object, validation_data: object, fit: dict[str, object]) -> Adapted:
    """A model of another framework, its data and its training as Clarinet has them.

    Args:
        model: a compiled Keras model, or a PyTorch module.
        x, y: as for ``examine``; arrays, tensors, or a data set or loader that has both.
        validation_data: (x, y), a data set or a loader; or None.
        fit: arguments of ``fit``, for PyTorch those that the loop amounts to (``epochs``, default 10, and
            ``batch_size``); there also ``loss`` and ``optimizer``, which are taken out.

    Raises:
        TypeError: an unknown kind of model, or a PyTorch module without loss or optimizer; no labels.
        ValueError: not compiled.
    """
    if framework_of(model) is None:
        name = type(model).__name__
        raise TypeError(f"examine: expected a clarinet.Sequential, a Keras model or a PyTorch module, received {name}")
    rows, held = rows_of(x, y), None
    if validation_data is not None:
        pair = validation_data if isinstance(validation_data, (tuple, list)) else (validation_data, None)
        found = rows_of(pair[0], pair[1])
        held = found.x, found.y
    fit = {**rows.fit, **fit}
    if _is_keras(model):
        from clarinet.doctor.adapters import keras

        return keras.adapt(model, rows, held, fit)
    assert _is_torch(model)
    from clarinet.doctor.adapters import torch

    return torch.adapt(model, rows, held, fit)


__all__ = ["Adapted", "adapt", "data_only", "framework_of"]
