"""Hashes of texts that give the same number everywhere and for ever, as TensorFlow has them.

FarmHash's ``Fingerprint64`` (Pike & Alakuijala, Google, 2014) where nobody gives a key, SipHash-2-4 (Aumasson &
Bernstein, "SipHash: a fast short-input PRF", 2012) where somebody does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from clarinet.types import Array

_ALL = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
#: What a crossing begins with in TensorFlow, and multiplies by.
_CROSSING, _CROSSED_BY = 0xDECAFCAFFE, 0xC6A4A7935BD1E995


def _word(text: bytes, at: int, size: int = 8) -> int:
    return int.from_bytes(text[at : at + size], "little")


def _turned(value: int, bits: int) -> int:
    """Rotated to the right."""
    value &= _ALL
    return (value >> bits | value << (64 - bits)) & _ALL


def _folded(value: int) -> int:
    value &= _ALL
    return value ^ value >> 47


def _mixed(u: int, v: int, by: int) -> int:
    a = _folded((u ^ v) * by)
    return _folded((v ^ a) * by) * by & _ALL


def farmhash(text: bytes) -> int:
    """FarmHash's ``Fingerprint64``, from 0 to 2**64 - 1.

    Example:
        >>> hex(farmhash(b"abc"))
        '0x24a5b3a074e7f369'
    """
    size = len(text)
    if size > 64:
        return _long(text)
    if size > 32:
        return _up_to_64(text)
    if size > 16:
        return _up_to_32(text)
    by = _K2 + size * 2
    if size >= 8:
        a, b = _word(text, 0) + _K2, _word(text, size - 8)
        return _mixed((_turned(b, 37) * by + a) & _ALL, (_turned(a, 25) + b) * by & _ALL, by)
    if size >= 4:
        return _mixed(size + (_word(text, 0, 4) << 3), _word(text, size - 4, 4), by)
    if not size:
        return _K2
    y, z = text[0] + (text[size >> 1] << 8), size + (text[-1] << 2)
    return _folded((y * _K2 ^ z * _K0) & _ALL) * _K2 & _ALL


def _ends(text: bytes, by: int) -> tuple[int, int, int, int]:
    size = len(text)
    return _word(text, 0), _word(text, 8), _word(text, size - 8) * by & _ALL, _word(text, size - 16) * _K2 & _ALL


def _up_to_32(text: bytes) -> int:
    by = _K2 + len(text) * 2
    a, b, c, d = _ends(text, by)
    a = a * _K1 & _ALL
    return _mixed((_turned(a + b, 43) + _turned(c, 30) + d) & _ALL, (a + _turned(b + _K2, 18) + c) & _ALL, by)


def _up_to_64(text: bytes) -> int:
    size, by = len(text), _K2 + len(text) * 2
    a, b, c, d = _ends(text, by)
    a = a * _K2 & _ALL
    y = (_turned(a + b, 43) + _turned(c, 30) + d) & _ALL
    z = _mixed(y, (a + _turned(b + _K2, 18) + c) & _ALL, by)
    e, f = _word(text, 16) * by & _ALL, _word(text, 24)
    g, h = (y + _word(text, size - 32)) * by & _ALL, (z + _word(text, size - 24)) * by & _ALL
    return _mixed((_turned(e + f, 43) + _turned(g, 30) + h) & _ALL, (e + _turned(f + a, 18) + g) & _ALL, by)


def _block(text: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """32 bytes and two seeds as two numbers."""
    w, x, y, z = (_word(text, at + place) for place in (0, 8, 16, 24))
    a = a + w & _ALL
    b, c = _turned(b + a + z, 21), a
    a = a + x + y & _ALL
    return a + z & _ALL, b + _turned(a, 44) + c & _ALL


def _long(text: bytes) -> int:
    x, y = 81, 81 * _K1 + 113 & _ALL
    z = _folded(y * _K2 + 113) * _K2 & _ALL
    v, w = (0, 0), (0, 0)
    x = x * _K2 + _word(text, 0) & _ALL
    last = (len(text) - 1) // 64 * 64
    for at in range(0, last, 64):
        x = _turned(x + y + v[0] + _word(text, at + 8), 37) * _K1 & _ALL
        y = _turned(y + v[1] + _word(text, at + 48), 42) * _K1 & _ALL
        x, y, z = x ^ w[1], y + v[0] + _word(text, at + 40) & _ALL, _turned(z + w[0], 33) * _K1 & _ALL
        v = _block(text, at, v[1] * _K1, x + w[0])
        w = _block(text, at + 32, z + w[1], y + _word(text, at + 16))
        z, x = x, z
    rest, at, by = len(text) - 1 & 63, len(text) - 64, _K1 + ((z & 255) << 1)
    w = w[0] + rest, w[1]
    v = v[0] + w[0] & _ALL, v[1]
    w = w[0] + v[0] & _ALL, w[1]
    x = _turned(x + y + v[0] + _word(text, at + 8), 37) * by & _ALL
    y = _turned(y + v[1] + _word(text, at + 48), 42) * by & _ALL
    x, y = x ^ w[1] * 9 & _ALL, y + v[0] * 9 + _word(text, at + 40) & _ALL
    z = _turned(z + w[0], 33) * by & _ALL
    v = _block(text, at, v[1] * by, x + w[0])
    w = _block(text, at + 32, z + w[1], y + _word(text, at + 16))
    z, x = x, z
    first = _mixed(v[0], w[0], by) + _folded(y) * _K0 + z & _ALL
    return _mixed(first, _mixed(v[1], w[1], by) + x & _ALL, by)


def siphash(text: bytes, key: Sequence[int]) -> int:
    """SipHash-2-4 with a key of two numbers of 64 bits, from 0 to 2**64 - 1.

    Example:
        >>> hex(siphash(bytes(range(15)), (0x0706050403020100, 0x0F0E0D0C0B0A0908)))  # of the paper
        '0xa129ca6149be45e5'
    """
    a, b = (int(part) & _ALL for part in key)
    v = [a ^ 0x736F6D6570736575, b ^ 0x646F72616E646F6D, a ^ 0x6C7967656E657261, b ^ 0x7465646279746573]
    whole = len(text) // 8 * 8
    words = [_word(text, at) for at in range(0, whole, 8)]
    for word in (*words, _word(text, whole, 7) | (len(text) & 255) << 56):
        v[3] ^= word
        _rounds(v, 2)
        v[0] ^= word
    v[2] ^= 255
    _rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _rounds(v: list[int], count: int) -> None:
    for _ in range(count):
        v[0], v[2] = v[0] + v[1] & _ALL, v[2] + v[3] & _ALL
        v[1], v[3] = _turned(v[1], 51) ^ v[0], _turned(v[3], 48) ^ v[2]
        v[0] = _turned(v[0], 32)
        v[2], v[0] = v[2] + v[1] & _ALL, v[0] + v[3] & _ALL
        v[1], v[3] = _turned(v[1], 47) ^ v[2], _turned(v[3], 43) ^ v[0]
        v[2] = _turned(v[2], 32)


def bins(texts: Array, count: int, salt: Sequence[int] | None = None) -> Array:
    """The bin of each text, from 0 to ``count - 1``: its hash modulo ``count``.

    Args:
        texts: an array of Python's strings.
        count: how many bins there are.
        salt: a key of two numbers: SipHash; None: FarmHash.
    """
    known: dict[str, int] = {}
    for text in texts.flat:
        if text not in known:
            own = text.encode()
            known[text] = (farmhash(own) if salt is None else siphash(own, salt)) % count
    return np.array([known[text] for text in texts.flat], np.int64).reshape(texts.shape)


def crossed(columns: Iterable[Array], count: int) -> Array:
    """The bin of each combination of texts or whole numbers, as TensorFlow's ``sparse.cross_hashed`` gives it.

    Args:
        columns: arrays of one shape; of whole numbers, or of Python's strings.
        count: how many bins there are.
    """
    every = [*columns]
    prints = [
        [farmhash(one.encode()) if isinstance(one, str) else int(one) & _ALL for one in column.flat] for column in every
    ]
    found = []
    for row in zip(*prints, strict=True):
        total = _CROSSING
        for one in row:
            total = total ^ _CROSSED_BY ^ _folded(one * _CROSSED_BY) * _CROSSED_BY & _ALL
            total = _folded(_folded(total * _CROSSED_BY) * _CROSSED_BY)
        found.append(total % count)
    return np.array(found, np.int64).reshape(every[0].shape)
