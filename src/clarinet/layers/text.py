"""Text as numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import ClassVar, cast

import numpy as np

from clarinet.configurable import Unsupported
from clarinet.layers.base import check_positive_int
from clarinet.layers.preparing import Preparing, as_data, batches_of
from clarinet.layers.vocabulary import LooksUp
from clarinet.sizes import UNKNOWN
from clarinet.types import Array, Config, Shape

_PUNCTUATION = re.compile(r"[!\"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']")
_STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
#: A function of all texts at once.
OfTexts = Callable[[Array], object]


@dataclass(eq=False, repr=False)
class TextVectorization(LooksUp):
    """Turns texts into ids of their words, or into one number for each word of a vocabulary.

    As the first layer of a model it runs once on the texts, before training: ``model.fit(texts, y)``. Or call it
    before: ``model.fit(vectorize(texts), y)``, and in a data set's ``map``. A text is standardised and split into
    tokens, and each token is looked up in the vocabulary, which is given or learned with :meth:`adapt`: the most
    frequent tokens first, equally frequent ones in reverse order of the alphabet, as in Keras.

    Output, for ``n`` texts (n,) or (n, 1): mode ``"int"`` ids (n, length) of dtype int64, 0 for padding and 1 for
    tokens that the vocabulary lacks; the others float32 (n, vocabulary size), place 0 for tokens that it lacks:
    ``"multi_hot"`` 1 where a token occurs, ``"count"`` how often, ``"tf_idf"`` how often times ``log(1 + texts / (1 +
    texts with the token))`` (Sparck Jones, J. Documentation 28, 1972), with the mean factor for unknown tokens.

    Args:
        max_tokens: largest size of the vocabulary, with padding and unknown tokens; default None, no limit.
        standardize: ``"lower_and_strip_punctuation"`` (default), ``"lower"``, ``"strip_punctuation"`` or None; or a
            function of an array of texts, which no file can hold.
        split: ``"whitespace"`` (default), ``"character"``, or None, every text being one token; or a function of an
            array of texts, which gives a list of tokens for each.
        ngrams: None (default); a whole number ``k`` adds runs of 2 to ``k`` tokens, a tuple takes those sizes alone.
        output_mode: ``"int"`` (default), ``"multi_hot"``, ``"count"`` or ``"tf_idf"``.
        output_sequence_length: for ``"int"``: cut or pad every text to this number of ids; default None, the longest
            one's.
        pad_to_max_tokens: make outputs other than ids ``max_tokens`` wide; default False.
        vocabulary: tokens in order, or a path to a file with one a line; default None.
        idf_weights: for ``"tf_idf"`` with a given vocabulary: one factor a token.

    Raises:
        TypeError, ValueError: another setting; when used, no texts, or no vocabulary yet.

    Example:
        >>> vectorize = TextVectorization()
        >>> vectorize.adapt(["The cat sat.", "The dog!"])
        >>> vectorize.get_vocabulary()
        ['', '[UNK]', 'the', 'sat', 'dog', 'cat']
        >>> vectorize(["the cat", "the old dog sat"]).tolist()
        [[2, 5, 0, 0], [2, 1, 4, 3]]
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        **Preparing.unsupported,
        "sparse": Unsupported("outputs are dense arrays", False),
        "ragged": Unsupported("outputs are arrays, padded with 0; use output_sequence_length for one length", False),
        "encoding": Unsupported("texts are Python strings, or bytes in UTF-8", "utf-8"),
    }
    modes: ClassVar[Sequence[str]] = ("int", "multi_hot", "count", "tf_idf")
    looked_at: ClassVar[str] = "texts"
    reserves_oov: ClassVar[bool] = True

    max_tokens: int | None = None
    standardize: str | OfTexts | None = "lower_and_strip_punctuation"
    split: str | OfTexts | None = "whitespace"
    ngrams: int | Sequence[int] | None = None
    output_mode: str = "int"
    output_sequence_length: int | None = None
    pad_to_max_tokens: bool = False
    vocabulary: Sequence[str] | None = None
    idf_weights: Sequence[float] | None = None
    mask_token: str = field(default="", init=False)
    oov_token: str = field(default="[UNK]", init=False)
    num_oov_indices: int = field(default=1, init=False)

    def check(self) -> None:
        for setting, known in (("standardize", _STANDARDIZE), ("split", ("whitespace", "character"))):
            value = getattr(self, setting)
            if value is not None and value not in known and not callable(value):
                raise ValueError(
                    f"TextVectorization: {setting} is one of {', '.join(known)}, None or a function; received {value!r}"
                )
        length = self.output_sequence_length
        if length is not None:
            self.output_sequence_length = check_positive_int(length, "TextVectorization: output_sequence_length")
            if self.output_mode != "int":
                raise ValueError(
                    f"TextVectorization: output_sequence_length is for 'int', not for {self.output_mode!r}"
                )
        for size in self._sizes():
            check_positive_int(size, "TextVectorization: ngrams")
        self.check_vocabulary()

    def _sizes(self) -> Sequence[int]:
        most = self.ngrams or 1
        return most if isinstance(most, Sequence) else range(1, 1 + most)

    def get_config(self) -> Config:
        for setting in ("standardize", "split"):
            if callable(getattr(self, setting)):
                raise TypeError(
                    f"TextVectorization: {setting} is a Python function, which no file can hold; apply it to the texts "
                    f"first, with {setting}=None, or save the part of the model after it"
                )
        return super().get_config()

    # Shapes.

    def _check_samples(self, input_shape: Shape) -> None:
        if self.split is not None and input_shape not in ((), (1,)):
            raise ValueError(
                f"TextVectorization: takes one text a sample, Input((1,), dtype='string'); received samples of shape "
                f"{input_shape}"
            )

    def output_shape(self, input_shape: Shape) -> Shape:
        self._check_samples(input_shape)
        if self.output_mode != "int":
            return (self.depth(),)
        lengthens = self.split is not None or self.ngrams is not None
        known = UNKNOWN if lengthens else (input_shape or (1,))[-1]
        return (self.output_sequence_length or known,)

    # Texts to numbers.

    def documents(self, data: object, steps: int | None) -> Iterator[Sequence[str]]:
        for batch in batches_of(data, steps):
            yield from self._tokens(self.values_of(as_data(batch, f"{self.who}: adapt")))

    def prepare(self, *arrays: Array) -> Array:
        (x,) = arrays
        values = self.values_of(x)
        if values.ndim == 0:
            row: Array = self.prepare(values.reshape(1))[0]
            return row
        rows = self._tokens(values)
        lengths = np.array([*map(len, rows)], np.int64)
        flat = np.empty(int(lengths.sum()), object)
        flat[:] = [*chain.from_iterable(rows)]
        padded = np.full((len(rows), int(lengths.max(initial=0))), -1, np.int64)
        padded[np.arange(padded.shape[1]) < lengths[:, None]] = self.ids_of(flat)
        return self._of_one_length(padded) if self.output_mode == "int" else self.numbers_of(padded)

    def _of_one_length(self, ids: Array) -> Array:
        ids = np.maximum(ids, 0)
        length = self.output_sequence_length
        if length is None:
            return ids
        return np.pad(ids[:, :length], ((0, 0), (0, max(0, length - ids.shape[1]))))

    def _tokens(self, values: Array) -> list[list[str]]:
        """The tokens of each text."""
        if values.ndim > 1:
            self._check_samples(values.shape[1:])
        rows = values.reshape(len(values) if values.ndim else 1, -1)
        texts = self._standardized(rows.ravel())
        found = self._split(texts, rows.shape[1])
        if self.ngrams is None:
            return found
        sizes = self._sizes()
        return [[" ".join(row[i : i + k]) for k in sizes for i in range(len(row) - k + 1)] for row in found]

    def _standardized(self, texts: Array) -> Sequence[str]:
        if callable(self.standardize):
            made = as_data(self.standardize(texts.astype(str)), "TextVectorization: standardize")
            if made.shape != texts.shape:
                raise ValueError(
                    f"TextVectorization: standardize made an array of shape {made.shape} of one of {texts.shape}; "
                    "expected a text for each"
                )
            listed: list[str] = made.tolist()
            return listed
        found: Iterable[str] = texts.tolist()
        if self.standardize in ("lower", "lower_and_strip_punctuation"):
            found = map(str.lower, found)
        if self.standardize in ("strip_punctuation", "lower_and_strip_punctuation"):
            found = (_PUNCTUATION.sub("", text) for text in found)
        return [*found]

    def _split(self, texts: Sequence[str], each: int) -> list[list[str]]:
        if callable(self.split):
            made = self.split(np.array(texts, str))
            found = [[*map(_decoded, row)] for row in cast("Iterable[Iterable[object]]", made)]
            if len(found) != len(texts):
                raise ValueError(
                    f"TextVectorization: split made {len(found)} lists of {len(texts)} texts; expected one for each"
                )
            return found
        if self.split is None:
            return [list(texts[i : i + each]) for i in range(0, len(texts), each)]
        return [text.split() if self.split == "whitespace" else [*text] for text in texts]


def _decoded(token: object) -> str:
    return token.decode() if isinstance(token, bytes) else str(token)
