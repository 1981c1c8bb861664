"""Attention with several heads: each with keys and values of its own, or several with the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from clarinet.constraints import ConstraintLike
from clarinet.initializers import InitializerLike
from clarinet.layers.base import check_positive_int, check_shape
from clarinet.layers.heads import Heads
from clarinet.layers.options import Options
from clarinet.regularizers import RegularizerLike


class MultiHeadAttention(Heads):
    """Every step looks at all steps of another sequence, or of its own, with several heads (Vaswani et al., NeurIPS
    2017).

    ``q = query W_q + b_q``, likewise ``k`` and ``v``, each (n, steps, heads, size). For every head
    ``p = softmax(q kᵀ / sqrt(key_dim))`` over the keys that the query sees, and ``y = p v``; the output is the sum over
    heads of ``y W_o``, plus ``b_o``.

    Shapes: ``query`` (n, t, features), ``value`` and ``key`` (n, s, …), output (n, t, features). Weights, in order:
    query, key, value: ``kernel`` (features, num_heads, key_dim or value_dim) and ``bias`` (num_heads, …);
    attention_output: ``kernel`` (num_heads, value_dim, features) and ``bias`` (features,). Gradients: with
    ``dp = dy vᵀ``, ``ds = p (dp - sum of p dp)``: ``dq = ds k / sqrt(key_dim)``, ``dk = dsᵀ q / sqrt(key_dim)``,
    ``dv = pᵀ dy``.

    Args:
        num_heads: how many.
        key_dim: size of the queries and keys of a head.
        value_dim: size of the values of a head; default ``key_dim``.
        dropout: share of ``p`` that is dropped in training; default 0.
        use_bias: whether the projections have biases; default True.
        output_shape: sizes of the output's last axes, one number or several; default the features of the query.
        attention_axes: axes along which there is attention, 0 being the batch; default all but the first and last.
        sliding_window: how far from its own place a query sees keys, its own place counted; default None, everywhere.
        flash_attention: accepted for Keras programs; the scores of all heads are in memory only where dropout or the
            caller needs them.
        kernel_initializer, bias_initializer: default ``"glorot_uniform"`` and ``"zeros"``.
        kernel_regularizer, bias_regularizer: penalty on the weights; default None.
        activity_regularizer: penalty on the output of each projection; default None.
        kernel_constraint, bias_constraint: projection after every update; default None.
        use_gate: multiply each head's output by a sigmoid of a projection of the query; default False.
        seed: fixes what is dropped independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: sizes that are no positive whole numbers; when called, tensors that do not fit.

    Example:
        >>> from clarinet.layers import Input
        >>> x = Input((10, 16))
        >>> MultiHeadAttention(num_heads=4, key_dim=8)(x, x).shape
        (None, 10, 16)
    """

    arguments = (
        "num_heads", "key_dim", "value_dim", "dropout", "use_bias", "output_shape", "attention_axes", "sliding_window",
        "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "activity_regularizer",
        "kernel_constraint", "bias_constraint", "use_gate", "seed",
    )  # fmt: skip

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        use_gate: bool = False,
        seed: int | None = None,
        **settings: Unpack[Options],
    ) -> None:
        super().__init__(**settings)
        name = type(self).__name__
        self.num_heads = self.shared_heads = check_positive_int(num_heads, f"{name}: num_heads")
        self.key_dim = check_positive_int(key_dim, f"{name}: key_dim")
        self.value_dim = key_dim if value_dim is None else check_positive_int(value_dim, f"{name}: value_dim")
        self._output_shape = None if output_shape is None else check_shape(output_shape, f"{name}: output_shape")
        self.attention_axes = None if attention_axes is None else _whole_axes(attention_axes, name)
        self._set_up(dropout, use_bias, use_gate, sliding_window, flash_attention, seed)
        self._set_up_weights(
            kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer,
            kernel_constraint, bias_constraint,
        )  # fmt: skip


class GroupQueryAttention(Heads):
    """Attention in which several heads of queries share the keys and values of one (Ainslie et al., EMNLP 2023).

    As :class:`MultiHeadAttention`, with ``num_query_heads`` heads of queries and ``num_key_value_heads`` of keys and
    values: head ``i`` of the queries takes head ``i // (num_query_heads / num_key_value_heads)`` of the others.

    Shapes: ``query`` (n, t, features), ``value`` and ``key`` (n, s, …), output (n, t, features). Weights: as there.

    Args:
        head_dim: size of the queries, keys and values of a head.
        num_query_heads: heads of the queries, a multiple of the next.
        num_key_value_heads: heads of the keys and values.
        dropout, use_bias, sliding_window, flash_attention, use_gate, seed: as for :class:`MultiHeadAttention`.
        kernel_initializer, bias_initializer: default ``"glorot_uniform"`` and ``"zeros"``.
        kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint: default None.

    Raises:
        TypeError, ValueError: sizes that are no positive whole numbers; heads that cannot be shared.

    Example:
        >>> from clarinet.layers import Input
        >>> x = Input((10, 16))
        >>> GroupQueryAttention(head_dim=8, num_query_heads=4, num_key_value_heads=2)(x, x).shape
        (None, 10, 16)
    """

    arguments = (
        "head_dim", "num_query_heads", "num_key_value_heads", "dropout", "use_bias", "sliding_window",
        "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "activity_regularizer",
        "kernel_constraint", "bias_constraint", "use_gate", "seed",
    )  # fmt: skip

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        use_gate: bool = False,
        seed: int | None = None,
        **settings: Unpack[Options],
    ) -> None:
        super().__init__(**settings)
        name = type(self).__name__
        self.head_dim = self.key_dim = self.value_dim = check_positive_int(head_dim, f"{name}: head_dim")
        self.num_query_heads = self.num_heads = check_positive_int(num_query_heads, f"{name}: num_query_heads")
        heads = check_positive_int(num_key_value_heads, f"{name}: num_key_value_heads")
        self.num_key_value_heads = self.shared_heads = heads
        if num_query_heads % heads:
            raise ValueError(
                f"{name}: num_query_heads: expected a multiple of num_key_value_heads={heads}, received "
                f"{num_query_heads}"
            )
        self._set_up(dropout, use_bias, use_gate, sliding_window, flash_attention, seed)
        self._set_up_weights(
            kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer,
            kernel_constraint, bias_constraint,
        )  # fmt: skip


def _whole_axes(axes: int | Sequence[int], what: str) -> tuple[int, ...]:
    """Axes as whole numbers; the message of any error starts with ``what``."""
    given = tuple(axes) if isinstance(axes, (list, tuple)) else (axes,)
    if not given or any(isinstance(axis, bool) or not isinstance(axis, (int, np.integer)) for axis in given):
        raise ValueError(f"{what}: attention_axes is one axis or several such as (2, 3), received {axes!r}")
    return tuple(int(axis) for axis in given)
