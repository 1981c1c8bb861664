"""Attention, as transformers have it."""

from __future__ import annotations

import numpy as np

from clarinet.ops.arithmetic import add, multiply
from clarinet.ops.arranging import repeat
from clarinet.ops.axes import expand_dims
from clarinet.ops.comparisons import where
from clarinet.ops.dispatch import Operand, converted, dtype_of, promoted, shape_of, sizes_of, typed
from clarinet.ops.dtypes import BOOL
from clarinet.ops.linear import einsum
from clarinet.ops.nn import softmax
from clarinet.types import AnyTensor, TensorLike

__all__ = ["dot_product_attention"]


def dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    bias: TensorLike = None,
    mask: TensorLike = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> AnyTensor:
    """``softmax(q kᵀ scale + bias) v``, for each head (Vaswani et al., NeurIPS 2017).

    Args:
        query: (n, t, heads, d). key: (n, s, heads, d). value: (n, s, heads, e). There may be fewer heads of keys and
            values, each for several of the queries.
        bias: added to the scores; can be broadcast to (n, heads, t, s).
        mask: where it is false there is no attention; likewise.
        scale: default ``1 / sqrt(d)``.
        is_causal: each query sees the keys up to its own place alone; default False.
        flash_attention, attn_logits_soft_cap: accepted for Keras programs, which use them on TPUs and GPUs alone.

    Returns:
        (n, t, heads, e).

    Raises:
        ValueError: other numbers of axes, or heads that do not go together.

    Example:
        >>> q = np.ones((1, 2, 1, 4), "float32")
        >>> dot_product_attention(q, q, q, is_causal=True).shape
        (1, 2, 1, 4)
    """
    query, key, value = promoted(query, key, value, least=float)
    shapes = [shape_of(x) for x in (query, key, value)]
    heads, size = (*sizes_of(query, "dot_product_attention", 2), 0, 0)[:2]
    shared = (*sizes_of(key, "dot_product_attention", 2), 1)[0]
    if any(len(shape) != 4 for shape in shapes) or heads % shared:
        raise ValueError(
            "dot_product_attention: expected query, key and value of shape (n, steps, heads, size), received "
            f"{', '.join(map(str, shapes))}"
        )
    if heads != shared:
        key, value = (repeat(x, heads // shared, axis=2) for x in (key, value))
    scores = multiply(einsum("btnh,bsnh->bnts", query, key), size**-0.5 if scale is None else scale)
    if bias is not None:
        scores = add(scores, typed(_with_four_axes(bias), dtype_of(query)))
    hidden = 0.7 * float(np.finfo(dtype_of(query)).min)
    for seen in (None if mask is None else _with_four_axes(mask), _past(shapes[0][1], shapes[1][1], is_causal)):
        if seen is not None:
            scores = where(typed(seen, BOOL), scores, hidden)
    return einsum("bnts,bsnh->btnh", softmax(scores), value)


def _with_four_axes(x: TensorLike) -> Operand:
    """With an axis of heads, and one of the batch, where they are missing."""
    x = converted(x)
    while len(shape_of(x)) < 4:
        x = expand_dims(x, 1 if len(shape_of(x)) == 3 else 0)
    return x


def _past(queries: int | None, keys: int | None, is_causal: bool) -> Operand | None:
    """For each query which keys are not after it; None where it may see all."""
    if not is_causal:
        return None
    if queries is None or keys is None:
        raise ValueError("dot_product_attention: is_causal needs the numbers of steps, which are not known yet")
    return np.tri(queries, keys, dtype=bool)
