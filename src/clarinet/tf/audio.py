"""``tf.audio``: sound in files of the kind WAV."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases, ops
from clarinet.names import public
from clarinet.preprocessing.wav import samples_of
from clarinet.tf.io import bytes_of
from clarinet.types import AnyTensor, TensorLike

__all__ = ["decode_wav", "encode_wav"]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def decode_wav(
    contents: TensorLike, desired_channels: int = -1, desired_samples: int = -1, name: object = None
) -> tuple[AnyTensor, AnyTensor]:
    """The samples of a WAV file of 16 bits, from -1 to 1, and how many there are in a second.

    Args:
        contents: the bytes of the file, as ``tf.io.read_file`` gives them.
        desired_channels: how many channels the result has: the first ones, or one several times; -1 for the file's.
        desired_samples: how many samples it has: the first ones, or zeros behind; -1 for the file's.

    Returns:
        (samples, channels) in float32, and the rate.

    Raises:
        ValueError: the file is no WAV file of 16 bits.

    Example:
        >>> decode_wav(encode_wav([[0.0], [0.5]], 8000))[0].tolist()
        [[0.0], [0.5...]]
    """
    try:
        samples, rate = samples_of(bytes_of(contents))
    except ValueError as error:
        raise ValueError(f"tf.audio.decode_wav: {error}") from error
    channels = samples.shape[1]
    if desired_channels > 0:
        samples = np.pad(samples, [(0, 0), (0, max(0, desired_channels - channels))], mode="edge")
        samples = samples[:, :desired_channels]
    if desired_samples > 0:
        samples = np.pad(samples, [(0, max(0, desired_samples - len(samples))), (0, 0)])[:desired_samples]
    return ops.convert_to_tensor(samples), ops.convert_to_tensor(rate, "int32")


def encode_wav(audio: TensorLike, sample_rate: TensorLike, name: object = None) -> bytes:
    """The bytes of a WAV file of 16 bits, of samples (samples, channels) from -1 to 1."""
    samples = np.asarray(audio, np.float32)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(int(np.asarray(sample_rate)))
        file.writeframes(np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2").tobytes())
    return buffer.getvalue()
