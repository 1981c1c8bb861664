"""Random numbers of several distributions, drawn at once or at every step of a model."""

from __future__ import annotations

import numpy as np

from clarinet.configurable import check_number
from clarinet.ops.arithmetic import add, divide, multiply, subtract
from clarinet.ops.axes import expand_dims
from clarinet.ops.batches import traced
from clarinet.ops.comparisons import where
from clarinet.ops.dispatch import (
    apply,
    as_tensor,
    converted,
    dtype_of,
    floats,
    numbers_of,
    refuse_symbolic,
    shape_of,
    typed,
)
from clarinet.ops.distributions import (
    Beta,
    Binomial,
    Draw,
    Gamma,
    Gumbel,
    Keep,
    Normal,
    TruncatedNormal,
    Uniform,
    Whole,
)
from clarinet.ops.dtypes import FLOAT, as_dtype
from clarinet.ops.indexing import take_along_axis
from clarinet.ops.ordering import argsort
from clarinet.ops.seeds import drawn_seed, is_fixed, model_seed
from clarinet.ops.shapes import whole_shape
from clarinet.ops.sizing import sized
from clarinet.ops.specs import Shape, is_symbolic, place
from clarinet.ops.totals import argmax
from clarinet.problems import shown
from clarinet.types import AnyTensor, DType, DTypeArg, ShapeLike, TensorLike

__all__ = [
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]

#: Trials of a binomial distribution, which are drawn one by one.
_MOST_TRIALS = 100_000


def _draw(
    kind: type[Draw],
    shape: Shape,
    dtype: DType,
    seed: object,
    *settings: object,
    parameters: tuple[TensorLike, ...] = (),
    like: TensorLike = None,
) -> AnyTensor:
    """Numbers now; where a function is traced, or something is symbolic, an operation that draws them.

    Args:
        settings: further ones of the operation.
        parameters: of the distribution.
        like: has the rows that None stands for; default what the traced function was given.
    """
    what = kind.__name__.lower()
    fixed = is_fixed(seed, f"random.{what}")
    anchors = [x for x in (like, *parameters, traced()) if x is not None and is_symbolic(x)]
    anchor = min(anchors, key=lambda x: not x.spec.batched, default=None)  # one with rows, if there is one
    if None in shape and (anchor is None or not anchor.spec.batched or None in shape[1:]):
        raise ValueError(
            f"random.{what}: shape {shape} has sizes that are not known; give numbers, but for the rows of the batch "
            "in the call of a layer or model"
        )
    if anchor is None or (fixed and None not in shape and not any(map(is_symbolic, parameters))):
        return apply(kind(shape, dtype.name, drawn_seed(seed), False, *settings), *parameters)
    own = drawn_seed(seed) if fixed else model_seed(seed)
    return anchor.apply(kind(shape, dtype.name, own, not fixed, *settings), (*parameters, anchor))


def _float(dtype: DTypeArg, what: str) -> DType:
    kind = as_dtype(dtype or FLOAT, f"random.{what}: dtype")
    if kind.kind != "f":
        raise ValueError(f"random.{what}: dtype is one of floats, received {dtype!r}; randint draws whole numbers")
    return kind


def _scaled(x: AnyTensor, factor: TensorLike, offset: TensorLike) -> AnyTensor:
    x = x if type(factor) in (int, float) and factor == 1 else multiply(x, factor)
    return x if type(offset) in (int, float) and offset == 0 else add(x, offset)


@sized("first", "random.normal")
def normal(
    shape: ShapeLike, mean: TensorLike = 0.0, stddev: TensorLike = 1.0, dtype: DTypeArg = None, seed: object = None
) -> AnyTensor:
    """Normal numbers.

    Args:
        shape: sizes of the axes. In the call of a layer or model the first may be None, which is what
            ``ops.shape(x)[0]`` says there: the rows of the batch.
        mean, stddev: numbers, or tensors that can be broadcast to the shape, to which gradients flow.
        dtype: of floats; default float32.
        seed: a whole number: always the same numbers; a :class:`SeedGenerator`, or default None: others at every use.

    Raises:
        ValueError: another dtype or seed, or sizes that are not known.

    Example:
        >>> bool((normal((3,), seed=1) == normal((3,), seed=1)).all())
        True
    """
    sizes = whole_shape(shape, "random.normal: shape")
    return _scaled(_draw(Normal, sizes, _float(dtype, "normal"), seed), stddev, mean)


@sized("first", "random.truncated_normal")
def truncated_normal(
    shape: ShapeLike, mean: TensorLike = 0.0, stddev: TensorLike = 1.0, dtype: DTypeArg = None, seed: object = None
) -> AnyTensor:
    """Normal numbers within two standard deviations; arguments as of :func:`normal`."""
    sizes = whole_shape(shape, "random.truncated_normal: shape")
    return _scaled(_draw(TruncatedNormal, sizes, _float(dtype, "truncated_normal"), seed), stddev, mean)


@sized("first", "random.uniform")
def uniform(
    shape: ShapeLike, minval: TensorLike = 0.0, maxval: TensorLike = 1.0, dtype: DTypeArg = None, seed: object = None
) -> AnyTensor:
    """Numbers uniform in [minval, maxval); of a dtype of whole numbers :func:`randint`; else as :func:`normal`."""
    if dtype is not None and as_dtype(dtype, "random.uniform: dtype").kind in "iu":
        return randint(shape, minval, maxval, dtype, seed)
    sizes, kind = whole_shape(shape, "random.uniform: shape"), _float(dtype, "uniform")
    if isinstance(minval, (int, float)) and isinstance(maxval, (int, float)):
        return _scaled(_draw(Uniform, sizes, kind, seed), maxval - minval, minval)
    return _scaled(_draw(Uniform, sizes, kind, seed), subtract(maxval, minval), minval)


@sized("first", "random.randint")
def randint(
    shape: ShapeLike, minval: TensorLike, maxval: TensorLike, dtype: DTypeArg = "int32", seed: object = None
) -> AnyTensor:
    """Whole numbers from ``minval`` on below ``maxval``, all equally often.

    Args:
        shape, seed: as of :func:`normal`.
        minval, maxval: whole numbers, at most 2**32 apart.
        dtype: of whole numbers; default int32.

    Raises:
        ValueError: no numbers between them, or a dtype of floats.

    Example:
        >>> numbers = randint((1000,), -2, 3, seed=0)
        >>> int(numbers.min()), int(numbers.max())
        (-2, 2)
    """
    kind = as_dtype(dtype, "random.randint: dtype")
    refuse_symbolic("randint with limits of a graph", minval, maxval)
    low, high = int(numbers_of(minval)), int(numbers_of(maxval))
    if kind.kind not in "iu" or not 0 < high - low <= 2**32:
        raise ValueError(
            f"random.randint: expected minval below maxval and a dtype of whole numbers, received {low}, {high} and "
            f"{kind.name}"
        )
    sizes = whole_shape(shape, "random.randint: shape")
    return _scaled(_draw(Whole, sizes, kind, seed, high - low), 1, low)


def categorical(logits: TensorLike, num_samples: int, dtype: DTypeArg = "int32", seed: object = None) -> AnyTensor:
    """Classes, each drawn with the probability that its logit says.

    The place of the greatest ``logit - log(-log(u))``, u uniform (Gumbel).

    Args:
        logits: (n, classes).
        num_samples: how many of each row.
        dtype: default int32.
        seed: as of :func:`normal`.

    Returns:
        (n, num_samples).

    Example:
        >>> categorical([[0.0, float("-inf")]], 3).tolist()
        [[0, 0, 0]]
    """
    logits = floats(logits)
    shape = shape_of(logits)
    if len(shape) != 2:
        raise ValueError(f"random.categorical: expected logits of shape (n, classes), received {shape}")
    noise = _draw(Gumbel, (*shape, num_samples), dtype_of(logits), seed, like=logits)
    return typed(argmax(add(expand_dims(logits, -1), noise), axis=1), as_dtype(dtype))


@sized("first", "random.dropout")
def dropout(inputs: TensorLike, rate: float, noise_shape: ShapeLike | None = None, seed: object = None) -> AnyTensor:
    """A share of the inputs is 0, and the others are divided by what is left.

    Args:
        inputs: of any shape.
        rate: the share, from 0 to 1.
        noise_shape: of the mask, which is broadcast; None in it stands for a size of the inputs. Default: theirs.
        seed: as of :func:`normal`.

    Example:
        >>> sorted(set(dropout([1.0] * 100, 0.5, seed=0).tolist()))
        [0.0, 2.0]
    """
    x, rate = floats(inputs), check_number(rate, "random.dropout: rate", low=0, high=1)
    if rate in (0, 1):
        return multiply(x, 0) if rate else as_tensor(x)
    whole = shape_of(x)
    sizes = whole if noise_shape is None else whole_shape(noise_shape, "random.dropout: noise_shape")
    sizes = tuple(n if size is None else size for size, n in zip(sizes, whole, strict=True))
    kept = _draw(Keep, sizes, as_dtype("bool"), seed, rate, like=x)
    return where(kept, divide(x, 1 - rate), 0)


def shuffle(x: TensorLike, axis: int = 0, seed: object = None) -> AnyTensor:
    """The entries along an axis in another order, for each place on the other axes by itself, as in Keras on JAX.

    Args:
        axis: default 0.
        seed: as of :func:`normal`.

    Example:
        >>> sorted(shuffle([1, 2, 3, 4]).tolist())
        [1, 2, 3, 4]
    """
    x = converted(x)
    place(axis, len(shape_of(x)), "random.shuffle")
    order = argsort(_draw(Uniform, shape_of(x), FLOAT, seed, like=x), axis)
    return take_along_axis(x, order, axis)


@sized("first", "random.gamma")
def gamma(shape: ShapeLike, alpha: TensorLike, dtype: DTypeArg = None, seed: object = None) -> AnyTensor:
    """Numbers of a gamma distribution with scale 1; no gradient flows to ``alpha``.

    Args:
        alpha: the distribution's shape, above 0; a number, or a tensor that can be broadcast to ``shape``. A list is a
            row of distributions, each of which gives ``shape`` numbers, as in TensorFlow: along a last axis.
        shape, dtype, seed: as of :func:`normal`.

    Example:
        >>> gamma((3,), 2.0, seed=0).shape, gamma((3,), [0.5, 2.0], seed=0).shape
        ((3,), (3, 2))
    """
    sizes = whole_shape(shape, "random.gamma: shape")
    if isinstance(alpha, (list, tuple)):
        sizes = (*sizes, *shape_of(converted(alpha)))
    return _draw(Gamma, sizes, _float(dtype, "gamma"), seed, parameters=(floats(alpha),))


@sized("first", "random.beta")
def beta(
    shape: ShapeLike, alpha: TensorLike, beta: TensorLike, dtype: DTypeArg = None, seed: object = None
) -> AnyTensor:
    """Numbers of a beta distribution; no gradient flows to ``alpha`` and ``beta``.

    Args:
        alpha, beta: its parameters, above 0; numbers, or tensors that can be broadcast to ``shape``.
        shape, dtype, seed: as of :func:`normal`.

    Example:
        >>> numbers = beta((100,), 2.0, 2.0, seed=0)
        >>> bool(((numbers > 0) & (numbers < 1)).all())
        True
    """
    sizes = whole_shape(shape, "random.beta: shape")
    return _draw(Beta, sizes, _float(dtype, "beta"), seed, parameters=(floats(alpha), floats(beta)))


@sized("first", "random.binomial")
def binomial(
    shape: ShapeLike, counts: TensorLike, probabilities: TensorLike, dtype: DTypeArg = None, seed: object = None
) -> AnyTensor:
    """How many of some trials succeed.

    Args:
        counts: trials, at most 100,000; a number, or an array that can be broadcast to ``shape``.
        probabilities: of success, from 0 to 1; likewise.
        shape, dtype, seed: as of :func:`normal`.

    Example:
        >>> int(binomial((), 7, 1.0))
        7
    """
    refuse_symbolic("random.binomial with counts of a graph", counts)
    trials = numbers_of(counts)
    if trials.min(initial=0) < 0 or trials.max(initial=0) > _MOST_TRIALS:
        raise ValueError(f"random.binomial: counts are from 0 to {_MOST_TRIALS}, received {shown(counts)}")
    sizes, most = whole_shape(shape, "random.binomial: shape"), int(trials.max(initial=0))
    kind, parameters = _float(dtype, "binomial"), (np.asarray(trials), floats(probabilities))
    return _draw(Binomial, sizes, kind, seed, most, parameters=parameters)
