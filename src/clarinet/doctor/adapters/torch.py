"""PyTorch modules: stacks of known layers become programs; tensors of images become (rows, height, width, channels)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from clarinet import activations, initializers, layers, losses, optimizers
from clarinet.activations import Activation
from clarinet.doctor.adapters.foreign import Adapted, Module, NotConverted, array, held_out
from clarinet.doctor.program import Program
from clarinet.types import Array


def _normalization(module: Any) -> layers.Layer:
    settings = {"epsilon": module.eps, "center": module.affine, "scale": module.affine}
    return layers.BatchNormalization(momentum=1 - (module.momentum or 0.1), **settings)


#: Layers without arguments that matter: PyTorch's name, and the activation or layer that it is.
_FUNCTIONS = {
    "Identity": "linear", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softmax": "softmax", "LogSoftmax": "log_softmax",
    "SiLU": "silu", "GELU": "gelu", "SELU": "selu", "Mish": "mish", "Softplus": "softplus", "Softsign": "softsign",
    "ReLU6": "relu6", "Hardsigmoid": "hard_sigmoid", "Hardswish": "hard_silu",
}  # fmt: skip
_MAKERS: dict[str, Callable[[Any], layers.Layer]] = {
    "ReLU": lambda m: layers.ReLU(),
    "LeakyReLU": lambda m: layers.LeakyReLU(m.negative_slope),
    "ELU": lambda m: layers.ELU(m.alpha),
    "Flatten": lambda m: layers.Flatten(),
    "Dropout": lambda m: layers.Dropout(m.p),
    "BatchNorm1d": _normalization,
    "BatchNorm2d": _normalization,
    "LayerNorm": lambda m: layers.LayerNormalization(epsilon=m.eps),
    "Linear": lambda m: layers.Dense(m.out_features, **_weights(m)),
    "Conv2d": lambda m: layers.Conv2D(m.out_channels, m.kernel_size, **_window(m), groups=m.groups, **_weights(m)),
    "MaxPool2d": lambda m: layers.MaxPooling2D(_pair(m.kernel_size), **_window(m)),
    "AvgPool2d": lambda m: layers.AveragePooling2D(_pair(m.kernel_size), **_window(m)),
}
#: Passes over the data that are assumed if the number is not given.
_EPOCHS = 10
#: Losses without arguments that matter, by PyTorch's names of classes and functions.
_LOSSES: dict[str, type[losses.Loss]] = {
    "bce": losses.BinaryCrossentropy, "binarycrossentropy": losses.BinaryCrossentropy,
    "mse": losses.MeanSquaredError, "l1": losses.MeanAbsoluteError,
    "huber": losses.Huber, "smoothl1": losses.Huber,
}  # fmt: skip
#: Clarinet's names for PyTorch's arguments of optimizers.
_SETTINGS = {
    "lr": "learning_rate", "momentum": "momentum", "nesterov": "nesterov", "weight_decay": "weight_decay",
    "eps": "epsilon", "alpha": "rho", "rho": "rho", "centered": "centered", "amsgrad": "amsgrad",
}  # fmt: skip


def adapt(module: Module, x: object, y: object, validation_data: object, fit: dict[str, object]) -> Adapted:
    """A PyTorch module with loss and optimizer as a program; see :func:`clarinet.doctor.adapters.adapt`.

    Raises:
        TypeError: ``loss`` or ``optimizer`` is not given.
    """
    given = {name: fit.get(name) for name in ("loss", "optimizer")}
    absent = [name for name, value in given.items() if value is None]
    if absent:
        raise TypeError(
            f"examine: a PyTorch module has no {absent[0]}; pass it: examine(module, x, y, "
            "loss=nn.CrossEntropyLoss(), optimizer=torch.optim.Adam(module.parameters()))"
        )
    rows, labels = array(x), array(y)
    fit = {"epochs": _EPOCHS} | {name: value for name, value in fit.items() if name not in given}
    validation = held_out(validation_data)
    program = Program((), rows.shape[1:], losses.get("mse"), optimizers.SGD(), (), rows, labels, validation, fit)
    try:
        children = list(stack(module))
        loss, ending = _loss(given["loss"], labels, children)
        program = program.changed(
            layers=tuple(_layer(index, child, given["optimizer"]) for index, child in enumerate(children[:ending])),
            loss=loss,
            optimizer=_optimizer(given["optimizer"]),
            metrics=("accuracy",) if loss.of_classes else (),
        )
    except NotConverted as lost:
        return Adapted(program, ((lost.where, lost.what),), whole=False)
    if rows.ndim == 4:
        program = _channels_last(program)
    return Adapted(program)


def stack(module: Module) -> Iterator[Module]:
    """The modules of a stack in the order in which they are applied.

    Raises:
        NotConverted: a module with a ``forward`` of its own, which may do anything.
    """
    if type(module).__name__ == "Sequential":
        for child in module.children():
            yield from stack(child)
    elif next(module.children(), None) is None:
        yield module
    else:
        raise NotConverted("model", f"{type(module).__name__}, which is no nn.Sequential and may do anything,")


def activation_of(module: object) -> Activation | None:
    """The activation that a module is; None for other modules."""
    name = "relu" if type(module).__name__ == "ReLU" else _FUNCTIONS.get(type(module).__name__)
    return None if name is None else activations.get(name)


def _layer(index: int, module: Module, optimizer: object) -> layers.Layer:
    name, where = type(module).__name__, f"layer:{index}"
    try:
        own: layers.Layer = layers.Activation(_FUNCTIONS[name]) if name in _FUNCTIONS else _MAKERS[name](module)
    except (KeyError, ValueError, TypeError):
        raise NotConverted(where, f"layer {name}") from None
    groups: list[dict[str, Any]] = getattr(optimizer, "param_groups", [])
    known = {id(p) for group in groups for p in group["params"]}
    weights = list(module.parameters(recurse=False))
    own.trainable = not weights or any(p.requires_grad and id(p) in known for p in weights)
    own.name = str(index)
    return own


def _weights(module: Any) -> dict[str, Any]:
    """Initial weights like those that the module has now."""
    own: dict[str, Any] = {"use_bias": module.bias is not None, "kernel_initializer": _drawn(array(module.weight))}
    if module.bias is not None:
        bias = array(module.bias)
        own["bias_initializer"] = initializers.Constant(float(bias[0])) if (bias == bias[0]).all() else "zeros"
    return own


def _drawn(kernel: Array) -> initializers.base.Initializer:
    """An initializer that draws such weights: PyTorch's own, a constant, or normal numbers of this size."""
    if (kernel == kernel.flat[0]).all():
        return initializers.Constant(float(kernel.flat[0]))
    usual = 1 / np.sqrt(3 * kernel[0].size)  # uniform within 1 / sqrt(fan_in)
    spread = float(kernel.std())
    if usual / 1.5 < spread < usual * 1.5:
        return initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
    return initializers.RandomNormal(stddev=spread)


def _pair(value: Any) -> tuple[int, int]:
    return (int(value), int(value)) if isinstance(value, int) else (int(value[0]), int(value[1]))


def _window(module: Any) -> dict[str, Any]:
    """Strides and padding, if the padding has a counterpart."""
    if isinstance(module.padding, str):
        return {"strides": _pair(module.stride), "padding": module.padding}
    sizes, padding = _pair(module.kernel_size), _pair(module.padding)
    if padding == (0, 0):
        word = "valid"
    elif all(2 * p == k - 1 for p, k in zip(padding, sizes)):
        word = "same"
    else:
        raise ValueError(padding)
    return {"strides": _pair(module.stride), "padding": word}


def _loss(loss: object, labels: Array, children: list[Module]) -> tuple[losses.Loss, int]:
    """Our loss, and how many of the modules come before it: a log-softmax at the end belongs to its loss."""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    plain, everything = name.replace("_", "").lower().removesuffix("loss"), len(children)
    ids = labels.dtype.kind in "iu" and labels.ndim == 1
    scores = losses.SparseCategoricalCrossentropy if ids else losses.CategoricalCrossentropy
    if plain == "crossentropy":
        return scores(from_logits=True), everything
    if plain == "nll" and children and type(children[-1]).__name__ == "LogSoftmax":
        return scores(from_logits=True), everything - 1
    kind = _LOSSES.get(plain)
    if kind is not None:
        return kind(), everything
    if plain in ("bcewithlogits", "binarycrossentropywithlogits"):
        return losses.BinaryCrossentropy(from_logits=True), everything
    raise NotConverted("loss", f"loss {name}")


def _optimizer(optimizer: Any) -> optimizers.Optimizer:
    name, settings = type(optimizer).__name__, optimizer.param_groups[0]
    kind: Any = {"NAdam": optimizers.Nadam}.get(name, getattr(optimizers, name, None))
    if kind is None:
        raise NotConverted("optimizer", f"optimizer {name}")
    own = {_SETTINGS[key]: value for key, value in settings.items() if key in _SETTINGS and value not in (None, False)}
    if "betas" in settings:
        own["beta_1"], own["beta_2"] = settings["betas"]
    if name != "AdamW":
        own.pop("weight_decay", None)  # a part of the gradient there, not of the step
    made: optimizers.Optimizer = kind(**{key: value for key, value in own.items() if key in kind.__dataclass_fields__})
    return made


def _channels_last(program: Program) -> Program:
    def moved(x: Array) -> Array:
        return np.moveaxis(x, 1, -1)

    held = program.validation
    x = moved(program.x)
    return program.changed(x=x, input_shape=x.shape[1:], validation=None if held is None else (moved(held[0]), held[1]))
