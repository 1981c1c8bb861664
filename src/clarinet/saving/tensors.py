"""Named tensors in the safetensors format, checked against what a model expects."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from clarinet.saving.container import ModelFileError, refusing
from clarinet.types import Array, DType

#: The header of a model with a hundred thousand tensors takes about this much.
_MAX_HEADER_BYTES = 16 * 2**20
#: Characters of a tensor's name that a message holds.
_LONGEST = 60


def pack(tensors: Mapping[str, Array]) -> bytes:
    """Tensors as the bytes of a safetensors file."""
    from safetensors.numpy import save

    return save({name: np.asarray(array, order="C") for name, array in tensors.items()})


def unpack(path: Path, what: str, content: bytes) -> dict[str, Array]:
    """The tensors of a safetensors file.

    Raises:
        ModelFileError: it is none, or it is damaged.
    """
    from safetensors.numpy import load

    if len(content) < 8:
        raise ModelFileError(
            f"{path}: {what} has {len(content)} bytes, too few for a safetensors file; it is truncated"
        )
    (header,) = struct.unpack("<Q", content[:8])
    if header > min(_MAX_HEADER_BYTES, len(content) - 8):
        raise ModelFileError(
            f"{path}: {what} claims a header of {header} bytes; there are {len(content) - 8}, and at most "
            f"{_MAX_HEADER_BYTES} are allowed; it is damaged, or is not a safetensors file"
        )
    with refusing(path, f"{what} is not a valid safetensors file"):
        return dict(load(content))


def check_tensors(
    path: Path, what: str, tensors: Mapping[str, Array], wanted: Mapping[str, tuple[int, ...]], dtype: DType
) -> None:
    """Whether names, shapes and dtypes are what the model's structure asks for.

    Raises:
        ModelFileError: naming the first tensor that is missing, superfluous or of another shape or dtype.
    """
    missing, extra = sorted(wanted.keys() - tensors.keys()), sorted(tensors.keys() - wanted.keys())
    if missing or extra:
        lacks = f"lacks {_few(missing)}" if missing else ""
        has = f"has {_few(extra)}, which the model does not" if extra else ""
        raise ModelFileError(
            f"{path}: {what} {' and '.join(filter(None, (lacks, has)))}: expected {len(wanted)} tensors, found "
            f"{len(tensors)}; the file belongs to another model"
        )
    for name, shape in wanted.items():
        tensor = tensors[name]
        if tensor.shape != shape:
            raise ModelFileError(f"{path}: {what}: {name} has shape {tensor.shape}, the model's has {shape}")
        if tensor.dtype != dtype:
            raise ModelFileError(f"{path}: {what}: {name} holds {tensor.dtype}, the model computes in {dtype}")


def _few(names: list[str]) -> str:
    return ", ".join(name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…" for name in names[:3]) + (
        f" and {len(names) - 3} more" if len(names) > 3 else ""
    )
