"""Means and standard deviations over some axes, and the way back through them."""

from __future__ import annotations

from clarinet.types import Array, Namespace


def mean_of(x: Array, rows: tuple[int, ...], share: Array | None, xp: Namespace) -> Array:
    """The mean over some axes; with what :func:`shares` gives, of the entries that count."""
    return (
        xp.mean(x, axis=rows) if share is None else xp.sum(xp.where(share > 0, x, xp.zeros_like(x)) * share, axis=rows)
    )


def shares(mask: Array, x: Array, rows: tuple[int, ...], xp: Namespace) -> Array:
    """How much each entry counts in the mean of its feature: one part in as many as the mask leaves, or nothing.

    Args:
        mask: truth values, without the last axis of ``x``.
        x: what is normalised.
        rows: the axes of the statistics.
    """
    counts = xp.broadcast_to(xp.astype(mask, x.dtype)[..., None], x.shape)
    total = xp.sum(counts, axis=rows, keepdims=True)
    return counts / xp.where(total > 0, total, xp.ones_like(total))


def standardized(x: Array, axes: tuple[int, ...], epsilon: float, xp: Namespace) -> tuple[Array, Array]:
    """``u = (x - mean) / sqrt(variance + epsilon)`` over ``axes``, and the factor."""
    centred = x - xp.mean(x, axis=axes, keepdims=True)
    inverse = 1 / xp.sqrt(xp.mean(centred**2, axis=axes, keepdims=True) + epsilon)
    return centred * inverse, inverse


def through_standardized(du: Array, u: Array, inverse: Array, axes: tuple[int, ...], xp: Namespace) -> Array:
    """The gradient at ``x`` from the one at ``u``."""
    mean = xp.mean(du, axis=axes, keepdims=True)
    dx: Array = inverse * (du - mean - u * xp.mean(du * u, axis=axes, keepdims=True))
    return dx
