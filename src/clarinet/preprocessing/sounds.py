"""Folders of sounds as data sets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from clarinet.preprocessing.directories import Files, FolderDataset
from clarinet.preprocessing.wav import samples_of
from clarinet.types import Array


def audio_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: str | Sequence[int] | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> FolderDataset | list[FolderDataset]:
    """The ``.wav`` files in a folder with a folder for each class, as batches (n, samples, channels) from -1 to 1.

    Args:
        directory, labels, label_mode, class_names, batch_size: as for
            :func:`clarinet.utils.image_dataset_from_directory`.
        sampling_rate: samples a second, to which sounds are brought by linear interpolation; default as they are.
        output_sequence_length: samples of each sound: the first ones, or zeros behind; default as they are, and then
            shorter ones of a batch get zeros behind.
        ragged: not supported: batches are arrays.
        shuffle, seed, validation_split, subset, follow_links, verbose: as there.

    Returns:
        a data set with ``class_names`` and ``file_paths``; two of them for ``subset="both"``.

    Raises:
        FileNotFoundError: no such folder. ValueError: an argument out of range; a file that is no WAV file of 16 bits.
    """
    if ragged:
        raise ValueError("audio_dataset_from_directory: ragged=True is not supported; give output_sequence_length=")

    def read(path: str) -> Array:
        samples, rate = samples_of(Path(path).read_bytes())
        if sampling_rate is not None and rate != sampling_rate:
            times = np.arange(len(samples) * sampling_rate // rate) * (rate / sampling_rate)
            samples = np.stack([np.interp(times, np.arange(len(samples)), each) for each in samples.T], -1)
        length = len(samples) if output_sequence_length is None else output_sequence_length
        return np.pad(samples, [(0, max(0, length - len(samples))), (0, 0)])[:length].astype(np.float32)

    found = Files(directory, labels, label_mode, class_names, (".wav",), follow_links, verbose)
    return found.datasets(
        read, batch_size, shuffle, seed, validation_split, subset, verbose, padded=output_sequence_length is None
    )
