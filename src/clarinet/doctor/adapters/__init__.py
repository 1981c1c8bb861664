"""Models of other frameworks as Clarinet programs, so that the same rules can examine them.

An adapter converts as much as it can. If a layer, loss or optimizer has no counterpart it names it, and only the data
are examined. The frameworks themselves are imported only by the code of their models.
"""

from __future__ import annotations

from typing import TypeGuard

from clarinet.doctor.adapters.foreign import Adapted, KerasModel, Module, data_only

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
    """The program that trains a model of another framework on this data.

    Args:
        model: a compiled Keras model, or a PyTorch module.
        x, y, validation_data: as for ``examine``.
        fit: arguments of ``fit``, for PyTorch those that the loop amounts to (``epochs``, default 10, and
            ``batch_size``); there also ``loss`` and ``optimizer``, which are taken out.

    Raises:
        TypeError: an unknown kind of model, or a PyTorch module without loss or optimizer. ValueError: not compiled.
    """
    if _is_keras(model):
        from clarinet.doctor.adapters import keras

        return keras.adapt(model, x, y, validation_data, fit)
    if _is_torch(model):
        from clarinet.doctor.adapters import torch

        return torch.adapt(model, x, y, validation_data, fit)
    raise TypeError(
        f"examine: expected a clarinet.Sequential, a Keras model or a PyTorch module, received {type(model).__name__}"
    )


__all__ = ["Adapted", "adapt", "data_only", "framework_of"]
