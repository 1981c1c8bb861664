"""Text as numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import ClassVar

import numpy as np

from clarinet.configurable import Configurable, Unsupported
from clarinet.layers.base import check_positive_int
from clarinet.types import Array

_PUNCTUATION = re.compile(r"[!\"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']")
_STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
_MODES = ("int", "multi_hot", "count", "tf_idf")
_UNKNOWN = "[UNK]"


@dataclass(eq=False, repr=False)
class TextVectorization(Configurable):
    """Turns texts into ids of their words, or into one number for each word of a vocabulary.

    It works on texts before they go to a model, which takes numbers: ``model.fit(vectorize(texts), y)``. A text is
    standardised, split into tokens, and each token looked up in the vocabulary, which is given or learned with
    :meth:`adapt`: the most frequent tokens first, equally frequent ones in reverse order of the alphabet, as in Keras.

    Output, for ``n`` texts: mode ``"int"`` ids (n, length) of dtype int64, 0 for padding and 1 for tokens that the
    vocabulary lacks; the others float32 (n, vocabulary size), place 0 for tokens that it lacks: ``"multi_hot"`` 1 where
    a token occurs, ``"count"`` how often, ``"tf_idf"`` how often times ``log(1 + texts / (1 + texts with the token))``
    (Sparck Jones, J. Documentation 28, 1972), with the mean factor for unknown tokens.

    Args:
        max_tokens: largest size of the vocabulary, with padding and unknown tokens; default None, no limit.
        standardize: ``"lower_and_strip_punctuation"`` (default), ``"lower"``, ``"strip_punctuation"`` or None.
        split: ``"whitespace"`` (default), ``"character"``, or None, every text being one token.
        ngrams: None (default); a whole number ``k`` adds runs of 2 to ``k`` tokens, a tuple takes those sizes alone.
        output_mode: ``"int"`` (default), ``"multi_hot"``, ``"count"`` or ``"tf_idf"``.
        output_sequence_length: for ``"int"``: cut or pad every text to this number of ids; default None, the longest
            one's.
        pad_to_max_tokens: make outputs other than ids ``max_tokens`` wide; default False.
        vocabulary: tokens in order, without those for padding and unknown ones; default None.
        idf_weights: for ``"tf_idf"`` with a given vocabulary: one factor a token.

    Raises:
        TypeError, ValueError: another setting; a function to standardise or split with.

    Example:
        >>> vectorize = TextVectorization()
        >>> vectorize.adapt(["The cat sat.", "The dog!"])
        >>> vectorize.get_vocabulary()
        ['', '[UNK]', 'the', 'sat', 'dog', 'cat']
        >>> vectorize(["the cat", "the old dog sat"]).tolist()
        [[2, 5, 0, 0], [2, 1, 4, 3]]
    """

    kind: ClassVar[str] = "text vectorizer"
    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        "name": Unsupported("it runs before the model, where names have no use"),
        "sparse": Unsupported("outputs are dense arrays", False),
        "ragged": Unsupported("outputs are arrays, padded with 0; use output_sequence_length for one length", False),
        "encoding": Unsupported("texts are Python strings; decode bytes first", "utf-8"),
        "dtype": Unsupported("ids are int64, other outputs float32"),
    }

    max_tokens: int | None = None
    standardize: str | None = "lower_and_strip_punctuation"
    split: str | None = "whitespace"
    ngrams: int | Sequence[int] | None = None
    output_mode: str = "int"
    output_sequence_length: int | None = None
    pad_to_max_tokens: bool = False
    vocabulary: Iterable[str] | None = None
    idf_weights: Sequence[float] | None = None

    def __post_init__(self) -> None:
        for setting, known in (("standardize", _STANDARDIZE), ("split", ("whitespace", "character"))):
            value = getattr(self, setting)
            if callable(value):
                raise TypeError(
                    f"TextVectorization: {setting} cannot be a function, which no file could hold; apply it to the "
                    f"texts first and use {setting}=None"
                )
            if value is not None and value not in known:
                raise ValueError(
                    f"TextVectorization: {setting} is one of {', '.join(known)} or None; received {value!r}"
                )
        if self.output_mode not in _MODES:
            raise ValueError(
                f"TextVectorization: output_mode is one of {', '.join(_MODES)}; received {self.output_mode!r}"
            )
        for setting in ("max_tokens", "output_sequence_length"):
            if getattr(self, setting) is not None:
                setattr(self, setting, check_positive_int(getattr(self, setting), f"TextVectorization: {setting}"))
        self._check_combinations()
        if self.vocabulary is not None:
            self.set_vocabulary(self.vocabulary, self.idf_weights)

    def _check_combinations(self) -> None:
        if self.output_sequence_length is not None and self.output_mode != "int":
            raise ValueError(f"TextVectorization: output_sequence_length is for 'int', not for {self.output_mode!r}")
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise ValueError("TextVectorization: pad_to_max_tokens=True needs max_tokens")
        if self.max_tokens is not None and self.max_tokens <= len(self._special()):
            raise ValueError(
                f"TextVectorization: max_tokens={self.max_tokens} leaves no room for words; expected at least "
                f"{len(self._special()) + 1}"
            )
        largest = self.ngrams or 1
        sizes = largest if isinstance(largest, Sequence) else range(1, 1 + largest)
        self._sizes = [check_positive_int(size, "TextVectorization: ngrams") for size in sizes]

    def _special(self) -> list[str]:
        return ["", _UNKNOWN] if self.output_mode == "int" else [_UNKNOWN]

    # The vocabulary.

    def adapt(self, data: object) -> None:
        """Learn the vocabulary from texts; an earlier vocabulary is forgotten.

        Args:
            data: texts: a list, an array or a series; or an iterable of such batches.

        Raises:
            TypeError: something that is no text. ValueError: no texts, or no tokens in them.
        """
        total: Counter[str] = Counter()
        documents: Counter[str] = Counter()
        texts = 0
        for text in _texts(data):
            tokens = self._tokens(text)
            total.update(tokens)
            documents.update(set(tokens))
            texts += 1
        for special in ("", _UNKNOWN):
            del total[special]
        if not total:
            raise ValueError(f"TextVectorization: adapt found no tokens in {texts} texts; expected at least one word")
        ordered = sorted(total, key=lambda token: (total[token], token.encode()), reverse=True)
        self.vocabulary = ordered if self.max_tokens is None else ordered[: self.max_tokens - len(self._special())]
        if self.output_mode == "tf_idf":
            self.idf_weights = [log(1 + texts / (1 + documents[token])) for token in self.vocabulary]

    def set_vocabulary(self, vocabulary: Iterable[str], idf_weights: Sequence[float] | None = None) -> None:
        """Give the tokens in order, with or without those for padding and unknown ones.

        Raises:
            TypeError, ValueError: tokens that are no texts or come twice; too many; missing or superfluous weights.
        """
        if isinstance(vocabulary, str):
            raise TypeError("TextVectorization: vocabulary is a list of tokens; read the file's lines into one first")
        tokens = [str(token) for token in _texts(vocabulary)]
        special = self._special()
        tokens = tokens[len(special) :] if tokens[: len(special)] == special else tokens
        twice = [token for token, count in Counter(tokens).items() if count > 1 or token in ("", _UNKNOWN)]
        if twice:
            raise ValueError(f"TextVectorization: vocabulary holds {twice[0]!r} twice or in a place of its own")
        if self.max_tokens is not None and len(tokens) + len(special) > self.max_tokens:
            raise ValueError(
                f"TextVectorization: {len(tokens)} tokens and {len(special)} special ones exceed "
                f"max_tokens={self.max_tokens}"
            )
        if (idf_weights is not None) != (self.output_mode == "tf_idf"):
            raise ValueError("TextVectorization: output_mode='tf_idf' needs idf_weights with a vocabulary, others none")
        if idf_weights is not None and len(idf_weights) != len(tokens):
            raise ValueError(
                f"TextVectorization: {len(tokens)} tokens need as many idf_weights, not {len(idf_weights)}"
            )
        self.vocabulary = tokens
        self.idf_weights = None if idf_weights is None else [float(weight) for weight in idf_weights]

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """The tokens by id; ``""`` is padding and ``"[UNK]"`` any token that is not in the vocabulary."""
        return [*(self._special() if include_special_tokens else ()), *(self.vocabulary or ())]

    def vocabulary_size(self) -> int:
        """Number of tokens, the special ones included: an Embedding's ``input_dim``."""
        return len(self.get_vocabulary())

    # Texts to numbers.

    def __call__(self, texts: object) -> Array:
        """The numbers for texts.

        Args:
            texts: a list, array (n,) or (n, 1) or series of texts; or one text, whose row alone is returned.

        Raises:
            ValueError: there is no vocabulary yet. TypeError: something that is no text.
        """
        if self.vocabulary is None:
            raise ValueError("TextVectorization: there is no vocabulary yet; call adapt(texts) or pass vocabulary=")
        if isinstance(texts, str):
            row: Array = self([texts])[0]
            return row
        special = self._special()
        ids = {token: number for number, token in enumerate(self.vocabulary, len(special))}
        ids |= {"": 0} if self.output_mode == "int" else {}
        rows = [[ids.get(token, len(special) - 1) for token in self._tokens(text)] for text in _texts(texts)]
        return self._padded(rows) if self.output_mode == "int" else self._counted(rows)

    def _padded(self, rows: list[list[int]]) -> Array:
        length = self.output_sequence_length or max(map(len, rows), default=0)
        padded = np.zeros((len(rows), length), np.int64)
        for row, ids in zip(padded, rows, strict=True):
            row[: len(ids)] = ids[:length]
        return padded

    def _counted(self, rows: list[list[int]]) -> Array:
        size = self.vocabulary_size()
        width = self.max_tokens if self.pad_to_max_tokens and self.max_tokens is not None else size
        counts = np.zeros((len(rows), width), np.float32)
        for row, ids in zip(counts, rows, strict=True):
            row[:] = np.bincount(np.array(ids, np.int64), minlength=width)
        if self.output_mode == "multi_hot":
            return (counts > 0).astype(np.float32)
        if self.idf_weights is not None:
            counts[:, :size] *= np.array([np.mean(self.idf_weights), *self.idf_weights], np.float32)
        return counts

    def _tokens(self, text: str) -> list[str]:
        if self.standardize in ("lower", "lower_and_strip_punctuation"):
            text = text.lower()
        if self.standardize in ("strip_punctuation", "lower_and_strip_punctuation"):
            text = _PUNCTUATION.sub("", text)
        tokens = [text] if self.split is None else text.split() if self.split == "whitespace" else list(text)
        if self.ngrams is None:
            return tokens
        return [" ".join(tokens[i : i + k]) for k in self._sizes for i in range(len(tokens) - k + 1)]


def _texts(data: object) -> Iterator[str]:
    """The texts in a list, array or series, or in batches of them."""
    if isinstance(data, np.ndarray) and data.ndim == 0:
        data = data.item()
    if isinstance(data, (str, bytes)):  # data sets hold texts as bytes
        yield data if isinstance(data, str) else data.decode()
        return
    if isinstance(data, Mapping) or not isinstance(data, Iterable):
        raise TypeError(f"TextVectorization: expected texts, received {data!r} of type {type(data).__name__}")
    for item in data:
        yield from _texts(item)
