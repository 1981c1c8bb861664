"""Attention without projections: how much a query is like each key says how much it takes of the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Self, Unpack, cast

from clarinet import ops
from clarinet.configurable import check_flag, check_number
from clarinet.layers.base import Layer
from clarinet.layers.dropout import Dropout, check_seed
from clarinet.layers.options import Options
from clarinet.types import AnyTensor, Config, TensorLike
from clarinet.variables import Variable

#: What Keras takes off the score of a key that does not count.
_HIDDEN = 1e9


class Attention(Layer):
    """Dot products as attention (Luong, Pham, Manning, EMNLP 2015).

    ``scores = q kᵀ``, ``p = softmax(scores)`` over the keys, ``y = p v``. Called on a list ``[query, value]`` or
    ``[query, value, key]``.

    Shapes: ``query`` (n, t, size), ``value`` (n, s, features), ``key`` (n, s, size), output (n, t, features). Weights,
    if any, are single numbers. Gradients: ``dv = pᵀ dy``, ``ds = p (dp - sum of p dp)`` with ``dp = dy vᵀ``,
    ``dq = ds k``, ``dk = dsᵀ q``.

    Args:
        use_scale: multiply the scores by a weight ``scale``, which begins with 1; default False.
        score_mode: ``"dot"`` (default), or ``"concat"``: the scores are a weight ``concat_score_weight`` times the sum
            over ``size`` of ``tanh(scale (q + k))``.
        dropout: share of ``p`` that is dropped in training; default 0.
        seed: fixes what is dropped independently of the model's seed; default None.

    Raises:
        ValueError: another ``score_mode``; when called, something else than two or three tensors.

    Example:
        >>> import numpy as np
        >>> Attention()([np.array([[[1.0, 0.0]]]), np.array([[[5.0, 7.0]]])]).tolist()
        [[[5.0, 7.0]]]
    """

    says_all: ClassVar[bool] = True

    scale: Variable | None = None
    concat_score_weight: Variable | None = None

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **settings: Unpack[Options],
    ) -> None:
        super().__init__(**settings)
        name = type(self).__name__
        if score_mode not in ("dot", "concat"):
            raise ValueError(f"{name}: score_mode: expected 'dot' or 'concat', received {score_mode!r}")
        self.use_scale, self.score_mode = check_flag(use_scale, f"{name}: use_scale"), score_mode
        self.dropout = check_number(dropout, f"{name}: dropout", low=0, below=1)
        check_seed(seed, name)
        self.seed = seed
        if self.dropout:
            self.attention_dropout = Dropout(self.dropout, seed=seed)

    def build(self, input_shape: Sequence[tuple[int | None, ...]]) -> None:  # type: ignore[override]
        """Make the weights, for tensors of these shapes."""
        self._check(input_shape)
        if self.use_scale:
            self.scale = self._scale(input_shape[0][-1])
        if self.score_mode == "concat":
            self.concat_score_weight = self._weight("concat_score_weight", (), "ones")

    def _scale(self, size: int | None) -> Variable:
        return self._weight("scale", (), "ones")

    def _weight(self, name: str, shape: tuple[int | None, ...], initializer: str) -> Variable:
        make: Callable[..., Variable] = self.add_weight  # type: ignore[attr-defined]
        return make(name=name, shape=shape, initializer=initializer)

    def _check(self, given: object) -> None:
        if not isinstance(given, (list, tuple)) or not 2 <= len(given) <= 3:
            count = f"{len(given)} tensors" if isinstance(given, (list, tuple)) else "one tensor"
            raise ValueError(
                f"{type(self).__name__}: expected a list [query, value] or [query, value, key], received {count}"
            )

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """The mask of the query."""
        masks = cast("Sequence[TensorLike] | None", mask)
        return masks[0] if masks else None

    def call(  # type: ignore[override]
        self,
        inputs: Sequence[TensorLike],
        mask: Sequence[TensorLike] | None = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> AnyTensor:
        """What each query takes of the values.

        Args:
            inputs: a list of query, value and perhaps key; default of the key: the value.
            mask: a list of masks of the query and of the value, truth values (n, t) and (n, s), or None: where the
                query does not count, the output is 0. Default: what came along with the tensors.
            training: whether it behaves as in training.
            return_attention_scores: whether to give a tuple, of the output and of ``p`` (n, t, s) as well.
            use_causal_mask: whether a query sees the keys up to its own place alone.
        """
        self._check(inputs)
        query, value = cast("tuple[AnyTensor, AnyTensor]", tuple(inputs[:2]))
        key = cast(AnyTensor, inputs[2]) if len(inputs) > 2 else value
        counts, seen = (None, None) if mask is None else mask[:2]
        shares = None
        if self._is_plain(query, value) and not self.dropout and not return_attention_scores:
            y = self._at_once(query, key, value, seen, use_causal_mask)
        else:
            shares = self._shares(self._scores(query, key), seen, use_causal_mask)
            kept = self.attention_dropout(shares, training=training) if self.dropout else shares
            y = ops.matmul(kept, value)
        if counts is not None:
            y = ops.where(ops.expand_dims(counts, -1), y, 0.0)
        return cast(AnyTensor, (y, shares) if return_attention_scores else y)

    def _is_plain(self, query: AnyTensor, value: AnyTensor) -> bool:
        return self.score_mode == "dot" and len(query.shape) == len(value.shape) == 3

    def _at_once(self, query: AnyTensor, key: AnyTensor, value: AnyTensor, seen: TensorLike, causal: bool) -> AnyTensor:
        """Without the scores as a tensor: a single head."""
        query = query if self.scale is None else ops.multiply(query, self.scale)
        q, k, v = (ops.expand_dims(x, 2) for x in (query, key, value))
        mask = None if seen is None else ops.expand_dims(seen, (1, 2))
        return ops.squeeze(ops.dot_product_attention(q, k, v, None, mask, 1.0, causal), 2)

    def _scores(self, query: AnyTensor, key: AnyTensor) -> AnyTensor:
        """How much each query is like each key."""
        if self.score_mode == "dot":
            scores = ops.matmul(query, ops.swapaxes(key, -2, -1))
            return scores if self.scale is None else ops.multiply(scores, self.scale)
        both = ops.add(ops.expand_dims(query, -2), ops.expand_dims(key, -3))
        both = both if self.scale is None else ops.multiply(both, self.scale)
        return ops.multiply(ops.sum(ops.tanh(both), -1), self.concat_score_weight)

    def _shares(self, scores: AnyTensor, seen: TensorLike, causal: bool) -> AnyTensor:
        masks = [] if seen is None else [ops.expand_dims(seen, -2)]
        if causal:
            ones = ops.ones_like(scores)
            masks.append(ops.greater_equal(ops.cumsum(ones, -2), ops.cumsum(ones, -1)))
        for each in masks:
            scores = ops.where(each, scores, ops.subtract(scores, _HIDDEN))
        return ops.softmax(scores, -1)

    def get_config(self) -> Config:
        names = ("name", "trainable", "use_scale", "score_mode", "dropout", "seed")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        return cast("Callable[..., Self]", cls)(**config)


class AdditiveAttention(Attention):
    """Sums as attention (Bahdanau, Cho, Bengio, ICLR 2015).

    ``scores[i, j] = sum over size of scale tanh(q_i + k_j)``, ``p = softmax(scores)`` over the keys, ``y = p v``.
    Called on a list ``[query, value]`` or ``[query, value, key]``.

    Shapes: ``query`` (n, t, size), ``value`` (n, s, features), ``key`` (n, s, size), ``scale`` (size,), output
    (n, t, features). Gradients: as of :class:`Attention`, where ``ds`` goes on to ``q``, ``k`` and ``scale`` through
    ``tanh``.

    Args:
        use_scale: whether there is a weight ``scale``; default True. Without, it is 1.
        dropout: share of ``p`` that is dropped in training; default 0.
        seed: fixes what is dropped independently of the model's seed; default None.

    Raises:
        ValueError: as for :class:`Attention`.

    Example:
        >>> from clarinet.layers import Input
        >>> AdditiveAttention()([Input((10, 8)), Input((20, 8))]).shape
        (None, 10, 8)
    """

    def __init__(
        self, use_scale: bool = True, dropout: float = 0.0, seed: int | None = None, **settings: Unpack[Options]
    ) -> None:
        super().__init__(use_scale, "dot", dropout, seed, **settings)

    def _scale(self, size: int | None) -> Variable:
        return self._weight("scale", (size,), "glorot_uniform")

    def _is_plain(self, query: AnyTensor, value: AnyTensor) -> bool:
        return False

    def _scores(self, query: AnyTensor, key: AnyTensor) -> AnyTensor:
        tanh = ops.tanh(ops.add(ops.expand_dims(query, -2), ops.expand_dims(key, -3)))
        return ops.sum(tanh if self.scale is None else ops.multiply(tanh, self.scale), -1)

    def get_config(self) -> Config:
        return {name: value for name, value in super().get_config().items() if name != "score_mode"}
