"""Attention with several heads, each on projections of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from string import ascii_lowercase
from typing import ClassVar, Self, cast

import numpy as np

from clarinet import constraints, initializers, ops, regularizers
from clarinet.configurable import check_flag, check_number, encode_all
from clarinet.constraints import ConstraintLike
from clarinet.initializers import InitializerLike
from clarinet.layers.base import Layer, check_positive_int
from clarinet.layers.dropout import Dropout, check_seed
from clarinet.layers.einsum_dense import EinsumDense
from clarinet.regularizers import RegularizerLike
from clarinet.types import AnyTensor, Config, Shape, TensorLike

#: The score of a key that a query does not see, as Keras has it.
_HIDDEN = -1e9
#: With a batch axis.
_Sizes = tuple[int | None, ...]


class Heads(Layer):
    """Base of layers of attention with several heads; a subclass says how many, and how wide they are."""

    supports_masking: ClassVar[bool] = True
    says_all: ClassVar[bool] = True
    #: Names of the constructor's arguments, for the configuration.
    arguments: ClassVar[tuple[str, ...]] = ()

    num_heads: int
    shared_heads: int  # of keys and values
    key_dim: int
    value_dim: int
    attention_axes: tuple[int, ...] | None = None
    _output_shape: Shape | None = None

    def _set_up(
        self,
        dropout: float,
        use_bias: bool,
        use_gate: bool,
        sliding_window: int | None,
        flash_attention: bool | None,
        seed: int | None,
    ) -> None:
        name = type(self).__name__
        self.dropout = check_number(dropout, f"{name}: dropout", low=0, below=1)
        self.use_bias = check_flag(use_bias, f"{name}: use_bias")
        self.use_gate = check_flag(use_gate, f"{name}: use_gate")
        window = sliding_window
        self.sliding_window = None if window is None else check_positive_int(window, f"{name}: sliding_window")
        self.flash_attention = bool(flash_attention)
        check_seed(seed, name)
        self.seed = seed
        if self.flash_attention and self.dropout:
            raise ValueError(f"{name}: flash_attention=True drops nothing: expected dropout=0, received {dropout}")
        if self.dropout:
            self.attention_dropout = Dropout(self.dropout, seed=seed)

    def _set_up_weights(
        self,
        kernel_initializer: InitializerLike,
        bias_initializer: InitializerLike,
        kernel_regularizer: RegularizerLike,
        bias_regularizer: RegularizerLike,
        activity_regularizer: RegularizerLike,
        kernel_constraint: ConstraintLike,
        bias_constraint: ConstraintLike,
    ) -> None:
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, query_shape: _Sizes, value_shape: _Sizes, key_shape: _Sizes | None = None) -> None:  # type: ignore[override]
        """Make the projections for tensors of these shapes."""
        key_shape = value_shape if key_shape is None else key_shape
        if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
            raise ValueError(
                f"{type(self).__name__}: expected a value for each key, received value {tuple(value_shape)} and key "
                f"{tuple(key_shape)}"
            )
        rank = len(query_shape)
        keys, values = (self.shared_heads, self.key_dim), (self.shared_heads, self.value_dim)
        self.query_dense = self._projection("query", rank, 1, (self.num_heads, self.key_dim))
        self.key_dense = self._projection("key", len(key_shape), 1, keys)
        if self.use_gate:
            self.gate_dense = self._projection("gate", rank, 1, (self.num_heads, self.value_dim), "sigmoid")
        self.value_dense = self._projection("value", len(value_shape), 1, values)
        features = cast("tuple[int, ...]", query_shape[-1:])
        self.output_dense = self._projection("attention_output", rank + 1, 2, self._output_shape or features)
        given = self.attention_axes
        axes = range(1, rank - 1) if given is None else [axis if axis >= 0 else rank + axis for axis in given]
        self._axes = tuple(axes)

    def _projection(
        self, name: str, rank: int, summed: int, sizes: Sequence[int], activation: str | None = None
    ) -> EinsumDense:
        """A product over the last axes, so many, of a tensor with so many axes, which become others of these sizes."""
        x, made = ascii_lowercase[:rank], ascii_lowercase[rank : rank + len(sizes)]
        kept = x[: rank - summed]
        return EinsumDense(
            f"{x},{x[rank - summed :]}{made}->{kept}{made}",
            (*(None for _ in kept[1:]), *sizes),
            activation=activation,
            bias_axes=made if self.use_bias else None,
            kernel_initializer=self.kernel_initializer,
            bias_initializer=self.bias_initializer,
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            activity_regularizer=self.activity_regularizer,
            kernel_constraint=self.kernel_constraint,
            bias_constraint=self.bias_constraint,
            name=name,
        )

    def call(  # type: ignore[override]
        self,
        query: TensorLike,
        value: TensorLike,
        key: TensorLike = None,
        query_mask: TensorLike = None,
        value_mask: TensorLike = None,
        key_mask: TensorLike = None,
        attention_mask: TensorLike = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> AnyTensor:
        """What each query takes of the values, by how much it is like the keys.

        Args:
            query: (n, t, …). value: (n, s, …). key: (n, s, …); default: ``value``.
            query_mask, value_mask, key_mask: which of them count, truth values (n, t) or (n, s); default: what came
                along with the tensors.
            attention_mask: which keys a query sees, truth values (n, t, s), or (n, heads, t, s).
            return_attention_scores: whether to give a tuple, of the output and of the shares (n, heads, t, s) as well.
            training: whether it behaves as in training.
            use_causal_mask: whether a query sees the keys up to its own place alone.
        """
        if return_attention_scores and self.flash_attention:
            raise ValueError(f"{type(self).__name__}: with flash_attention=True there are no scores to return")
        gate = self.gate_dense(query) if self.use_gate else None
        q, k = self.query_dense(query), self.key_dense(value if key is None else key)
        v = self.value_dense(value)
        mask = _joined(
            None if query_mask is None else ops.expand_dims(query_mask, -1),
            *(None if own is None else ops.expand_dims(own, -2) for own in (value_mask, key_mask)),
            attention_mask,
            self._within_window(q, k),
        )
        shares = None
        if self.dropout or return_attention_scores or len(q.shape) != 4:
            y, shares = self._by_scores(q, k, v, mask, use_causal_mask, training)
        else:
            y = ops.dot_product_attention(q, k, v, None, mask, self.key_dim**-0.5, use_causal_mask)
        y = self.output_dense(y if gate is None else ops.multiply(y, gate))
        return cast(AnyTensor, (y, shares) if return_attention_scores else y)

    def _within_window(self, query: AnyTensor, key: AnyTensor) -> AnyTensor | None:
        """Which keys are within the sliding window around a query's place."""
        if self.sliding_window is None:
            return None
        rows, columns = _places(query, key)
        return ops.less(ops.abs(ops.subtract(rows, columns)), float(self.sliding_window))

    def _by_scores(
        self,
        query: AnyTensor,
        key: AnyTensor,
        value: AnyTensor,
        mask: AnyTensor | None,
        causal: bool,
        training: bool | None,
    ) -> tuple[AnyTensor, AnyTensor]:
        """The same with the shares of all keys as a tensor, which may be dropped or given to the user."""
        times = self.num_heads // self.shared_heads
        key, value = (ops.repeat(x, times, axis=2) if times > 1 else x for x in (key, value))
        products, combined = _equations(len(query.shape), self._axes)
        scores = ops.einsum(products, key, ops.multiply(query, self.key_dim**-0.5))
        mask = _joined(mask, ops.greater_equal(*_places(query, key)) if causal else None)
        over = tuple(range(-len(self._axes), 0))
        if mask is not None:
            while len(mask.shape) < len(scores.shape):
                mask = ops.expand_dims(mask, -2 * len(over) - 1)
            scores = ops.where(mask, scores, _HIDDEN)
        shares = ops.exp(ops.subtract(scores, ops.logsumexp(scores, over, keepdims=True)))
        if mask is not None:
            shares = ops.where(mask, shares, 0.0)  # also where nothing is seen
        kept = self.attention_dropout(shares, training=training) if self.dropout else shares
        return ops.einsum(combined, kept, value), shares

    def get_config(self) -> Config:
        own: dict[str, object] = {name: getattr(self, name) for name in self.arguments if name != "output_shape"}
        if "output_shape" in self.arguments:
            own["output_shape"] = self._output_shape
        return encode_all({"name": self.name, "trainable": self.trainable, **own})

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        return cast("Callable[..., Self]", cls)(**config)


def _joined(*masks: TensorLike) -> AnyTensor | None:
    """What all of some masks let through; None where there are none."""
    given = [ops.cast(mask, "bool") for mask in masks if mask is not None]
    return reduce(ops.logical_and, given) if given else None


def _places(query: AnyTensor, key: AnyTensor) -> tuple[AnyTensor, AnyTensor]:
    """The numbers of the steps of queries (…, t, 1) and of keys (…, 1, s)."""
    numbers = []
    for x in (query, key):
        steps = x.shape[1]
        if steps is None:
            numbers.append(ops.cumsum(ops.ones_like(x[(slice(None), slice(None), *(0,) * (len(x.shape) - 2))]), 1))
        else:
            numbers.append(ops.convert_to_tensor(np.arange(1, steps + 1, dtype=np.float32)[None]))
    return ops.expand_dims(numbers[0], -1), ops.expand_dims(numbers[1], -2)


def _equations(rank: int, axes: tuple[int, ...]) -> tuple[str, str]:
    """The products of keys and queries, and of shares and values, as sums with letters.

    Args:
        rank: of the projected tensors, of which the last axis is summed over.
        axes: along which there is attention; all others belong together.
    """
    target, fresh = ascii_lowercase[:rank], iter(ascii_lowercase[rank:])
    source = "".join(next(fresh) if axis in axes else letter for axis, letter in enumerate(target))
    rows = "".join(target[axis] for axis in range(rank - 1) if axis not in axes)
    scores = rows + "".join(letters[axis] for letters in (target, source) for axis in axes)
    return f"{source},{target}->{scores}", f"{scores},{source}->{target}"
