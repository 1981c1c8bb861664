"""What ``keras.backend`` had in earlier versions of Keras: operations, under the names of then.

``clarinet.backend`` finds them here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from typing import cast as typed

import numpy as np

from clarinet import aliases, ops, random
from clarinet.names import public
from clarinet.ops.specs import product
from clarinet.random import normal as random_normal
from clarinet.random import truncated_normal
from clarinet.random import uniform as random_uniform
from clarinet.tf.adapting import functions, same
from clarinet.tf.nn import bias_add, l2_normalize
from clarinet.types import AnyTensor, Array, Axes, DTypeArg, ShapeLike, TensorLike
from clarinet.variables import Variable

_PAIRS = "x:x1 y:x2"
_TABLE: dict[str, str] = {
    **same("abs all any cast cos elu exp log max min mean ndim ones_like prod reshape round shape sigmoid sign sin"),
    **same("softmax softplus softsign sqrt square squeeze stack std sum tanh tile transpose var zeros_like eye"),
    **{name: f"{name} {_PAIRS}" for name in ("equal", "greater", "greater_equal", "less", "less_equal", "not_equal")},
    "arange": "arange",
    "argmax": "argmax axis=-1",
    "argmin": "argmin axis=-1",
    "batch_normalization": "batch_normalization var:variance beta:offset gamma:scale",
    "binary_crossentropy": "binary_crossentropy",
    "categorical_crossentropy": "categorical_crossentropy",
    "clip": "clip min_value:x_min max_value:x_max",
    "concatenate": "concatenate tensors:xs axis=-1",
    "conv1d": "conv x:inputs",
    "conv2d": "conv x:inputs",
    "cumprod": "cumprod axis=0",
    "cumsum": "cumsum axis=0",
    "depthwise_conv2d": "depthwise_conv x:inputs depthwise_kernel:kernel",
    "expand_dims": "expand_dims axis=-1",
    "gather": "take reference:x axis=0",
    "maximum": f"maximum {_PAIRS}",
    "minimum": f"minimum {_PAIRS}",
    "one_hot": "one_hot indices:x",
    "ones": "ones",
    "permute_dimensions": "transpose pattern:axes",
    "pow": "power x:x1 a:x2",
    "repeat_elements": "repeat rep:repeats",
    "reverse": "flip axes:axis",
    "separable_conv2d": "separable_conv x:inputs",
    "sparse_categorical_crossentropy": "sparse_categorical_crossentropy",
    "zeros": "zeros",
}

__all__ = [
    "batch_dot",
    "batch_flatten",
    "batch_get_value",
    "batch_set_value",
    "bias_add",
    "cast_to_floatx",
    "constant",
    "count_params",
    "ctc_batch_cost",
    "ctc_decode",
    "dot",
    "dropout",
    "dtype",
    "eval",
    "flatten",
    "get_value",
    "hard_sigmoid",
    "in_top_k",
    "int_shape",
    "is_sparse",
    "l2_normalize",
    "learning_phase",
    "map_fn",
    "moving_average_update",
    "pool2d",
    "random_bernoulli",
    "random_normal",
    "random_uniform",
    "relu",
    "repeat",
    "resize_images",
    "set_value",
    "spatial_2d_padding",
    "stop_gradient",
    "switch",
    "temporal_padding",
    "truncated_normal",
    "update",
    "update_add",
    "update_sub",
    "variable",
]
__all__ += list(_TABLE)


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)
    globals().update(functions(_TABLE))


def dot(x: TensorLike, y: TensorLike) -> AnyTensor:
    """The product of the last axis of ``x`` and the last but one of ``y``."""
    return ops.dot(x, y)


def batch_dot(x: TensorLike, y: TensorLike, axes: Axes = None) -> AnyTensor:
    """For every row of the batch the product of an axis of ``x`` and one of ``y``.

    Args:
        x, y: tensors with the batch first.
        axes: the two axes, or one number for both; default the last of ``x`` and the last but one of ``y``, or the last
            one where there are two.

    Example:
        >>> batch_dot([[1.0, 2.0]], [[3.0, 4.0]], axes=1).tolist()
        [[11.0]]
    """
    first, second = ops.ndim(x), ops.ndim(y)
    if axes is None:
        axes = (first - 1, second - 2 if second > 2 else second - 1)
    one, other = (axes, axes) if isinstance(axes, int) else axes
    letters = "abcdefghijklmnopqrstuvw"
    of_x, of_y = list("z" + letters[: first - 1]), list("z" + letters[first - 1 : first + second - 2])
    of_x[one] = of_y[other] = "y"
    result = "".join(letter for letter in ["z", *of_x[1:], *of_y[1:]] if letter != "y")
    product = ops.einsum(f"{''.join(of_x)},{''.join(of_y)}->{result}", x, y)
    return ops.expand_dims(product, -1) if len(result) == 1 else product


def flatten(x: TensorLike) -> AnyTensor:
    """All entries along one axis."""
    return ops.reshape(x, (-1,))


def batch_flatten(x: TensorLike) -> AnyTensor:
    """All entries of a row along one axis."""
    return ops.reshape(x, (-1, product(ops.shape(x)[1:])))


def relu(x: TensorLike, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> AnyTensor:
    """``x`` above a threshold, at most ``max_value``; below it ``alpha (x - threshold)``."""
    above = x if max_value is None else ops.minimum(x, max_value)
    return ops.where(ops.greater(x, threshold), above, ops.multiply(ops.subtract(x, threshold), alpha))


def hard_sigmoid(x: TensorLike) -> AnyTensor:
    """``0.2 x + 0.5``, not below 0 nor above 1, as earlier versions of Keras had it."""
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


def repeat(x: TensorLike, n: int) -> AnyTensor:
    """Each row of a matrix ``n`` times: (rows, columns) becomes (rows, n, columns)."""
    return ops.repeat(ops.expand_dims(x, 1), n, 1)


def switch(condition: TensorLike, then_expression: TensorLike, else_expression: TensorLike) -> AnyTensor:
    """The one or the other, entry by entry; functions are called for it."""
    one, other = (e() if callable(e) else e for e in (then_expression, else_expression))
    missing = ops.ndim(one) - ops.ndim(condition)
    kept = ops.reshape(condition, (*ops.shape(condition), *(1,) * missing)) if missing > 0 else condition
    return ops.where(ops.cast(kept, "bool"), one, other)


def dropout(x: TensorLike, level: float, noise_shape: ShapeLike | None = None, seed: object = None) -> AnyTensor:
    """A share ``level`` of the numbers is 0, and the others are divided by what is left."""
    return random.dropout(x, level, noise_shape, seed)


def random_bernoulli(shape: ShapeLike, p: float = 0.0, dtype: DTypeArg = None, seed: object = None) -> AnyTensor:
    """1 with the probability ``p``, else 0."""
    return ops.cast(ops.less(random_uniform(shape, seed=seed), p), dtype or "float32")


def pool2d(
    x: TensorLike,
    pool_size: tuple[int, int],
    strides: tuple[int, int] = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> AnyTensor:
    """The largest number of every window of an image, or with ``pool_mode="avg"`` the mean.

    Raises:
        ValueError: another ``pool_mode``.
    """
    if pool_mode not in ("max", "avg"):
        raise ValueError(f"pool2d: pool_mode is 'max' or 'avg', received {pool_mode!r}")
    pool = ops.max_pool if pool_mode == "max" else ops.average_pool
    return pool(x, tuple(pool_size), tuple(strides), padding, data_format)


def resize_images(
    x: TensorLike, height_factor: int, width_factor: int, data_format: object = None, interpolation: str = "nearest"
) -> AnyTensor:
    """Images (n, height, width, channels) so many times as high and wide.

    Raises:
        ValueError: their sizes are not known before there are numbers.
    """
    _, height, width, _ = int_shape(x)
    if height is None or width is None:
        raise ValueError("resize_images: the sizes of the images are not known; use the layer UpSampling2D")
    return ops.image.resize(x, (height * height_factor, width * width_factor), interpolation)


def spatial_2d_padding(
    x: TensorLike, padding: tuple[tuple[int, int], tuple[int, int]] = ((1, 1), (1, 1)), data_format: object = None
) -> AnyTensor:
    """Zeros around images: above and below, on the left and on the right."""
    return ops.pad(x, ((0, 0), *map(tuple, padding), (0, 0)))


def temporal_padding(x: TensorLike, padding: tuple[int, int] = (1, 1)) -> AnyTensor:
    """Zeros before and behind the steps of sequences."""
    return ops.pad(x, ((0, 0), tuple(padding), (0, 0)))


def in_top_k(predictions: TensorLike, targets: TensorLike, k: int) -> AnyTensor:
    """Whether each target is among the ``k`` largest predictions of its row."""
    return ops.in_top_k(targets, predictions, k)


def map_fn(
    fn: Callable[[TensorLike], TensorLike], elems: TensorLike, name: object = None, dtype: object = None
) -> AnyTensor:
    """What a function makes of each row, stacked."""
    return ops.map(fn, elems)


def stop_gradient(variables: TensorLike) -> AnyTensor | list[AnyTensor]:
    """The tensor, or each of a list, without a gradient."""
    if isinstance(variables, (list, tuple)):
        return [ops.stop_gradient(one) for one in variables]
    return ops.stop_gradient(variables)


def constant(
    value: TensorLike, dtype: DTypeArg = None, shape: ShapeLike | None = None, name: object = None
) -> AnyTensor:
    """Numbers as a tensor of floats, in another shape perhaps."""
    made = ops.convert_to_tensor(value, dtype or "float32")
    return made if shape is None else ops.broadcast_to(made, shape)


def variable(value: TensorLike, dtype: DTypeArg = None, name: str | None = None, constraint: None = None) -> Variable:
    """A variable with these numbers, floats unless another dtype is given."""
    return Variable(value, dtype=dtype or "float32", name=name)


def get_value(x: TensorLike) -> Array:
    """The numbers of a tensor or a variable, or a learning rate, as NumPy has them.

    Example:
        >>> import clarinet
        >>> get_value(clarinet.optimizers.Adam(0.01).learning_rate).item()
        0.01
    """
    return x.numpy() if hasattr(x, "numpy") else np.asarray(x)


eval = get_value


def set_value(x: Variable, value: TensorLike) -> None:
    """Give a variable other numbers; ``optimizer.learning_rate = 0.01`` changes a learning rate.

    Raises:
        TypeError: something that is no variable.
    """
    if not hasattr(x, "assign"):
        raise TypeError(
            f"set_value: expected a variable, received {x!r}; of an optimizer, optimizer.learning_rate = {value!r}"
        )
    x.assign(value)


def batch_get_value(tensors: Iterable[TensorLike]) -> list[Array]:
    """The numbers of several."""
    return [get_value(one) for one in tensors]


def batch_set_value(tuples: Iterable[tuple[Variable, TensorLike]]) -> None:
    """Give several variables other numbers."""
    for one, value in tuples:
        set_value(one, value)


def update(x: Variable, new_x: TensorLike) -> Variable:
    """Give a variable other numbers."""
    x.assign(new_x)
    return x


def update_add(x: Variable, increment: TensorLike) -> Variable:
    """Add to a variable."""
    x.assign_add(increment)
    return x


def update_sub(x: Variable, decrement: TensorLike) -> Variable:
    """Subtract from a variable."""
    x.assign_sub(decrement)
    return x


def cast_to_floatx(x: TensorLike) -> AnyTensor | Array:
    """The numbers in float32."""
    return ops.cast(x, "float32") if ops.is_tensor(x) else np.asarray(x, np.float32)


def count_params(x: TensorLike) -> int:
    """How many numbers a variable or a tensor has."""
    return product(int_shape(x)) or 0


def dtype(x: TensorLike) -> str:
    """The name of a tensor's dtype."""
    return str(ops.dtype(x))


def int_shape(x: TensorLike) -> tuple[int | None, ...]:
    """The shape; None where a size is not known."""
    return tuple(ops.convert_to_tensor(x).shape)


def is_sparse(tensor: TensorLike) -> bool:
    """False: tensors are dense."""
    return False


def learning_phase() -> int:
    """0: outside of training, layers work as they do when predicting; ``model(x, training=True)`` says otherwise."""
    return 0


def ctc_batch_cost(
    y_true: TensorLike, y_pred: TensorLike, input_length: TensorLike, label_length: TensorLike
) -> AnyTensor:
    """The CTC loss of each row, (n, 1), whose last class is the blank; see :func:`clarinet.ops.ctc_loss`.

    Args:
        y_true: (n, labels), numbers of classes.
        y_pred: (n, steps, classes), probabilities.
        input_length, label_length: (n, 1), how many steps and labels count in each row.
    """
    logits, lengths = _ctc(y_pred, input_length)
    labels = ops.cast(ops.squeeze(label_length, axis=-1), "int32")
    cost = ops.ctc_loss(ops.cast(y_true, "int32"), logits, labels, lengths, mask_index=typed(int, logits.shape[-1]) - 1)
    return ops.expand_dims(cost, 1)


def ctc_decode(
    y_pred: TensorLike, input_length: TensorLike, greedy: bool = True, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[AnyTensor], AnyTensor]:
    """The labels of probabilities (n, steps, classes), -1 behind the last; and a score (n, top_paths) of each.

    Args:
        y_pred: probabilities.
        input_length: (n,), how many steps count in each row.
        greedy: take the likeliest class of each step; else look at ``beam_width`` beginnings.
        beam_width, top_paths: how many beginnings are kept, and how many ends are given.
    """
    logits, lengths = _ctc(y_pred, input_length)
    strategy, blank = "greedy" if greedy else "beam_search", typed(int, logits.shape[-1]) - 1
    paths, scores = ops.ctc_decode(logits, lengths, strategy, beam_width, top_paths, mask_index=blank)
    return [paths[number] for number in range(len(paths))], scores


def _ctc(y_pred: TensorLike, lengths: TensorLike) -> tuple[AnyTensor, AnyTensor]:
    """Logits, and lengths without an axis of size 1."""
    logits = ops.log(ops.add(y_pred, 1e-7))
    counted = ops.cast(lengths, "int32")
    return logits, ops.squeeze(counted, axis=-1) if len(counted.shape) > 1 else counted


def moving_average_update(x: Variable, value: TensorLike, momentum: float) -> Variable:
    """``x <- momentum x + (1 - momentum) value``."""
    x.assign(ops.add(ops.multiply(momentum, x), ops.multiply(1 - momentum, value)))
    return x
