"""PyTorch modules as models of Clarinet, by what they do with some rows; pictures get their channels last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import losses, optimizers
from clarinet.doctor.adapters.adapted import Adapted
from clarinet.doctor.adapters.foreign import Module, NotConverted, array
from clarinet.doctor.adapters.rows import Arrays, Rows
from clarinet.doctor.adapters.torch_graph import Network
from clarinet.doctor.adapters.torch_recording import leaves, record
from clarinet.exchange.state_dicts import set_state_dict
from clarinet.trainable import model_class
from clarinet.types import Array

if TYPE_CHECKING:
    import torch

    from clarinet.layers import Layer
    from clarinet.trainable import Trainable

#: Passes over the data that are assumed if the number is not given, and rows that the module is run on.
_EPOCHS, _RUN = 10, 7
#: Losses without arguments that matter, by PyTorch's names of classes and functions.
_LOSSES: dict[str, type[losses.Loss]] = {
    "bce": losses.BinaryCrossentropy, "binarycrossentropy": losses.BinaryCrossentropy,
    "mse": losses.MeanSquaredError, "l1": losses.MeanAbsoluteError,
    "huber": losses.Huber, "smoothl1": losses.Huber, "hingeembedding": losses.Hinge,
}  # fmt: skip
#: Clarinet's names for PyTorch's arguments of optimizers.
_SETTINGS = {
    "lr": "learning_rate", "momentum": "momentum", "nesterov": "nesterov", "weight_decay": "weight_decay",
    "eps": "epsilon", "alpha": "rho", "rho": "rho", "centered": "centered", "amsgrad": "amsgrad",
}  # fmt: skip


def adapt(module: Module, rows: Rows, validation: tuple[Arrays, Arrays] | None, fit: dict[str, object]) -> Adapted:
    """A PyTorch module with loss and optimizer as a model; see :func:`clarinet.doctor.adapters.adapt`.

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
    fit = {"epochs": _EPOCHS} | {name: value for name, value in fit.items() if name not in given}
    try:
        network = Network(record(module, _some(module, rows.x)))
        loss, output = _loss(given["loss"], rows.y, network.output, fit)
        own: Trainable = _model(network, output)
        optimizer = _optimizer(given["optimizer"])
    except NotConverted as lost:
        return Adapted(None, rows, validation, fit, ((lost.where, lost.what),))
    owners = _marked(network, module, given["optimizer"])
    own.compile(optimizer, loss, ["accuracy"] if loss.of_classes else [])
    _bring_weights(own, owners, module, given["optimizer"])
    names = {f"layer:{number}": name for number, (name, _) in enumerate(leaves(module)) if not name.isdigit()}
    held = None if validation is None else (_moved(validation[0]), validation[1])
    return Adapted(own, Rows(_moved(rows.x), rows.y), held, fit, (), _places(own, owners), names)


def _some(module: Module, x: Arrays) -> list[torch.Tensor]:
    """A few rows as tensors like those that the module is trained on."""
    import torch

    weight: torch.Tensor | None = next(module.parameters(), None)
    given = []
    for rows in x.values() if isinstance(x, dict) else x if isinstance(x, list) else [x]:
        tensor = torch.as_tensor(np.ascontiguousarray(array(rows)[:_RUN]))
        tensor = torch.nan_to_num(tensor) if tensor.is_floating_point() else tensor
        if weight is not None:
            tensor = tensor.to(weight.device, weight.dtype) if tensor.is_floating_point() else tensor.to(weight.device)
        given.append(tensor)
    return given


def _moved(x: Arrays) -> Arrays:
    """Pictures with their channels last."""
    if isinstance(x, dict):
        return [_moved(each) for each in x.values()]
    if isinstance(x, list):
        return [_moved(each) for each in x]
    rows = array(x)
    return np.moveaxis(rows, 1, -1) if rows.ndim == 4 else rows


def _model(network: Network, output: Any) -> Trainable:
    make: Callable[..., Trainable] = model_class("Model")
    try:
        return make(network.inputs if len(network.inputs) > 1 else network.inputs[0], output)
    except (ValueError, TypeError) as error:
        raise NotConverted("model", f"the module ({error})") from None


def _marked(network: Network, module: Module, optimizer: torch.optim.Optimizer) -> list[tuple[Layer, int | None]]:
    """The layers with their modules; those whose weights the optimizer was not given are frozen."""
    groups = {id(p) for group in optimizer.param_groups for p in group["params"]}
    modules = leaves(module)
    for layer, place in network.owners:
        weights = [] if place is None else list(modules[place][1].parameters(recurse=False))
        if weights:
            layer.trainable = any(p.requires_grad and id(p) in groups for p in weights)
    return network.owners


def _places(own: Trainable, owners: Sequence[tuple[Layer, int | None]]) -> dict[str, str]:
    """The places of modules by those of the layers that stand for them."""
    by_layer = {id(layer): place for layer, place in owners}
    found = {}
    for number, layer in enumerate(own.layers):
        place = by_layer.get(id(layer))
        found[f"layer:{number}"] = "model" if place is None else f"layer:{place}"
    return found


def _bring_weights(
    own: Any,
    owners: Sequence[tuple[Layer, int | None]],
    module: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
) -> None:
    """The weights that the module has now, where every layer has the form of one module; a trained one is known as
    such, and begins anew."""
    modules = leaves(module)
    names = {layer.name: modules[place][0] for layer, place in owners if place is not None and layer.weights}
    tensors = {name: array(value) for name, value in module.state_dict().items()}
    try:
        set_state_dict(own, tensors, names)
    except (ValueError, TypeError):
        return  # then they are drawn as PyTorch draws them
    steps = max((int(state.get("step", 1)) for state in optimizer.state.values()), default=0)
    if steps:
        own.optimizer_state = optimizers.OptimizerState.new(own.optimizer, own.store.layout, own.dtype)
        own.optimizer_state.step = steps


def _loss(loss: object, labels: Arrays, output: Any, fit: dict[str, object]) -> tuple[losses.Loss, Any]:
    """Our loss, and the tensor that it takes: a log-softmax at the end belongs to its loss."""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    plain = name.replace("_", "").lower().removesuffix("loss")
    y: Array = array(labels)
    ids = y.dtype.kind in "iu" and y.ndim == max(1, len(output.shape) - 1)
    scores = losses.SparseCategoricalCrossentropy if ids else losses.CategoricalCrossentropy
    _weigh_classes(plain, loss, fit)
    if plain == "crossentropy":
        smoothing = float(getattr(loss, "label_smoothing", 0.0))
        if smoothing and not ids:
            return losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing), output
        return scores(from_logits=True), output
    if plain == "nll" and getattr(getattr(output.node.operator, "activation", None), "name", "") == "log_softmax":
        return scores(from_logits=True), output.node.inputs[0]
    if plain in ("bcewithlogits", "binarycrossentropywithlogits"):
        return losses.BinaryCrossentropy(from_logits=True), output
    kind = _LOSSES.get(plain)
    if kind is None:
        raise NotConverted("loss", f"loss {name}")
    return kind(), output


def _weigh_classes(plain: str, loss: object, fit: dict[str, object]) -> None:
    """The weights of classes that a loss holds, as ``fit`` takes them."""
    chosen = getattr(loss, "pos_weight" if plain == "bcewithlogits" else "weight", None)
    if plain not in ("crossentropy", "nll", "bcewithlogits") or chosen is None:
        return
    values = [float(value) for value in array(chosen).reshape(-1)]
    if plain != "bcewithlogits" or len(values) == 1:
        fit.setdefault("class_weight", dict(enumerate(values)) if plain != "bcewithlogits" else {0: 1.0, 1: values[0]})


def _optimizer(optimizer: torch.optim.Optimizer) -> optimizers.Optimizer:
    name, settings = type(optimizer).__name__, optimizer.param_groups[0]
    kind: type[optimizers.Optimizer] | None = {"NAdam": optimizers.Nadam}.get(name, getattr(optimizers, name, None))
    if kind is None:
        raise NotConverted("optimizer", f"optimizer {name}")
    own = {_SETTINGS[key]: value for key, value in settings.items() if key in _SETTINGS and value not in (None, False)}
    # A schedule has set the rate of its first step, which may be none at all: what it leads to counts.
    scheduled = (float(settings[key]) for key in ("initial_lr", "max_lr") if key in settings)
    own["learning_rate"] = max([float(settings["lr"]), *scheduled])
    if "betas" in settings:
        own["beta_1"], own["beta_2"] = settings["betas"]
    if name != "AdamW":
        own.pop("weight_decay", None)  # a part of the gradient there, not of the step
    made: optimizers.Optimizer = kind(**{key: value for key, value in own.items() if key in kind.__dataclass_fields__})
    return made
