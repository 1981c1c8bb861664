"""The samples of WAV files."""

from __future__ import annotations

import io
import wave

import numpy as np

from clarinet.types import Array


def samples_of(contents: bytes) -> tuple[Array, int]:
    """The samples of a WAV file of 16 bits, (samples, channels) from -1 to 1, and how many there are in a second.

    Raises:
        ValueError: the bytes are not a WAV file of 16 bits.
    """
    try:
        with wave.open(io.BytesIO(contents)) as file:
            channels, width, rate, _, *_ = file.getparams()
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"the bytes are not a WAV file ({error})") from error
    if width != 2:
        raise ValueError(f"samples of {8 * width} bits, expected 16; convert the file")
    return (np.frombuffer(raw, "<i2").astype(np.float32) / 32768).reshape(-1, channels), rate
