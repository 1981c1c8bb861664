"""Categories and numbers as one-hot codes, counts, bins and hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, cast

import numpy as np

from clarinet.configurable import Unsupported, check_number
from clarinet.graph import is_symbolic
from clarinet.layers import hashes
from clarinet.layers.base import check_positive_int
from clarinet.layers.merge import several
from clarinet.layers.preparing import (
    Preparing,
    as_data,
    batches_of,
    check_mode,
    checked_salt,
    encoded,
    encoded_shape,
)
from clarinet.ops.tensor import tensor
from clarinet.types import AnyTensor, Array, DType, Shape, TensorLike

_MODES = ("int", "one_hot", "multi_hot", "count")
_SPARSE = Unsupported("outputs are dense arrays", False)
_INT32, _INT64 = np.dtype(np.int32), np.dtype(np.int64)


@dataclass(eq=False, repr=False)
class CategoryEncoding(Preparing):
    """Ids as one-hot codes or counts, where it is known how many ids there are.

    In a model it runs once on the data, before training.

    Shapes: ``"one_hot"``: (n, …) to (n, …, num_tokens), where a last axis of length 1 goes; ``"multi_hot"`` and
    ``"count"``: (n, …, k) to (n, …, num_tokens). Float32.

    Args:
        num_tokens: how many ids there are; they are whole numbers from 0 to ``num_tokens - 1``.
        output_mode: ``"multi_hot"`` (default), 1 where an id occurs in a sample; ``"count"``, how often;
            ``"one_hot"``, a code for each id.

    Raises:
        TypeError, ValueError: another setting; when used, ids out of range.

    Example:
        >>> CategoryEncoding(4, "one_hot")([3, 0]).tolist()
        [[0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]]
        >>> CategoryEncoding(4, "count")([[1, 1, 2]], count_weights=[[0.5, 0.25, 2.0]]).tolist()
        [[0.0, 0.75, 2.0, 0.0]]
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = {**Preparing.unsupported, "sparse": _SPARSE}

    num_tokens: int = field(default=None)  # type: ignore[assignment]  # as in Keras, which refuses None as well
    output_mode: str = "multi_hot"

    def check(self) -> None:
        self.num_tokens = check_positive_int(self.num_tokens, "CategoryEncoding: num_tokens")
        self.output_mode = check_mode(self.output_mode, _MODES[1:], "CategoryEncoding")

    def output_shape(self, input_shape: Shape) -> Shape:
        return encoded_shape(input_shape, self.output_mode, self.num_tokens, "CategoryEncoding")

    def __call__(
        self, inputs: object, training: bool | None = None, mask: TensorLike = None, *, count_weights: object = None
    ) -> AnyTensor:
        """Use the layer: on tensors of a network it makes the next one, on ids it computes.

        Args:
            inputs: ids, or a tensor.
            training, mask: change nothing.
            count_weights: what each id counts, numbers in the shape of ``inputs``, for ``"count"``; on ids alone.
        """
        if count_weights is None:
            return super().__call__(inputs, training, mask)
        if self.output_mode != "count":
            raise ValueError(
                f"CategoryEncoding: count_weights go with output_mode='count', and it is {self.output_mode!r}"
            )
        if is_symbolic([inputs, count_weights]):
            raise TypeError(
                "CategoryEncoding: count_weights in a network are not supported; encode the data before, or multiply "
                "one-hot codes by the weights and add them up with clarinet.ops"
            )
        ids, counts = as_data(inputs, "CategoryEncoding"), as_data(count_weights, "weights")
        return cast(AnyTensor, tensor(self._encoded(ids, counts)))

    def prepare(self, *arrays: Array) -> Array:
        return self._encoded(arrays[0], None)

    def _encoded(self, x: Array, weights: Array | None) -> Array:
        if x.dtype == object:
            raise TypeError(f"CategoryEncoding: expected ids, received the text {x.flat[0]!r}; use StringLookup before")
        ids = x.astype(np.int64)
        wrong = ids[(ids < 0) | (ids >= self.num_tokens)]
        if wrong.size:
            raise ValueError(
                f"CategoryEncoding: holds the id {wrong.flat[0]}, expected ids from 0 to {self.num_tokens - 1}; use a "
                "larger num_tokens, or IntegerLookup for numbers that are not ids"
            )
        return encoded(ids, self.output_mode, self.num_tokens, weights)


@dataclass(eq=False, repr=False)
class Discretization(Preparing):
    """The number of the range that each number is in: ``b[i - 1] <= x < b[i]`` gives ``i``.

    In a model it runs once on the data, before training. :meth:`adapt` finds ranges of about as many numbers each: the
    quantiles of a summary of the data (Greenwald & Khanna, SIGMOD 2001, in the simpler form of Keras).

    Shapes: ``"int"``: as ``x``, int32; the codes as those of :class:`CategoryEncoding`.

    Args:
        bin_boundaries: numbers in ascending order; the first and the last range have no end. Default None.
        num_bins: how many ranges :meth:`adapt` makes, in the place of boundaries; default None.
        epsilon: how exact quantiles are; default 0.01.
        output_mode: ``"int"`` (default), ``"one_hot"``, ``"multi_hot"`` or ``"count"``.

    Raises:
        TypeError, ValueError: neither or both of the first two, or another setting; when used, no boundaries yet.

    Example:
        >>> Discretization(bin_boundaries=[0.0, 1.0, 2.0])([[-1.5, 1.0, 3.4, 0.5]]).tolist()
        [[0, 2, 3, 1]]
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = {**Preparing.unsupported, "sparse": _SPARSE}

    bin_boundaries: Sequence[float] | None = None
    num_bins: int | None = None
    epsilon: float = 0.01
    output_mode: str = "int"

    def check(self) -> None:
        given = self.num_bins is None, self.bin_boundaries is None
        learned = given == (False, False) and len(self.bin_boundaries or ()) < (self.num_bins or 0)  # of a file
        if given[0] == given[1] and not learned:
            raise ValueError("Discretization: expected either bin_boundaries or num_bins, which adapt finds them for")
        if self.num_bins is not None:
            self.num_bins = check_positive_int(self.num_bins, "Discretization: num_bins")
        if self.bin_boundaries is not None:
            self.bin_boundaries = _ascending(self.bin_boundaries)
        self.epsilon = check_number(self.epsilon, "Discretization: epsilon", low=1e-9, high=1)
        self.output_mode = check_mode(self.output_mode, _MODES, "Discretization")

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        learned = config.get("bin_boundaries") if config.get("num_bins") is not None else None
        made = super().from_config(config if learned is None else {**config, "bin_boundaries": None})
        if learned is not None:
            made.keep(bin_boundaries=_ascending(learned))
        return made

    @property
    def output_dtype(self) -> DType:
        return _INT32 if self.output_mode == "int" else super().output_dtype

    @property
    def needs_adapt(self) -> bool:
        return self.bin_boundaries is None

    @property
    def codes(self) -> int:
        return self.depth()

    def depth(self) -> int:
        """How many ranges there are."""
        return self.num_bins or 0 if self.bin_boundaries is None else len(self.bin_boundaries) + 1

    def output_shape(self, input_shape: Shape) -> Shape:
        return encoded_shape(input_shape, self.output_mode, self.depth(), "Discretization")

    def adapt(self, data: object, steps: int | None = None) -> None:
        """Find ``num_bins`` ranges of about as many numbers each; earlier ones are forgotten.

        Args:
            data: an array; or a data set or another iterable of batches.
            steps: how many batches at most; default all.

        Raises:
            ValueError: the boundaries were given; no numbers. TypeError: something else than numbers.
        """
        if self.num_bins is None:
            raise ValueError("Discretization: its bin_boundaries were given; make it with num_bins=... to adapt it")
        summary = np.zeros((2, 0), np.float32)
        for batch in [*data] if isinstance(data, (list, tuple)) else batches_of(data, steps):
            numbers = as_data(batch, "Discretization: adapt")
            if numbers.dtype == object:
                raise TypeError(f"Discretization: adapt expected numbers, received the text {numbers.flat[0]!r}")
            if numbers.size:
                summary = _merged(_summary(numbers.astype(np.float32), self.epsilon), summary, self.epsilon)
        if not summary.size:
            raise ValueError("Discretization: adapt found no numbers; expected at least one")
        self.keep(bin_boundaries=_compressed(summary, 1 / self.num_bins)[0, :-1].tolist())

    def prepare(self, *arrays: Array) -> Array:
        (x,) = arrays
        if self.bin_boundaries is None:
            raise ValueError("Discretization: there are no ranges yet; call adapt(data) or pass bin_boundaries=")
        if x.dtype == object:
            raise TypeError(f"Discretization: expected numbers, received the text {x.flat[0]!r}; use StringLookup")
        places = np.digitize(x.astype(np.float32), np.array(self.bin_boundaries, np.float32))
        return encoded(
            places.astype(self.output_dtype if self.output_mode == "int" else _INT64), self.output_mode, self.depth()
        )


def _ascending(boundaries: Any) -> list[float]:
    found = [check_number(value, "Discretization: bin_boundaries") for value in np.asarray(boundaries).tolist()]
    if found != sorted(found):
        raise ValueError(f"Discretization: bin_boundaries are in ascending order; received {boundaries!r}")
    return found


def _summary(numbers: Array, epsilon: float) -> Array:
    """Numbers of a batch at equal distances in their order, and how many each stands for: shape (2, m)."""
    ordered = np.sort(numbers, axis=None)
    step = max(ordered.size * epsilon, 1)
    chosen = ordered[int(step - 1) :: int(step)]
    return np.stack([chosen, np.full_like(chosen, step)])


def _merged(one: Array, other: Array, epsilon: float) -> Array:
    both = np.concatenate([one, other], axis=1)
    return _compressed(both[:, np.argsort(both[0])], epsilon)


def _compressed(summary: Array, epsilon: float) -> Array:
    """About ``1 / epsilon`` numbers in the place of more, at equal distances in weight."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    weights = summary[1].cumsum()
    reached = weights / weights[-1]
    sums = np.interp(shares, reached, weights)
    found = np.stack([np.interp(shares, reached, summary[0]), np.diff(sums, prepend=0)])
    return found.astype(np.float32)


@dataclass(eq=False, repr=False)
class Hashing(Preparing):
    """Texts and whole numbers in a fixed number of bins, by their hash: no vocabulary is needed.

    In a model it runs once on the data, before training. The hash is FarmHash's ``Fingerprint64``, with a ``salt``
    SipHash-2-4, as in TensorFlow; numbers are hashed as their decimal digits.

    Shapes: ``"int"``: as ``x``, int64; the codes as those of :class:`CategoryEncoding`.

    Args:
        num_bins: how many bins there are, that of ``mask_value`` included.
        mask_value: a text or number that stands for no value: bin 0, and others begin at 1; default None.
        salt: a number, or two, as the key of SipHash; default None.
        output_mode: ``"int"`` (default), ``"one_hot"``, ``"multi_hot"`` or ``"count"``.

    Raises:
        TypeError, ValueError: another setting.

    Example:
        >>> Hashing(3)([["A"], ["B"], ["C"], ["D"], ["E"]]).ravel().tolist()
        [1, 0, 1, 1, 2]
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = {**Preparing.unsupported, "sparse": _SPARSE}

    num_bins: int
    mask_value: str | int | None = None
    salt: int | Sequence[int] | None = None
    output_mode: str = "int"

    @property
    def codes(self) -> int:
        return self.num_bins

    def check(self) -> None:
        self.num_bins = check_positive_int(self.num_bins, "Hashing: num_bins")
        self.salt = checked_salt(self.salt, "Hashing")
        self.output_mode = check_mode(self.output_mode, _MODES, "Hashing")

    @property
    def output_dtype(self) -> DType:
        return _INT64 if self.output_mode == "int" else super().output_dtype

    def output_shape(self, input_shape: Shape) -> Shape:
        return encoded_shape(input_shape, self.output_mode, self.num_bins, "Hashing")

    def prepare(self, *arrays: Array) -> Array:
        (x,) = arrays
        x = x if x.dtype == object else x.astype(np.int64)
        texts = x if x.dtype == object else np.array([*map(str, x.ravel().tolist())], object).reshape(x.shape)
        masks = self.mask_value is not None and self.num_bins > 1
        found = hashes.bins(texts, self.num_bins - masks, checked_salt(self.salt, "Hashing"))
        if masks:
            found = np.where(x == self.mask_value, 0, found + 1)
        return encoded(found, self.output_mode, self.num_bins)


@dataclass(eq=False, repr=False)
class HashedCrossing(Preparing):
    """Combinations of the values of several features in a fixed number of bins, by their hash.

    It takes a list of tensors of one shape, (n,) or (n, 1), of texts or whole numbers. In a model it runs once on the
    data, before training. The hash is that of TensorFlow's ``tf.sparse.cross_hashed``.

    Args:
        num_bins: how many bins there are.
        output_mode: ``"int"`` (default), or ``"one_hot"``: (n, num_bins).

    Raises:
        TypeError, ValueError: another setting; fewer than two tensors, or of several shapes.

    Example:
        >>> HashedCrossing(5)([["A", "B", "A", "B", "A"], [101, 101, 101, 102, 102]]).tolist()
        [1, 4, 1, 1, 3]
    """

    merges: ClassVar[bool] = True
    unsupported: ClassVar[Mapping[str, Unsupported]] = {**Preparing.unsupported, "sparse": _SPARSE}

    num_bins: int
    output_mode: str = "int"

    @property
    def codes(self) -> int:
        return self.num_bins

    def check(self) -> None:
        self.num_bins = check_positive_int(self.num_bins, "HashedCrossing: num_bins")
        self.output_mode = check_mode(self.output_mode, ("int", "one_hot"), "HashedCrossing")

    @property
    def output_dtype(self) -> DType:
        return _INT64 if self.output_mode == "int" else super().output_dtype

    def output_shape(self, input_shape: Shape | tuple[Shape, ...]) -> Shape:
        shapes = several("HashedCrossing", input_shape)
        if len(shapes) < 2 or any(shape != shapes[0] or shape not in ((), (1,)) for shape in shapes):
            raise ValueError(
                "HashedCrossing takes two or more tensors of shape (n,), or of (n, 1); received samples of shape "
                f"{', '.join(map(str, shapes))}"
            )
        return encoded_shape(shapes[0], self.output_mode, self.num_bins, "HashedCrossing")

    def prepare(self, *arrays: Array) -> Array:
        if arrays[0].ndim:
            self.output_shape(tuple(array.shape[1:] for array in arrays))
        for array in arrays:
            if array.dtype.kind == "f" and not np.array_equal(array, np.round(array)):
                raise TypeError(
                    "HashedCrossing: expected texts or whole numbers, received fractions; use Discretization"
                )
        whole = [array if array.dtype == object else array.astype(np.int64) for array in arrays]
        return encoded(hashes.crossed(whole, self.num_bins), self.output_mode, self.num_bins)
