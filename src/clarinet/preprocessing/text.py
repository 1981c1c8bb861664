"""Words as ids, as earlier versions of Keras had it; new programs use ``layers.TextVectorization``."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases
from clarinet.names import public
from clarinet.types import Array

__all__ = ["Tokenizer", "hashing_trick", "one_hot", "text_to_word_sequence", "tokenizer_from_json"]

#: What separates words besides the spaces.
FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_MODES = ("binary", "count", "freq", "tfidf")
Analyzer = Callable[[str], Sequence[str]]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def text_to_word_sequence(input_text: str, filters: str = FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """The words of a text.

    Args:
        input_text: the text.
        filters: characters that separate words, too.
        lower: whether capital letters become small ones.
        split: what separates words.

    Example:
        >>> text_to_word_sequence("Hello, World!")
        ['hello', 'world']
    """
    text = input_text.lower() if lower else input_text
    spaces: dict[str, str | int | None] = dict.fromkeys(filters, split)
    return [word for word in text.translate(str.maketrans(spaces)).split(split) if word]


def hashing_trick(
    text: str,
    n: int,
    hash_function: str | Callable[[str], int] | None = None,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Analyzer | None = None,
) -> list[int]:
    """An id from 1 to ``n - 1`` for each word, which several words may share.

    Args:
        text: the text.
        n: how many ids there are, with 0, which no word gets.
        hash_function: default Python's, which is another one in every process; ``"md5"``, or a function of your own.
        filters, lower, split: as for :func:`text_to_word_sequence`.
        analyzer: takes the text apart instead of it.

    Example:
        >>> hashing_trick("one two one", 50, "md5")
        [9, 19, 9]
    """
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    number = _md5 if hash_function == "md5" else hash_function or hash
    assert callable(number)
    return [number(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    from hashlib import md5

    return int(md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


def one_hot(
    input_text: str,
    n: int,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Analyzer | None = None,
) -> list[int]:
    """:func:`hashing_trick` with Python's hash: other ids in every process, unless ``PYTHONHASHSEED`` is set."""
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


class Tokenizer:
    """Learns the words of texts, and turns texts into ids; the most frequent word has id 1, and 0 is no word.

    Args:
        num_words: ids from here on are left out; default none.
        filters, lower, split: as for :func:`text_to_word_sequence`.
        char_level: whether each character is a word.
        oov_token: stands for words that were not learned, with id 1; default None: they are left out.
        analyzer: takes a text apart instead.
        document_count: texts that were learned before.

    Attributes:
        word_index: id by word. index_word: word by id.
        word_counts: how often each word came. word_docs: in how many texts.
        index_docs: the same by id. document_count: how many texts there were.

    Example:
        >>> tokenizer = Tokenizer(oov_token="?")
        >>> tokenizer.fit_on_texts(["the cat", "the dog"])
        >>> tokenizer.texts_to_sequences(["the bird"])
        [[2, 1]]
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Analyzer | None = None,
        document_count: int = 0,
    ) -> None:
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.document_count = document_count
        self.word_counts: dict[str, int] = Counter()
        self.word_docs: dict[str, int] = defaultdict(int)
        self.index_docs: dict[int, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def _words(self, text: str | Sequence[str]) -> Sequence[str]:
        if not isinstance(text, str):
            return [word.lower() for word in text] if self.lower else text
        if self.char_level:
            return text.lower() if self.lower else text
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Iterable[str | Sequence[str]]) -> None:
        """Learn the words of texts, or of texts that are lists of words, besides those that are known."""
        for text in texts:
            words = self._words(text)
            self.document_count += 1
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        known = sorted(self.word_counts, key=lambda word: -self.word_counts[word])
        known = known if self.oov_token is None else [self.oov_token, *known]
        self.word_index = {word: i for i, word in enumerate(known, 1)}
        self.index_word = {i: word for word, i in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Sequence[Iterable[int]]) -> None:
        """Count in how many sequences each id comes."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for i in set(sequence):
                self.index_docs[i] += 1

    def texts_to_sequences(self, texts: Iterable[str | Sequence[str]]) -> list[list[int]]:
        """The ids of the words of each text."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[str | Sequence[str]]) -> Iterator[list[int]]:
        """The same, one after the other."""
        unknown = self.word_index.get(self.oov_token or "") if self.oov_token is not None else None
        for text in texts:
            ids = (self.word_index.get(word) for word in self._words(text))
            kept = (unknown if i is None or (self.num_words and i >= self.num_words) else i for i in ids)
            yield [i for i in kept if i is not None]

    def sequences_to_texts(self, sequences: Iterable[Iterable[int]]) -> list[str]:
        """The words of each sequence of ids, with spaces between them."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Iterable[int]]) -> Iterator[str]:
        """The same, one after the other."""
        for sequence in sequences:
            found = (self.index_word.get(int(i)) if not self._left_out(int(i)) else None for i in sequence)
            yield " ".join(word for word in (self.oov_token if w is None else w for w in found) if word is not None)

    def _left_out(self, i: int) -> bool:
        return bool(self.num_words) and i >= (self.num_words or 0)

    def texts_to_matrix(self, texts: Iterable[str | Sequence[str]], mode: str = "binary") -> Array:
        """A row for each text and a column for each id; see :meth:`sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Sequence[Sequence[int]], mode: str = "binary") -> Array:
        """A row for each sequence and a column for each id.

        Args:
            sequences: of ids.
            mode: ``"binary"``: 1 where the id comes; ``"count"``: how often; ``"freq"``: that divided by the length;
                ``"tfidf"``: ``(1 + log(count)) log(1 + texts / (1 + texts with it))``.

        Raises:
            ValueError: another mode; no words are known.
        """
        if mode not in _MODES:
            raise ValueError(f"sequences_to_matrix: mode is one of {', '.join(_MODES)}; received {mode!r}")
        if not self.num_words and not self.word_index:
            raise ValueError("sequences_to_matrix: no words are known; give num_words, or call fit_on_texts first")
        if mode == "tfidf" and not self.document_count:
            raise ValueError("sequences_to_matrix: mode 'tfidf' needs texts that were learned; call fit_on_texts first")
        matrix = np.zeros((len(sequences), self.num_words or len(self.word_index) + 1))
        for row, sequence in zip(matrix, sequences):
            for i, count in Counter(i for i in sequence if i < len(row)).items():
                row[i] = self._entry(mode, i, count, len(sequence))
        return matrix

    def _entry(self, mode: str, i: int, count: int, length: int) -> float:
        if mode == "tfidf":
            return float((1 + np.log(count)) * np.log(1 + self.document_count / (1 + self.index_docs.get(i, 0))))
        return {"binary": 1.0, "count": float(count), "freq": count / length}[mode]

    def get_config(self) -> dict[str, object]:
        """Settings and words, as a dictionary of numbers and texts."""
        settings = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        learned = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        return {name: getattr(self, name) for name in settings} | {n: json.dumps(getattr(self, n)) for n in learned}

    def to_json(self, indent: int | None = None, sort_keys: bool = False) -> str:
        """The same as a text, which :func:`tokenizer_from_json` reads; arguments are those of ``json.dumps``."""
        document = {"class_name": "Tokenizer", "config": self.get_config()}
        return json.dumps(document, indent=indent, sort_keys=sort_keys)


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """The tokenizer that ``to_json`` described.

    Raises:
        ValueError: another text.
    """
    document = json.loads(json_string)
    config = document.get("config") if isinstance(document, Mapping) else None
    learned = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
    if not isinstance(config, Mapping) or not set(learned) <= set(config):
        raise ValueError("tokenizer_from_json: expected what Tokenizer.to_json gave")
    tokenizer = Tokenizer(**{name: value for name, value in config.items() if name not in learned})
    for name in learned:
        words = json.loads(config[name])
        numbered = name.startswith("index")  # the keys of JSON are texts
        setattr(tokenizer, name, {int(key): value for key, value in words.items()} if numbered else words)
    return tokenizer
