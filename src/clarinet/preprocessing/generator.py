"""Batches of pictures, each changed at random, as earlier versions of Keras had them (turning needs SciPy)."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from clarinet.preprocessing.flows import ArrayFlow, FileFlow, files_of_classes, files_of_frame
from clarinet.preprocessing.transforms import applied, drawn
from clarinet.types import Array, DTypeArg

if TYPE_CHECKING:
    from clarinet.preprocessing.flows import Frame

Range = float | Sequence[float]
_SMALL = 1e-6


class ImageDataGenerator:
    """Changes pictures at random and hands them out in batches; new programs use augmentation layers.

    Args:
        featurewise_center, featurewise_std_normalization: subtract the mean of every channel, divide by its deviation,
            both learned by :meth:`fit`.
        samplewise_center, samplewise_std_normalization: the same with the numbers of each picture.
        zca_whitening, zca_epsilon: take out what pixels have in common, learned by :meth:`fit`.
        rotation_range: degrees to which a picture is turned.
        width_shift_range, height_shift_range: share of the size by which it is moved, or from 1 on pixels; a list to
            draw from.
        brightness_range: two factors.
        shear_range: degrees. zoom_range: how far from 1, or two factors. channel_shift_range: of all numbers.
        fill_mode, cval: what stands outside: ``"nearest"`` (default), ``"constant"``, ``"reflect"``, ``"wrap"``.
        horizontal_flip, vertical_flip: mirror every second picture.
        rescale: factor of all numbers. preprocessing_function: of each picture, called before.
        data_format: only channels last. validation_split: share that ``subset="validation"`` gives.
        interpolation_order: of SciPy's splines; default 1. dtype: default float32.

    All random numbers are NumPy's own, as in Keras, so ``np.random.seed`` fixes them.

    Example:
        >>> batches = ImageDataGenerator(rescale=1 / 255).flow(np.full((4, 2, 2, 1), 51.0), [0, 1, 2, 3], batch_size=2)
        >>> x, y = next(batches)
        >>> x.shape, round(float(x[0, 0, 0, 0]), 2), len(batches)
        ((2, 2, 2, 1), 0.2, 2)
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Range = 0.0,
        height_shift_range: Range = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: Range = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[Array], Array] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: DTypeArg = None,
    ) -> None:
        if data_format not in (None, "channels_last"):
            raise ValueError(f"ImageDataGenerator: the last axis holds the channels; received {data_format!r}")
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(f"ImageDataGenerator: validation_split is between 0 and 1; received {validation_split}")
        self.featurewise_center = featurewise_center or zca_whitening or featurewise_std_normalization
        self.featurewise_std_normalization = featurewise_std_normalization and not zca_whitening
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.rotation_range, self.shear_range, self.channel_shift_range = (
            rotation_range,
            shear_range,
            channel_shift_range,
        )
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.brightness_range, self.zoom_range = brightness_range, _zooms(zoom_range)
        self.fill_mode, self.cval, self.interpolation_order = fill_mode, cval, interpolation_order
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.validation_split = validation_split
        self.dtype = np.dtype(np.float32 if dtype is None else dtype)
        self.mean: Array | None = None
        self.std: Array | None = None
        self.zca_whitening_matrix: Array | None = None

    # Sources.

    def flow(
        self,
        x: object,
        y: object = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: object = None,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> ArrayFlow:
        """Batches of pictures in arrays, without end.

        Args:
            x: pictures (n, height, width, channels); in a tuple with further arrays that are handed out beside them.
            y, sample_weight: a row for each picture.
            batch_size: pictures a batch.
            shuffle: another order in every epoch. seed: of everything random.
            save_to_dir, save_prefix, save_format: write the changed pictures there.
            ignore_class_split: accepted. subset: ``"training"`` or ``"validation"``.

        Raises:
            ValueError: arrays that do not go together.
        """
        saving = (save_to_dir, save_prefix, save_format)
        return ArrayFlow(self, x, y, sample_weight, batch_size, shuffle, seed, subset, saving)

    def flow_from_directory(
        self,
        directory: str | os.PathLike[str],
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> FileFlow:
        """Batches of the pictures in a folder with a folder for each class, without end.

        Args:
            directory: the folder.
            target_size: height and width. color_mode: ``"rgb"``, ``"rgba"`` or ``"grayscale"``.
            classes: the folders that count, in this order; default all, by name.
            class_mode: ``"categorical"`` (default), ``"binary"``, ``"sparse"``, ``"input"``, or None: no labels.
            batch_size, shuffle, seed, save_to_dir, save_prefix, save_format, subset: as for :meth:`flow`.
            follow_links: whether folders that are links are looked into.
            interpolation, keep_aspect_ratio: as for :func:`clarinet.preprocessing.image.load_img`.
        """
        files = files_of_classes(directory, classes, class_mode, self._part(subset), follow_links)
        reading = (target_size, color_mode, interpolation, keep_aspect_ratio)
        return FileFlow(self, files, reading, batch_size, shuffle, seed, (save_to_dir, save_prefix, save_format))

    def flow_from_dataframe(
        self,
        dataframe: Frame,
        directory: str | os.PathLike[str] | None = None,
        x_col: str = "filename",
        y_col: str | Sequence[str] = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
    ) -> FileFlow:
        """Batches of the pictures whose files a frame names, without end.

        Args:
            dataframe: of pandas. directory: where the files are; default as named.
            x_col, y_col, weight_col: columns of file names, of labels and of weights.
            class_mode: as for :meth:`flow_from_directory`; ``"raw"`` and ``"multi_output"`` give numbers of ``y_col``.
            classes: the labels that count, in this order; default all, by name.
            validate_filenames: leave out rows whose file is not there.
            target_size, color_mode, batch_size, shuffle, seed, save_to_dir, save_prefix, save_format, subset,
                interpolation: as there.
        """
        columns = (x_col, y_col, weight_col)
        files = files_of_frame(
            dataframe, directory, columns, classes, class_mode, validate_filenames, self._part(subset)
        )
        reading = (target_size, color_mode, interpolation, False)
        return FileFlow(self, files, reading, batch_size, shuffle, seed, (save_to_dir, save_prefix, save_format))

    def _part(self, subset: str | None) -> tuple[float, float]:
        """Which share of the files is meant; validation comes first, as in Keras."""
        if subset not in (None, "training", "validation"):
            raise ValueError(f"ImageDataGenerator: subset is 'training' or 'validation'; received {subset!r}")
        split = self.validation_split
        return {None: (0.0, 1.0), "validation": (0.0, split), "training": (split, 1.0)}[subset]

    # What happens to a picture.

    def get_random_transform(self, img_shape: Sequence[int], seed: int | None = None) -> dict[str, float | bool | None]:
        """Draw what happens to a picture of this shape."""
        if seed is not None:
            np.random.seed(seed)  # noqa: NPY002  # as in Keras
        return drawn(self, img_shape)

    def apply_transform(self, x: Array, transform_parameters: dict[str, float | bool | None]) -> Array:
        """The picture, changed as :meth:`get_random_transform` drew it."""
        return applied(x, transform_parameters, self.fill_mode, self.cval, self.interpolation_order)

    def random_transform(self, x: Array, seed: int | None = None) -> Array:
        """The picture, changed at random."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def standardize(self, x: Array) -> Array:
        """The picture, rescaled and normalised.

        Raises:
            ValueError: statistics are needed that :meth:`fit` has not learned.
        """
        x = x if self.preprocessing_function is None else self.preprocessing_function(x)
        x = x * self.rescale if self.rescale else x
        x = x - np.mean(x, keepdims=True) if self.samplewise_center else x
        x = x / (np.std(x, keepdims=True) + _SMALL) if self.samplewise_std_normalization else x
        x = x - self._learned(self.mean) if self.featurewise_center else x
        x = x / (self._learned(self.std) + _SMALL) if self.featurewise_std_normalization else x
        if self.zca_whitening:
            x = (x.reshape(1, -1) @ self._learned(self.zca_whitening_matrix)).reshape(x.shape)
        return np.asarray(x, self.dtype)

    @staticmethod
    def _learned(statistic: Array | None) -> Array:
        if statistic is None:
            raise ValueError(
                "ImageDataGenerator: it takes statistics of pictures, and has learned none; call fit(pictures) first"
            )
        return statistic

    def fit(self, x: object, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Learn the statistics that :meth:`standardize` takes.

        Args:
            x: pictures (n, height, width, channels).
            augment: learn them of changed pictures. rounds: how often each is changed. seed: of the changes.

        Raises:
            ValueError: another shape.
        """
        pictures = np.array(x, self.dtype)
        if pictures.ndim != 4:
            raise ValueError(
                f"ImageDataGenerator.fit: expected (n, height, width, channels), received {pictures.shape}"
            )
        if seed is not None:
            np.random.seed(seed)  # noqa: NPY002  # as in Keras
        pictures *= self.rescale or 1
        if augment:
            pictures = np.stack([self.random_transform(one) for _ in range(rounds) for one in pictures])
        if self.featurewise_center:
            self.mean = pictures.mean(axis=(0, 1, 2), keepdims=True)[0]
            pictures = pictures - self.mean
        if self.featurewise_std_normalization:
            self.std = pictures.std(axis=(0, 1, 2), keepdims=True)[0]
            pictures = pictures / (self.std + _SMALL)
        if self.zca_whitening:
            u, s, _ = np.linalg.svd(pictures.reshape(len(pictures), -1).T, full_matrices=False)
            self.zca_whitening_matrix = (u * (np.sqrt(len(pictures)) / (s + self.zca_epsilon))) @ u.T


def _zooms(zoom: Range) -> tuple[float, float]:
    if isinstance(zoom, (int, float)):
        return 1 - zoom, 1 + zoom
    if len(zoom) != 2:
        raise ValueError(f"ImageDataGenerator: zoom_range is a number or two factors; received {zoom!r}")
    return zoom[0], zoom[1]
