"""Pictures in folders as a source of rows: decoded when they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from clarinet.data.chunks import Chunk
from clarinet.data.stages import Chunks
from clarinet.datasets.images import read_image
from clarinet.types import Config, Json

#: Pictures come in any order as it is, so a buffer need not hold many.
_BUFFER = 256


@dataclass(frozen=True)
class PictureSource:
    """The pictures of some files, each a shard of its own.

    Args:
        files: of the pictures.
        labels: their classes; None: none are wanted.
        size: height and width that they are brought to.
        color: ``"grayscale"`` or ``"rgb"``.
        fit: as for :func:`clarinet.datasets.load_images`.
    """

    files: Sequence[Path]
    labels: Sequence[int] | None
    size: tuple[int, int]
    color: str
    fit: str
    many: int | None = _BUFFER
    decodes: ClassVar[bool] = True

    @property
    def shards(self) -> int:
        return len(self.files)

    @property
    def lengths(self) -> Sequence[int]:
        return [1] * len(self.files)

    def read(self, shard: int) -> Chunks:
        """One picture, uint8."""
        pixels = read_image(self.files[shard], self.size, self.color, fit=self.fit)[None]
        if self.labels is None:
            yield Chunk(0, (pixels,))
        else:
            yield Chunk((0, 1), (pixels, np.array([self.labels[shard]], np.int64)))

    def mark(self) -> Config:
        """Names and sizes of the files, and what becomes of them."""
        files: list[Json] = [[path.name, path.stat().st_size] for path in self.files]
        return {"files": files, "size": [*self.size], "color": self.color, "fit": self.fit}
