"""``tf.strings``: functions of texts, which are computed at once, in a data set's ``map`` and in ``standardize``.

Results are texts as data sets have them: arrays of bytes, with ``numpy``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from clarinet import aliases
from clarinet.data.chunks import as_array
from clarinet.layers.preparing import as_data
from clarinet.names import public
from clarinet.ops.tensor import Tensor, tensor
from clarinet.ops.texts import TextArray
from clarinet.tf.ragged import RaggedTensor
from clarinet.types import DTypeArg

__all__ = [
    "as_string",
    "bytes_split",
    "format",
    "join",
    "length",
    "lower",
    "ngrams",
    "reduce_join",
    "regex_full_match",
    "regex_replace",
    "split",
    "strip",
    "substr",
    "to_hash_bucket",
    "to_hash_bucket_fast",
    "to_number",
    "unicode_decode",
    "unicode_encode",
    "unicode_split",
    "upper",
]
__getattr__ = aliases.attribute_of(__name__)


def __dir__() -> list[str]:
    return public(globals())


def _each(texts: object, function: Callable[[str], str]) -> TextArray:
    array = as_data(texts, "tf.strings")
    found = np.empty(array.shape, object)
    for place, text in np.ndenumerate(array):
        found[place] = function(text)
    return as_array(found).view(TextArray)


def lower(input: object, encoding: str = "", name: object = None) -> TextArray:
    """The texts in lower case, of all alphabets.

    Example:
        >>> lower("Ja").numpy()
        b'ja'
    """
    return _each(input, str.lower)


def upper(input: object, encoding: str = "", name: object = None) -> TextArray:
    """The texts in upper case, of all alphabets."""
    return _each(input, str.upper)


def strip(input: object, name: object = None) -> TextArray:
    """The texts without white space at both ends."""
    return _each(input, str.strip)


def regex_replace(
    input: object, pattern: str, rewrite: str, replace_global: bool = True, name: object = None
) -> TextArray:
    r"""The texts with ``rewrite`` in the place of what a pattern of Python's :mod:`re` matches.

    Args:
        input: texts.
        pattern: a regular expression.
        rewrite: may refer to groups as ``\1``.
        replace_global: everywhere, or (False) at the first place alone.
        name: ignored.

    Example:
        >>> regex_replace(["a<br />b"], "<br />", " ").numpy().tolist()
        [b'a b']
    """
    compiled = re.compile(pattern)
    return _each(input, lambda text: compiled.sub(rewrite, text, count=0 if replace_global else 1))


def as_string(input: object, name: object = None) -> TextArray:
    """Numbers as texts, as Python writes them; texts as they are."""
    array = as_data(input, "tf.strings.as_string")
    return _each(array if array.dtype == object else np.array(array.tolist(), str), str)


def length(input: object, name: object = None, unit: str = "BYTE") -> Tensor:
    """How many bytes a text in UTF-8 has, or (``unit="UTF8_CHAR"``) how many characters."""
    array = as_data(input, "tf.strings.length")
    sizes = [len(text if unit == "UTF8_CHAR" else text.encode()) for text in array.flat]
    return tensor(np.array(sizes, np.int32).reshape(array.shape))


def join(inputs: Sequence[object], separator: str = "", name: object = None) -> TextArray:
    """Texts of several arrays joined, place by place; a single text goes with every place.

    Example:
        >>> join([["a", "b"], "x"], "-").numpy().tolist()
        [b'a-x', b'b-x']
    """
    arrays = np.broadcast_arrays(*(as_data(each, "tf.strings.join") for each in inputs))
    found = np.empty(arrays[0].shape, object)
    for place in np.ndindex(arrays[0].shape):
        found[place] = separator.join(str(array[place]) for array in arrays)
    return as_array(found).view(TextArray)


def reduce_join(inputs: object, axis: int | None = None, keepdims: bool = False, separator: str = "") -> TextArray:
    """Texts joined along an axis, by default all of them."""
    array = as_data(inputs, "tf.strings.reduce_join")
    array = array.reshape(-1) if axis is None else np.moveaxis(array, axis, -1)
    found = np.empty(array.shape[:-1], object)
    for place in np.ndindex(found.shape):
        found[place] = separator.join(array[place])
    joined = np.expand_dims(found, -1 if axis is None else axis) if keepdims else found
    return as_array(joined).view(TextArray)


def split(input: object, sep: str | None = None, maxsplit: int = -1, name: object = None) -> RaggedTensor | list[str]:
    """The words of each text, or what is between separators: a list for each text.

    Example:
        >>> split(["a b", "c"])
        [['a', 'b'], ['c']]
    """
    array = as_data(input, "tf.strings.split")
    found = [text.split(sep or None, maxsplit) for text in array.flat]
    return RaggedTensor(found) if array.ndim else found[0]


def unicode_split(
    input: object, input_encoding: str = "UTF-8", errors: str = "replace", name: object = None
) -> TextArray:
    """The characters of a text, or of texts that are equally long.

    Raises:
        ValueError: the texts are of several lengths; tensors are dense.

    Example:
        >>> unicode_split("déjà").numpy().tolist()[0]
        b'd'
    """
    array = as_data(input, "tf.strings.unicode_split")
    lengths = {len(text) for text in array.flat}
    if len(lengths) > 1:
        raise ValueError(f"tf.strings.unicode_split: texts of {sorted(lengths)} characters, expected equally long ones")
    found = np.array([list(text) for text in array.flat], object).reshape(*array.shape, *lengths)
    return as_array(found).view(TextArray)


def to_number(input: object, out_type: DTypeArg = "float32", name: object = None) -> Tensor | RaggedTensor:
    """The numbers that texts stand for; lists of texts, as :func:`split` gives them, may differ in length.

    Raises:
        ValueError: a text is no number.

    Example:
        >>> to_number(["1.5", "2"]).tolist()
        [1.5, 2.0]
    """
    if isinstance(input, RaggedTensor):
        return RaggedTensor(np.asarray(to_number(row, out_type)).tolist() for row in input)
    array = as_data(input, "tf.strings.to_number")
    return tensor(np.array([float(text) for text in array.flat]).reshape(array.shape).astype(str(np.dtype(out_type))))


def substr(input: object, pos: int, len: int, name: object = None, unit: str = "BYTE") -> TextArray:
    """A part of each text: where it begins, the end being -1, and how long it is.

    Example:
        >>> substr("keras", 1, 3).numpy()
        b'era'
    """

    def part(text: str) -> str:
        whole = text if unit == "UTF8_CHAR" else text.encode()
        begin = pos + whole.__len__() if pos < 0 else pos
        cut = whole[begin : begin + len]
        return cut if isinstance(cut, str) else cut.decode(errors="replace")

    return _each(input, part)


def regex_full_match(input: object, pattern: str, name: object = None) -> Tensor:
    """Whether a regular expression matches each text as a whole."""
    compiled = re.compile(pattern)
    array = as_data(input, "tf.strings.regex_full_match")
    return tensor(np.array([compiled.fullmatch(text) is not None for text in array.flat]).reshape(array.shape))


def format(
    template: str, inputs: object, placeholder: str = "{}", summarize: int = 3, name: object = None
) -> TextArray:
    """A text with tensors in the places of ``{}``, one after the other.

    Example:
        >>> format("loss {}", 0.5).numpy()
        b'loss 0.5'
    """
    parts = template.split(placeholder)
    given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    if len(parts) != len(given) + 1:
        raise ValueError(f"tf.strings.format: {len(parts) - 1} places and {len(given)} inputs, expected as many")
    shown = (str(one if isinstance(one, str) else np.asarray(one)) for one in given)
    return _each(parts[0] + "".join(text + part for text, part in zip(shown, parts[1:])), str)


def bytes_split(input: object, name: object = None) -> TextArray:
    """The bytes of a text, each as a text."""
    text = str(as_data(input, "tf.strings.bytes_split")[()]).encode()
    return as_array(np.array([text[place : place + 1] for place in range(len(text))], object)).view(TextArray)


def ngrams(
    data: object, ngram_width: int, separator: str = " ", pad_values: tuple[str, str] | None = None, name: object = None
) -> TextArray:
    """Every so many words that follow each other, joined, along the last axis.

    Example:
        >>> ngrams(["a", "b", "c"], 2).numpy().tolist()
        [b'a b', b'b c']
    """
    array = as_data(data, "tf.strings.ngrams")
    if pad_values is not None:
        around = [(0, 0)] * (array.ndim - 1) + [(ngram_width - 1,) * 2]
        array = np.pad(
            array, around, constant_values=(pad_values if isinstance(pad_values, tuple) else (pad_values,) * 2)
        )
    count = max(0, array.shape[-1] - ngram_width + 1)
    found = np.empty((*array.shape[:-1], count), object)
    for place in np.ndindex(found.shape):
        found[place] = separator.join(array[place[:-1]][place[-1] : place[-1] + ngram_width])
    return as_array(found).view(TextArray)


def to_hash_bucket_fast(input: object, num_buckets: int, name: object = None) -> Tensor:
    """The hash of each text (FarmHash) as a number below ``num_buckets``, the same as TensorFlow's."""
    from clarinet.layers.hashes import farmhash

    array = as_data(input, "tf.strings.to_hash_bucket_fast")
    hashes = [farmhash(text.encode()) % num_buckets for text in array.flat]
    return tensor(np.array(hashes, np.int64).reshape(array.shape))


to_hash_bucket = to_hash_bucket_fast


def unicode_decode(
    input: object, input_encoding: str = "UTF-8", errors: str = "replace", name: object = None
) -> Tensor:
    """The code points of the characters of a text."""
    return tensor(np.array([ord(letter) for letter in as_data(input, "tf.strings.unicode_decode")[()]], np.int32))


def unicode_encode(
    input: object, output_encoding: str = "UTF-8", errors: str = "replace", replacement_char: int = 65533,
    name: object = None,
) -> TextArray:  # fmt: skip
    """The texts of code points, along the last axis."""
    codes = np.asarray(input)
    found = np.empty(codes.shape[:-1], object)
    for place in np.ndindex(found.shape):
        found[place] = "".join(map(chr, codes[place]))
    return _each(found, str)
