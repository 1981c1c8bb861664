"""Layers that look values up in a vocabulary, which is given or learned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import log
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import numpy as np

from clarinet.layers.base import check_positive_int
from clarinet.layers.preparing import Preparing, as_data, batches_of, check_mode, encoded, encoded_shape, uneven
from clarinet.types import Array, DType, Shape

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
Token = str | int


class LooksUp(Preparing):
    """What lookups and :class:`TextVectorization` have in common: a vocabulary, and numbers for its tokens.

    Ids begin with that of the mask token, if there is one and ids are wanted, and with those of unknown tokens.
    """

    modes: ClassVar[Sequence[str]] = MODES
    kind_of_token: ClassVar[type] = str
    looked_at: ClassVar[str] = "rows"

    max_tokens: int | None
    num_oov_indices: int
    mask_token: Token | None
    oov_token: Token
    output_mode: str
    pad_to_max_tokens: bool
    vocabulary: Sequence[Token] | None
    idf_weights: Sequence[float] | None
    _ids: dict[Any, int] | None = None

    @property
    def who(self) -> str:
        """What messages call it."""
        return type(self).__name__

    def check_vocabulary(self) -> None:
        """Check the settings that all have, and take the vocabulary that was given."""
        self.output_mode = check_mode(self.output_mode, self.modes, self.who)
        if self.max_tokens is not None:
            self.max_tokens = check_positive_int(self.max_tokens, f"{self.who}: max_tokens")
            if self.max_tokens <= len(self.special()):
                raise ValueError(
                    f"{self.who}: max_tokens={self.max_tokens} leaves no room for tokens; expected at least "
                    f"{len(self.special()) + 1}"
                )
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise ValueError(f"{self.who}: pad_to_max_tokens=True needs max_tokens")
        if self.vocabulary is not None:
            self.set_vocabulary(self.vocabulary, self.idf_weights)
        elif self.idf_weights is not None:
            raise ValueError(f"{self.who}: idf_weights come with a vocabulary; adapt finds its own")

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        if isinstance(config.get("vocabulary"), (str, Path)):
            raise ValueError(f"{cls.__name__}: a configuration holds the vocabulary itself, not the name of a file")
        return super().from_config(config)

    def special(self) -> list[Token]:
        """The tokens that come before those of the vocabulary."""
        masks = [self.mask_token] if self.mask_token is not None and self.output_mode == "int" else []
        return [*masks, *[self.oov_token] * self.num_oov_indices]

    @property
    def output_dtype(self) -> DType:
        return np.dtype(np.int64 if self.output_mode == "int" else np.float32)

    # The vocabulary.

    def adapt(self, data: object, steps: int | None = None) -> None:
        """Learn the vocabulary: the most frequent tokens first, equally frequent ones from the last to the first.

        An earlier vocabulary is forgotten.

        Args:
            data: a list, array or series; or a data set or another iterable of batches.
            steps: how many batches at most; default all.

        Raises:
            TypeError: something that cannot be looked up. ValueError: no tokens in it.
        """
        total: Counter[Any] = Counter()
        documents: Counter[Any] = Counter()
        rows = 0
        for document in self.documents(data, steps):
            total.update(document)
            documents.update(set(document))
            rows += 1
        for special in {self.mask_token, self.oov_token} - {None}:
            del total[special]
        if not total:
            raise ValueError(f"{self.who}: adapt found no tokens in {rows} {self.looked_at}; expected at least one")
        ordered = sorted(total, key=lambda token: (total[token], _place(token)), reverse=True)
        tokens = ordered if self.max_tokens is None else ordered[: self.max_tokens - len(self.special())]
        idf = [log(1 + rows / (1 + documents[token])) for token in tokens] if self.output_mode == "tf_idf" else None
        self.keep(vocabulary=tokens, idf_weights=idf, _ids=None)

    def documents(self, data: object, steps: int | None) -> Iterator[Sequence[Token]]:
        """The tokens of each document in data: a row each; a value each of data without rows."""
        for batch in batches_of(data, steps):
            if uneven(batch):
                for row in cast(Sequence[Sequence[object]], batch):
                    yield self.values_of(as_data(row, f"{self.who}: adapt")).tolist()
                continue
            values = self.values_of(as_data(batch, f"{self.who}: adapt"))
            whole = batch is not data and values.ndim < 2  # as Keras takes a batch of single values
            rows = values.reshape(1, -1) if whole else values.reshape(len(values) if values.ndim else 1, -1)
            yield from rows.tolist()

    def set_vocabulary(self, vocabulary: object, idf_weights: object = None) -> None:
        """Give the tokens in order, with or without those for masks and unknown values before them.

        Args:
            vocabulary: a list or array; or a path to a text file with one token a line, which is read now.
            idf_weights: for ``output_mode="tf_idf"``: one factor a token.

        Raises:
            TypeError, ValueError: tokens of another kind or that come twice; too many; missing or superfluous weights.
        """
        tokens = self._listed(vocabulary)
        special = self.special()
        weights = None if idf_weights is None else [float(weight) for weight in np.asarray(idf_weights).tolist()]
        if (weights is not None) != (self.output_mode == "tf_idf"):
            raise ValueError(f"{self.who}: output_mode='tf_idf' needs idf_weights with a vocabulary, others none")
        if weights is not None and len(weights) != len(tokens):
            raise ValueError(f"{self.who}: {len(tokens)} tokens need as many idf_weights, not {len(weights)}")
        tokens = tokens[len(special) :] if special and tokens[: len(special)] == special else tokens
        self._check_tokens(tokens, len(special))
        self.keep(vocabulary=tokens, idf_weights=weights, _ids=None)

    def _listed(self, vocabulary: object) -> list[Any]:
        if isinstance(vocabulary, (str, Path)):
            lines = Path(vocabulary).read_text(encoding="utf-8").splitlines()
            vocabulary = lines if self.kind_of_token is str else [int(line) for line in lines]
        found = self.values_of(as_data([*vocabulary] if isinstance(vocabulary, Iterable) else vocabulary, self.who))
        tokens: list[Any] = found.ravel().tolist()
        if not tokens:
            raise ValueError(f"{self.who}: the vocabulary is empty; expected at least one token")
        return tokens

    def _check_tokens(self, tokens: list[Any], special: int) -> None:
        reserved = {self.mask_token} | ({self.oov_token} if self.reserves_oov else set())
        for token, count in Counter(tokens).items():
            if count > 1 or (token in reserved and token is not None):
                raise ValueError(f"{self.who}: vocabulary holds {token!r} twice or in a place of its own")
        if self.max_tokens is not None and len(tokens) + special > self.max_tokens:
            raise ValueError(
                f"{self.who}: {len(tokens)} tokens and {special} special ones exceed max_tokens={self.max_tokens}"
            )

    @property
    def reserves_oov(self) -> bool:
        """Whether the vocabulary may not hold the token for unknown values."""
        return False

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Token]:
        """The tokens by id.

        Args:
            include_special_tokens: with those for masks and unknown values, which come first; default True.
        """
        return [*(self.special() if include_special_tokens else ()), *(self.vocabulary or ())]

    @property
    def needs_adapt(self) -> bool:
        return self.vocabulary is None

    @property
    def codes(self) -> int:
        return self.vocabulary_size()

    def vocabulary_size(self) -> int:
        """Number of tokens, the special ones included: an Embedding's ``input_dim``."""
        return len(self.special()) + len(self.vocabulary or ())

    # Values to numbers.

    def values_of(self, array: Array) -> Array:
        """The values to look up.

        Raises:
            TypeError: they are of another kind.
        """
        if self.kind_of_token is str and array.dtype != object:
            if not array.size:
                return array.astype(object)
            raise TypeError(
                f"{self.who}: expected texts, received {array.flat[0]} of type {type(array.flat[0].item()).__name__}"
            )
        if self.kind_of_token is int and array.dtype == object:
            raise TypeError(
                f"{self.who}: expected whole numbers, received the text {array.flat[0]!r}; use StringLookup"
            )
        return array if array.dtype == object else array.astype(np.int64)

    def depth(self) -> int:
        """How many numbers a sample becomes.

        Raises:
            ValueError: that is not known yet.
        """
        if self.pad_to_max_tokens and self.max_tokens is not None:
            return self.max_tokens
        self._refuse_empty()
        return self.vocabulary_size()

    def _refuse_empty(self) -> None:
        if self.vocabulary is None:
            raise ValueError(f"{self.who}: there is no vocabulary yet; call adapt(data) or pass vocabulary=")

    def ids_of(self, values: Array) -> Array:
        """The id of each value; -1 for the mask token where that is left out."""
        self._refuse_empty()
        if self._ids is None:
            first = len(self.special())
            self.keep(_ids={token: number for number, token in enumerate(self.vocabulary or (), first)})
        assert self._ids is not None
        unknown = 0 if self.mask_token is None or self.output_mode != "int" else 1  # the first id of unknown values
        get = self._ids.get
        flat = values.ravel().tolist()
        found = np.array([get(value, -2) for value in flat], np.int64).reshape(values.shape)
        lacking = found == -2
        if lacking.any():
            found[lacking] = self._unknown(values[lacking]) + unknown
        if self.mask_token is not None:
            found[values == self.mask_token] = 0 if self.output_mode == "int" else -1
        return found

    def _unknown(self, values: Array) -> Array | int:
        """The place of unknown values among their ids."""
        return 0

    def numbers_of(self, ids: Array) -> Array:
        """What the layer gives for ids."""
        if self.output_mode != "tf_idf":
            return encoded(ids, self.output_mode, self.depth() if self.output_mode != "int" else 0)
        weights = np.zeros(self.depth(), np.float32)
        own, special = np.array(self.idf_weights, np.float32), len(self.special())
        size = self.vocabulary_size()
        weights[size - len(own) : size] = own
        if len(own) < size:
            weights[:special] = np.mean(own)
        return encoded(ids, "count", self.depth()) * weights

    def encoded_shape(self, shape: Shape) -> Shape:
        """Shape of a sample of ids, once they are encoded."""
        depth = 0 if self.output_mode == "int" else self.depth()
        return encoded_shape(shape, self.output_mode, depth, self.who)


def _place(token: Token) -> bytes | int:
    return token.encode() if isinstance(token, str) else token
