"""Files of the network, fetched once, checked and kept."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from clarinet import files

_CHUNK = 1 << 16
_TIMEOUT = 30.0  # seconds to connect, and between two pieces of the answer


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """Fetch a file unless it is there already, and check it.

    Args:
        fname: its name here; default that of the address.
        origin: the address.
        untar, extract: take an archive apart, into a folder beside it.
        md5_hash, file_hash: hexadecimal MD5 or SHA-256 of the content. hash_algorithm: ``"auto"`` goes by the length.
        cache_subdir: folder below ``cache_dir``.
        archive_format: ``"auto"``, ``"tar"`` or ``"zip"``.
        cache_dir: default ``$CLARINET_DATA``, else ``.cache/clarinet`` in the home folder.
        force_download: fetch it anew.

    Returns:
        the path of the file; of the folder where it was taken apart. Archives write nothing outside of it, and links in
        them are left out.

    Raises:
        ValueError: no address; a name with folders; the content is not the one expected.
        ConnectionError: the address cannot be reached.
    """
    if not origin:
        raise ValueError("get_file: origin is the address of the file; received none")
    name = os.fspath(fname) if fname else PurePosixPath(urlsplit(origin).path).name
    if not name or name in (".", "..") or os.sep in name or "/" in name:
        raise ValueError(f"get_file: fname is a name without folders, received {name!r}; cache_dir says where it lies")
    folder = Path(cache_dir or os.environ.get("CLARINET_DATA") or Path.home() / ".cache" / "clarinet").expanduser()
    apart = extract or untar
    target, inside = _places(folder / cache_subdir, name, bool(fname), apart)
    expected = file_hash or md5_hash
    if force_download or not target.exists() or not _is_right(target, expected, hash_algorithm):
        _download(origin, target, expected, hash_algorithm)
    if not apart:
        return str(target)
    take_apart(target, inside, "tar" if untar else archive_format)
    return str(inside)


def _places(folder: Path, name: str, given: bool, apart: bool) -> tuple[Path, Path]:
    """Where the file lies, and what is in it, as Keras has it."""
    if not apart:
        return folder / name, folder / name
    if given and "." in name:
        return folder / name, folder / f"{name.partition('.')[0]}_extracted"
    return folder / f"{name}_archive", folder / name


def _is_right(path: Path, expected: str | None, algorithm: str) -> bool:
    if expected is None:
        return True
    kind = {32: "md5", 64: "sha256"}.get(len(expected), "sha256") if algorithm == "auto" else algorithm
    found = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            found.update(piece)
    return found.hexdigest() == expected.lower()


def _download(origin: str, target: Path, expected: str | None, algorithm: str) -> None:
    from urllib.error import URLError
    from urllib.request import urlopen

    print(f"Downloading data from {origin}")
    files.make_folder(target.parent)
    kept = files.destination(target)
    part = kept.with_name(f".{kept.name}.{os.getpid()}.part")
    try:
        with urlopen(origin, timeout=_TIMEOUT) as answer, part.open("wb") as file:
            shutil.copyfileobj(answer, file, _CHUNK)
        if not _is_right(part, expected, algorithm):
            raise ValueError(f"get_file: {origin} does not have the content expected; its checksum is not {expected}")
        os.replace(part, kept)
    except (URLError, TimeoutError) as error:
        raise ConnectionError(
            f"get_file: {origin} cannot be reached ({error}); is this machine online? To place the file by hand, put "
            f"it at {target}"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def take_apart(archive: Path, folder: Path, kind: str = "auto") -> None:
    """Write what an archive holds into a folder, and nothing anywhere else.

    Args:
        archive: a tar file, compressed or not, or a zip file.
        folder: is made.
        kind: ``"tar"``, ``"zip"`` or ``"auto"``.

    Raises:
        ValueError: no such archive, or one that would write outside of the folder.
    """
    import tarfile
    import zipfile

    files.make_folder(folder)
    place = files.destination(folder)
    if kind in ("auto", "tar") and tarfile.is_tarfile(archive):
        with tarfile.open(archive) as tar:
            members = [member for member in tar if member.isfile() or member.isdir()]
            try:
                tar.extractall(place, members, filter="data")
            except tarfile.FilterError as error:
                raise ValueError(f"{archive} would write outside of its folder: {error}") from error
    elif kind in ("auto", "zip") and zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for name in packed.namelist():
                if name.startswith(("/", "\\")) or ".." in PurePosixPath(name.replace("\\", "/")).parts:
                    raise ValueError(f"{archive} would write outside of its folder: {name!r}")
            packed.extractall(place)
    else:
        raise ValueError(f"{archive} is no {'tar or zip' if kind == 'auto' else kind} archive")
