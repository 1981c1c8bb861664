"""Attention, as transformers have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from clarinet.ops.arithmetic import add, multiply
from clarinet.ops.arranging import repeat
from clarinet.ops.axes import expand_dims
from clarinet.ops.comparisons import where
from clarinet.ops.dispatch import Operand, apply, converted, dtype_of, promoted, shape_of, spec_of, typed
from clarinet.ops.dtypes import BOOL
from clarinet.ops.linear import einsum
from clarinet.ops.nn import softmax
from clarinet.ops.operation import Gradients, Operation, Wanted, made, require_one_dtype
from clarinet.ops.specs import Batch, TensorSpec
from clarinet.types import AnyTensor, Array, Namespace, Shape, TensorLike

__all__ = ["dot_product_attention"]

#: The score of a key that a query does not see, so low that its share is 0 beside any other.
_HIDDEN = -1e30


class _Attended(NamedTuple):
    """What backward needs of a forward pass; a query's heads that share keys are an axis of their own."""

    q: Array  # (n, shared, heads for each, t, d)
    k: Array  # (n, shared, 1, s, d)
    v: Array  # (n, shared, 1, s, e)
    p: Array  # (n, shared, heads for each, t, s)
    seen: Array | None
    masks: int


@dataclass(eq=False, repr=False)
class DotProductAttention(Operation):
    """y = p v with p = softmax(scale q kᵀ), for each head.

    dv = pᵀ dy, ds = p (dp - the sum of p dp over the keys) with dp = dy vᵀ, dq = scale ds k, dk = scale dsᵀ q.

    Args:
        scale: of the scores.
        causal: whether a query sees the keys up to its own place alone.
    """

    arity = None

    scale: float
    causal: bool = False

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        q, k, v = (xp.permute_dims(x, (0, 2, 1, 3)) for x in xs[:3])
        n, heads, t, d = q.shape
        shared, s = k.shape[1:3]
        q = xp.reshape(q, (n, shared, heads // shared, t, d))
        k, v = xp.expand_dims(k, axis=2), xp.expand_dims(v, axis=2)
        scores = xp.matmul(q, xp.matrix_transpose(k)) * self.scale
        seen = self._seen(xs[3:], (shared, heads, t, s), xp)
        if seen is not None:
            scores = xp.where(seen, scores, xp.full_like(scores, _HIDDEN))
        p = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
        p = p / xp.sum(p, axis=-1, keepdims=True)
        y = xp.reshape(xp.matmul(p, v), (n, heads, t, v.shape[-1]))
        return xp.permute_dims(y, (0, 2, 1, 3)), _Attended(q, k, v, p, seen, len(xs) - 3)

    def _seen(self, masks: tuple[Array, ...], sizes: Shape, xp: Namespace) -> Array | None:
        """Which keys a query sees, with the axes of the scores; None: all."""
        shared, heads, t, s = sizes
        seen = None
        for mask in masks:
            own = (shared, heads // shared) if mask.shape[1] > 1 else (1, 1)
            seen = xp.reshape(mask, (mask.shape[0], *own, *mask.shape[2:]))
        if not self.causal:
            return seen
        past = xp.arange(t)[:, None] >= xp.arange(s)[None, :]
        return past if seen is None else xp.logical_and(seen, past)

    def partial(self, cache: _Attended, dy: Array, wanted: Wanted, xp: Namespace = np) -> Gradients:
        q, k, v, p, seen, masks = cache
        n, shared, each, t, _ = q.shape
        dy = xp.reshape(xp.permute_dims(dy, (0, 2, 1, 3)), (n, shared, each, t, v.shape[-1]))
        found: list[Array | None] = [None, None, None]
        if wanted[2]:
            found[2] = xp.sum(xp.matmul(xp.matrix_transpose(p), dy), axis=2)
        if wanted[0] or wanted[1]:
            dp = xp.matmul(dy, xp.matrix_transpose(v))
            ds = p * (dp - xp.sum(p * dp, axis=-1, keepdims=True)) * self.scale
            ds = ds if seen is None else xp.where(seen, ds, xp.zeros_like(ds))
            found[0] = xp.reshape(xp.matmul(ds, k), (n, shared * each, t, k.shape[-1])) if wanted[0] else None
            found[1] = xp.sum(xp.matmul(xp.matrix_transpose(ds), q), axis=2) if wanted[1] else None
        return (*(None if d is None else xp.permute_dims(d, (0, 2, 1, 3)) for d in found), *(None,) * masks)

    def backward(self, cache: _Attended, dy: Array, xp: Namespace = np) -> Gradients:
        return self.partial(cache, dy, (True, True, True), xp)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        q, k, v = (spec.shape for spec in specs[:3])
        require_one_dtype(specs[:3], self.name)
        fits = len(q) == len(k) == len(v) == 4 and _alike(q[:1] + q[3:], k[:1] + k[3:]) and _alike(k[:3], v[:3])
        if not fits or None in (q[2], k[2]) or (q[2] or 0) % (k[2] or 1):
            raise ValueError(
                f"{self.name}: expected query, key and value of shape (n, steps, heads, size), where the heads of the "
                f"query are those of the key or a multiple; received {', '.join(str(s.shape) for s in specs[:3])}"
            )
        whole = (q[0], q[2], q[1], k[1])
        for mask in specs[3:]:
            if mask.rank != 4 or not all(_alike((a,), (b,)) or a == 1 for a, b in zip(mask.shape, whole)):
                raise ValueError(
                    f"{self.name}: expected a mask that can be broadcast to (n, heads, queries, keys) = {whole}, "
                    f"received one of shape {mask.shape}"
                )
        return specs[0].reshaped((*q[:3], v[3]))

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        steady = all(spec.batched for spec in specs[:3]) and all(s.batched or s.shape[0] == 1 for s in specs[3:])
        return "keeps" if steady else "mixes"


def _alike(one: Sequence[int | None], other: Sequence[int | None]) -> bool:
    """Whether sizes may be the same, as far as they are known."""
    return all(a == b or None in (a, b) for a, b in zip(one, other, strict=True))


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
    size = (shape_of(query) or (1,))[-1]
    factor = (size or 1) ** -0.5 if scale is None else float(scale)
    masks = [] if mask is None else [typed(_with_four_axes(mask), BOOL)]
    if bias is None:
        return apply(made(DotProductAttention, factor, bool(is_causal)), query, key, value, *masks)
    return _with_bias(query, key, value, bias, factor, is_causal, masks)


def _with_bias(
    query: Operand,
    key: Operand,
    value: Operand,
    bias: TensorLike,
    scale: float,
    is_causal: bool,
    masks: Sequence[TensorLike],
) -> AnyTensor:
    """The same with numbers that are added to the scores, which may be weights."""
    shapes = [spec_of(x) for x in (query, key, value)]
    made(DotProductAttention, scale, is_causal).infer(shapes)  # says what does not fit
    shared = (shapes[0].shape[2] or 1) // (shapes[1].shape[2] or 1)
    key, value = (repeat(x, shared, axis=2) if shared > 1 else x for x in (key, value))
    scores = multiply(einsum("btnh,bsnh->bnts", query, key), scale)
    scores = add(scores, typed(_with_four_axes(bias), dtype_of(query)))
    for seen in (*masks, *([_past(shapes[0].shape[1], shapes[1].shape[1])] if is_causal else [])):
        scores = where(seen, scores, _HIDDEN)
    return einsum("bnts,bsnh->btnh", softmax(scores), value)


def _with_four_axes(x: TensorLike) -> Operand:
    """With an axis of heads, and one of the batch, where they are missing."""
    x = converted(x)
    while len(shape_of(x)) < 4:
        x = expand_dims(x, 1 if len(shape_of(x)) == 3 else 0)
    return x


def _past(queries: int | None, keys: int | None) -> Array:
    """For each query which keys are not after it."""
    if queries is None or keys is None:
        raise ValueError(
            "dot_product_attention: is_causal with a bias needs the numbers of steps, which are not known yet"
        )
    return np.tri(queries, keys, dtype=bool)
