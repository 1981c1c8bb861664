"""Texts and whole numbers as the numbers of a vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np

from clarinet.configurable import Unsupported, check_flag, check_whole
from clarinet.layers import hashes
from clarinet.layers.preparing import Preparing, as_data, checked_salt, uneven
from clarinet.layers.vocabulary import LooksUp
from clarinet.ops.tensor import tensor
from clarinet.types import AnyTensor, Array, DType, Shape, TensorLike

_SPARSE = Unsupported("outputs are dense arrays", False)


class IndexLookup(LooksUp):
    """What :class:`StringLookup` and :class:`IntegerLookup` have in common."""

    invert: bool
    salt: int | Sequence[int] | None

    def check(self) -> None:
        self.num_oov_indices = check_whole(self.num_oov_indices, f"{self.who}: num_oov_indices", 0)
        self.invert = check_flag(self.invert, f"{self.who}: invert")
        if self.invert and self.output_mode != "int":
            raise ValueError(f"{self.who}: invert=True goes with output_mode='int'; received {self.output_mode!r}")
        self.salt = checked_salt(self.salt, self.who)
        self.check_vocabulary()

    @property
    def reserves_oov(self) -> bool:
        return self.invert

    def output_shape(self, input_shape: Shape) -> Shape:
        return self.encoded_shape(input_shape)

    @property
    def output_dtype(self) -> DType:
        return np.dtype(object) if self.invert and self.kind_of_token is str else super().output_dtype

    def prepare(self, *arrays: Array) -> Array:
        (x,) = arrays
        return self._tokens_of(x) if self.invert else self.numbers_of(self.ids_of(self.values_of(x)))

    def called_on(self, given: Sequence[object], training: bool | None, mask: TensorLike) -> AnyTensor:
        (rows, *more) = given
        if more or self.output_mode in ("int", "one_hot") or not uneven(rows):
            return super().called_on(given, training, mask)
        return cast(AnyTensor, tensor(self._counted(cast(Sequence[Sequence[object]], rows))))

    def _counted(self, rows: Sequence[Sequence[object]]) -> Array:
        """What occurs in each of several rows that differ in length."""
        values = as_data([value for row in rows for value in row], self.who)
        sizes = np.array([len(row) for row in rows])
        ids = np.full((len(rows), sizes.max()), -1, np.int64)  # ids below 0 count for nothing
        ids[np.arange(sizes.max()) < sizes[:, None]] = self.ids_of(self.values_of(values))
        return self.numbers_of(ids)

    def _tokens_of(self, ids: Array) -> Array:
        """The token of each id; that for unknown values where there is none."""
        self._refuse_empty()
        if ids.dtype == object:
            raise TypeError(f"{self.who}: invert=True expected ids, received the text {ids.flat[0]!r}")
        tokens = np.array([*self.get_vocabulary(), self.oov_token], object)
        tokens = tokens if self.kind_of_token is str else tokens.astype(np.int64)
        whole = ids.astype(np.int64)
        found: Array = tokens[np.where((whole < 0) | (whole >= len(tokens)), len(tokens) - 1, whole)]
        return found

    def _unknown(self, values: Array) -> Array | int:
        if self.num_oov_indices == 0:
            raise ValueError(
                f"{self.who}: {values.flat[0]!r} is not in the vocabulary, and num_oov_indices=0 has no id for it; use "
                "num_oov_indices=1, or give a vocabulary with it"
            )
        return 0 if self.num_oov_indices == 1 else self._spread(values)

    def _spread(self, values: Array) -> Array:
        """A place for each unknown value among several."""
        texts = values if values.dtype == object else np.array([str(value) for value in values.tolist()], object)
        return hashes.bins(texts, self.num_oov_indices, checked_salt(self.salt, self.who))


@dataclass(eq=False, repr=False)
class StringLookup(IndexLookup):
    """Texts as the ids of a vocabulary, which is given or learned with :meth:`adapt`, or as codes of these ids.

    In a model it runs once on the data, before training; the rest of the model sees numbers.

    Shapes: input (n, …) texts; output for ``"int"`` (n, …) of dtype int64; ``"one_hot"`` (n, …, size), where a last
    axis of length 1 goes; the others (n, …, k) to (n, …, size), float32. ``"tf_idf"`` is how often times ``log(1 + rows
    / (1 + rows with the token))`` (Sparck Jones, J. Documentation 28, 1972).

    Args:
        max_tokens: largest size of the vocabulary, with special tokens; default None, no limit.
        num_oov_indices: ids for texts that the vocabulary lacks; default 1. Among several the hash of a text chooses
            (FarmHash, as TensorFlow has it); with 0 such texts are refused.
        mask_token: a text that stands for no value: id 0, or left out of codes; default None.
        oov_token: what ``invert`` gives for ids without a token; default ``"[UNK]"``.
        vocabulary: texts in order, or a path to a file with one a line; default None.
        idf_weights: for ``"tf_idf"`` with a given vocabulary: one factor a token.
        invert: whether ids become texts; default False.
        output_mode: ``"int"`` (default), ``"one_hot"``, ``"multi_hot"``, ``"count"`` or ``"tf_idf"``.
        pad_to_max_tokens: make codes ``max_tokens`` wide; default False.
        salt: a number, or two, for SipHash instead of FarmHash; default None.

    Raises:
        TypeError, ValueError: another setting; when used, no texts, no vocabulary, or texts without an id.

    Example:
        >>> lookup = StringLookup(vocabulary=["red", "green"])
        >>> lookup([["green"], ["blue"]]).tolist(), lookup.get_vocabulary()
        ([[2], [0]], ['[UNK]', 'red', 'green'])
        >>> StringLookup(vocabulary=["red", "green"], output_mode="one_hot")(["red", "blue"]).tolist()
        [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        **Preparing.unsupported,
        "sparse": _SPARSE,
        "encoding": Unsupported("texts are Python strings, or bytes in UTF-8", "utf-8"),
    }

    max_tokens: int | None = None
    num_oov_indices: int = 1
    mask_token: str | None = None
    oov_token: str = "[UNK]"
    vocabulary: Sequence[str] | None = None
    idf_weights: Sequence[float] | None = None
    invert: bool = False
    output_mode: str = "int"
    pad_to_max_tokens: bool = False
    salt: int | Sequence[int] | None = None


@dataclass(eq=False, repr=False)
class IntegerLookup(IndexLookup):
    """Whole numbers as the ids of a vocabulary, or as codes of these ids; else as :class:`StringLookup`.

    Args:
        max_tokens: largest size of the vocabulary, with special tokens; default None, no limit.
        num_oov_indices: ids for numbers that the vocabulary lacks; default 1. Among several ``oov_method`` chooses;
            with 0 such numbers are refused.
        mask_token: a number that stands for no value: id 0, or left out of codes; default None.
        oov_token: what ``invert`` gives for ids without a token; default -1.
        vocabulary: numbers in order, or a path to a file with one a line; default None.
        idf_weights: for ``"tf_idf"`` with a given vocabulary: one factor a token.
        invert: whether ids become numbers; default False.
        output_mode: ``"int"`` (default), ``"one_hot"``, ``"multi_hot"``, ``"count"`` or ``"tf_idf"``.
        pad_to_max_tokens: make codes ``max_tokens`` wide; default False.
        oov_method: ``"floormod"`` (default): the number modulo ``num_oov_indices``; ``"farmhash"``: its hash.
        salt: a number, or two, for SipHash instead of FarmHash; default None.

    Raises:
        TypeError, ValueError: as :class:`StringLookup`.

    Example:
        >>> lookup = IntegerLookup()
        >>> lookup.adapt([[7], [12], [7], [40]])
        >>> lookup([[7], [40], [1]]).tolist(), lookup.get_vocabulary()
        ([[1], [2], [0]], [-1, 7, 40, 12])
    """

    kind_of_token: ClassVar[type] = int
    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        **Preparing.unsupported,
        "sparse": _SPARSE,
        "vocabulary_dtype": Unsupported("numbers of the vocabulary are whole numbers", "int64"),
    }

    max_tokens: int | None = None
    num_oov_indices: int = 1
    mask_token: int | None = None
    oov_token: int = -1
    vocabulary: Sequence[int] | None = None
    idf_weights: Sequence[float] | None = None
    invert: bool = False
    output_mode: str = "int"
    pad_to_max_tokens: bool = False
    oov_method: str = "floormod"
    salt: int | Sequence[int] | None = None

    def check(self) -> None:
        if self.oov_method not in ("floormod", "farmhash"):
            raise ValueError(f"IntegerLookup: oov_method is 'floormod' or 'farmhash'; received {self.oov_method!r}")
        if self.salt is not None and self.oov_method != "farmhash":
            raise ValueError("IntegerLookup: salt goes with oov_method='farmhash'")
        super().check()

    def _spread(self, values: Array) -> Array:
        if self.oov_method == "farmhash":
            return super()._spread(values)
        found: Array = values % self.num_oov_indices
        return found
