"""The encoding of a text file, found by its bytes, a piece at a time."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from clarinet.datasets.packed import opened
from clarinet.wording import option

_PIECE = 1 << 20
_MARKS = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"),
          (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
#: What text of Western Europe in cp1252 does not hold: bytes without a meaning, capital letters and signs within words.
_NOT_WESTERN = re.compile(
    rb"[\x81\x8d\x8f\x90\x9d]|[a-z][\x8a\x8c\x8e\x9f]|[A-Za-z][\x80\x82-\x89\x8b\x91\x93-\x99\x9b][A-Za-z]"
    rb"|[a-z\xe0-\xff][\xa1\xa3\xa5\xaf\xb1\xb3\xb6\xb9\xbc\xbe\xbf][a-z\xe0-\xff]"
)
_FOREIGN_WORD = re.compile(rb"[A-Za-z]*[\xc0-\xff][A-Za-z\xc0-\xff]*")
_FOREIGN_LETTER = re.compile(rb"[\xc0-\xff]")
#: Of words with accents, at most this share of letters has one.
_MOST_ACCENTS = 0.6


def find_encoding(path: Path, said: str | None) -> tuple[str, str]:
    """The encoding of a text file, and a sentence about it, empty for UTF-8.

    Args:
        path: of the file.
        said: by somebody; None finds out.

    Raises:
        ValueError: the bytes are no text in it, or it cannot be found out without guessing.
    """
    start = _start(path)
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    if said is not None:
        return _as_said(path, said, marked), ""
    found = marked or _by_zeros(start)
    if found is not None:
        _check(path, found)
        return found, f"The text is in {found.upper()}" if found != "utf-8-sig" else ""
    wrong = _first_wrong(path, "utf-8")
    if wrong is None or wrong[1] == 0:
        _check(path, "utf-8")
        return "utf-8", ""
    _check_western(path, wrong)
    return "cp1252", f"The text is not UTF-8: read as cp1252, of Western Europe; {option('encoding')} says otherwise"


def _as_said(path: Path, said: str, marked: str | None) -> str:
    try:
        name = codecs.lookup(said).name
    except LookupError:
        raise ValueError(f'{option("encoding", said)} is unknown; try "utf-8", "cp1252" or "latin-1"') from None
    if marked == "utf-16" and "16" not in said:
        raise ValueError(f"{path} is written in UTF-16, not {said}; pass {option('encoding', 'utf-16')}")
    _check(path, said)
    return "utf-8-sig" if name == "utf-8" else said


def _start(path: Path) -> bytes:
    with opened(path) as file:
        return file.read(1 << 16)


def _by_zeros(start: bytes) -> str | None:
    """UTF-16 without a mark: every other byte is 0."""
    for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        every_other = start[offset::2]
        if len(every_other) > 2 and every_other.count(0) > 0.4 * len(every_other):
            return name
    return None


def _check(path: Path, encoding: str) -> None:
    """Refuse bytes that are no text in an encoding."""
    wrong = _first_wrong(path, encoding)
    if wrong is not None:
        line, byte = wrong
        if byte == 0:
            raise ValueError(f"{path}, line {line}: a NUL byte; is this a text file?")
        raise ValueError(
            f"{path}, line {line}: byte {byte:#04x} is no {encoding} text; "
            f"files from older Windows programs need {option('encoding', 'cp1252')}"
        )


def _first_wrong(path: Path, encoding: str) -> tuple[int, int] | None:
    """Line and value of the first byte that is no text; None if all are."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    with opened(path) as file:
        while True:
            piece = file.read(_PIECE)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                return line + error.object.count(b"\n", 0, error.start), error.object[error.start]
            if "\0" in text:
                return line + text.count("\n", 0, text.index("\0")), 0
            if not piece:
                return None
            line += text.count("\n")


def _check_western(path: Path, wrong: tuple[int, int]) -> None:
    """Refuse to guess where the bytes are hardly text of Western Europe."""
    with opened(path) as file:
        while piece := file.read(_PIECE):
            words = b"".join(_FOREIGN_WORD.findall(piece))
            accents = len(_FOREIGN_LETTER.findall(words))
            if (
                _NOT_WESTERN.search(piece)
                or (len(words) > 3 and accents > _MOST_ACCENTS * len(words))
                or b"\0" in piece
            ):
                raise ValueError(
                    f"{path}, line {wrong[0]}: byte {wrong[1]:#04x} is not UTF-8 text, and which other encoding it is "
                    f"cannot be told; say {option('encoding', 'cp1252')} for Western Europe, cp1250 for Central "
                    "Europe, cp1251 for Cyrillic, cp850 for DOS, mac_roman, shift_jis, gb18030, …"
                )
