"""Folders of pictures and of texts as data sets; the names of the folders are the classes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from clarinet.configurable import check_number
from clarinet.data import Dataset
from clarinet.philox import next_seed
from clarinet.preprocessing.pictures import img_to_array, load_img
from clarinet.types import AnyTensor, Array

_PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_CHANNELS = ("rgb", "rgba", "grayscale")
_LABELS = ("int", "categorical", "binary", None)


class FolderDataset(Dataset):
    """A data set of the files in a folder.

    Attributes:
        class_names: of the classes by id; None without labels.
        file_paths: of the files, in the order in which they were found or drawn.
    """

    class_names: list[str] | None = None
    file_paths: Sequence[str] = ()


def image_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: str | Sequence[int] | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: tuple[int, int] | int = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> FolderDataset | list[FolderDataset]:
    """The pictures in a folder with a folder for each class, as batches (n, height, width, channels) from 0 to 255.

    Args:
        directory: the folder.
        labels: ``"inferred"`` (default) from the folders; None: pictures alone; or class ids in the order of the paths.
        label_mode: ``"int"`` (default), ``"categorical"`` for one-hot rows, ``"binary"`` for 0.0 and 1.0, or None.
        class_names: the folders that count, in this order; default all, by name.
        color_mode: ``"rgb"`` (default), ``"rgba"`` or ``"grayscale"``.
        batch_size: pictures a batch; None: no batches.
        image_size: height and width to which they are brought.
        shuffle: whether they come in another order each time.
        seed: of the order; the same one for both parts.
        validation_split: share of the pictures for validation.
        subset: ``"training"``, ``"validation"`` or ``"both"``, which gives two data sets.
        interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio: as ``layers.Resizing`` has them.
        follow_links: whether folders that are links are looked into.
        data_format, format: accepted; the last axis holds the channels.
        verbose: print how many files there are.

    Returns:
        a data set with ``class_names`` and ``file_paths``; two of them for ``subset="both"``.

    Raises:
        FileNotFoundError: no such folder. ValueError: an argument out of range; no pictures.
    """
    if color_mode not in _CHANNELS:
        raise ValueError(f"image_dataset_from_directory: color_mode is one of {_CHANNELS}; received {color_mode!r}")
    if pad_to_aspect_ratio:
        raise ValueError("image_dataset_from_directory: pad_to_aspect_ratio is not supported; use crop_to_aspect_ratio")
    from clarinet.layers import Resizing

    height, width = (image_size, image_size) if isinstance(image_size, int) else image_size
    resizing = Resizing(
        height,
        width,
        interpolation=interpolation,
        crop_to_aspect_ratio=crop_to_aspect_ratio,
        data_format=data_format,
    )

    def read(path: str) -> Array:
        array = img_to_array(load_img(path, color_mode))
        return array if array.shape[:2] == (height, width) else np.asarray(resizing(array[None]))[0]

    found = Files(directory, labels, label_mode, class_names, _PICTURES, follow_links, verbose)
    return found.datasets(read, batch_size, shuffle, seed, validation_split, subset, verbose)


def text_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: str | Sequence[int] | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> FolderDataset | list[FolderDataset]:
    """The ``.txt`` files in a folder with a folder for each class, as batches of texts, which are bytes.

    Args:
        directory, labels, label_mode, class_names, batch_size: as for :func:`image_dataset_from_directory`.
        max_length: bytes of a text that are kept; default all.
        shuffle, seed, validation_split, subset, follow_links, format, verbose: as there.

    Returns:
        a data set with ``class_names`` and ``file_paths``; two of them for ``subset="both"``.

    Raises:
        FileNotFoundError: no such folder. ValueError: an argument out of range; no texts.
    """

    def read(path: str) -> bytes:
        return Path(path).read_bytes()[:max_length]

    found = Files(directory, labels, label_mode, class_names, (".txt",), follow_links, verbose)
    return found.datasets(read, batch_size, shuffle, seed, validation_split, subset, verbose)


class Files:
    """The files in a folder, and their classes."""

    def __init__(
        self,
        directory: str | os.PathLike[str],
        labels: str | Sequence[int] | None,
        label_mode: str | None,
        class_names: Sequence[str] | None,
        endings: tuple[str, ...],
        follow_links: bool,
        verbose: bool,
    ) -> None:
        self.directory, self.endings, self.follow_links = os.fspath(directory), endings, follow_links
        if not os.path.isdir(self.directory):
            raise FileNotFoundError(f"{self.directory} is not a folder; give one that holds a folder for each class")
        if label_mode not in _LABELS:
            raise ValueError(f"label_mode is one of {_LABELS}; received {label_mode!r}")
        if labels != "inferred" and class_names is not None:
            raise ValueError("class_names are those of folders; give them with labels='inferred' alone")
        self.mode = None if labels is None else label_mode
        self._find(None if self.mode is None else labels, class_names)
        if self.mode == "binary" and len(self.names or ()) != 2:
            raise ValueError(f"label_mode='binary' is for two classes; there are {self.names}")
        if verbose:
            classes = "" if self.names is None else f" belonging to {len(self.names)} classes"
            print(f"Found {len(self.paths)} files{classes}.")

    def _find(self, labels: str | Sequence[int] | None, class_names: Sequence[str] | None) -> None:
        self.names: list[str] | None = None
        self.ids: Array | None = None
        if labels == "inferred":
            self.names = self._folders(class_names)
            by_class = [self._inside(os.path.join(self.directory, name)) for name in self.names]
            self.paths = [path for paths in by_class for path in paths]
            self.ids = np.repeat(np.arange(len(by_class), dtype=np.int32), [len(paths) for paths in by_class])
            return
        self.paths = self._inside(self.directory)
        if labels is not None:
            self.ids = np.asarray(labels, np.int32)
            self.names = [str(label) for label in sorted(set(self.ids.tolist()))]
            if len(self.ids) != len(self.paths):
                raise ValueError(
                    f"labels: expected one for each of the {len(self.paths)} files, received {len(self.ids)}"
                )

    def _folders(self, class_names: Sequence[str] | None) -> list[str]:
        inside = sorted(os.listdir(self.directory))
        folders = [n for n in inside if os.path.isdir(os.path.join(self.directory, n)) and not n.startswith(".")]
        wrong = [name for name in class_names or () if name not in folders]
        if wrong:
            raise ValueError(f"class_names: there is no folder {wrong[0]!r} in {self.directory}; it has {folders}")
        return list(class_names) if class_names else folders

    def _inside(self, folder: str) -> list[str]:
        """The files of a folder and of those in it, by name."""
        walked = sorted(os.walk(folder, followlinks=self.follow_links), key=lambda entry: entry[0])
        return [
            os.path.join(place, name)
            for place, _, names in walked
            for name in sorted(names)
            if name.lower().endswith(self.endings)
        ]

    def datasets(
        self,
        read: Callable[[str], Array | bytes],
        batch_size: int | None,
        shuffle: bool,
        seed: int | None,
        validation_split: float | None,
        subset: str | None,
        verbose: bool,
        padded: bool = False,
    ) -> FolderDataset | list[FolderDataset]:
        """The data set, or those for training and for validation; ``padded``: whether files differ in length."""
        _check_split(validation_split, subset, shuffle, seed)
        kept = (next_seed() if seed is None else int(seed)) % 2**32
        order = np.arange(len(self.paths))
        if shuffle:
            np.random.RandomState(kept).shuffle(order)  # the order that Keras has for a seed
        held_out = int((validation_split or 0) * len(order))
        parts = {"training": order[: len(order) - held_out], "validation": order[len(order) - held_out :]}
        if not subset:
            return self._dataset(order, read, batch_size, kept if shuffle else None, padded)
        wanted = ("training", "validation") if subset == "both" else (subset,)
        if verbose:
            for name in wanted:
                print(f"Using {len(parts[name])} files for {name}.")
        order_of = kept if shuffle else None
        still = subset == "both"  # validation data then stay in order, as in Keras
        made = [
            self._dataset(parts[n], read, batch_size, None if still and n == "validation" else order_of, padded)
            for n in wanted
        ]
        return made if still else made[0]

    def _dataset(
        self, order: Array, read: Callable[[str], Array | bytes], batch_size: int | None, seed: int | None, padded: bool
    ) -> FolderDataset:
        if not len(order):
            raise ValueError(
                f"there are no files ending in {', '.join(self.endings)} in {self.directory} for this part"
            )
        paths, labels = [self.paths[i] for i in order], self._labels(order)
        numbers = Dataset.range(len(order))
        if seed is not None:
            numbers = numbers.shuffle(1024 if batch_size is None else batch_size * 8, seed)

        def element(i: AnyTensor) -> object:
            place = int(i)
            return read(paths[place]) if labels is None else (read(paths[place]), labels[place])

        dataset = numbers.map(element)
        if batch_size is not None:
            dataset = dataset.padded_batch(batch_size) if padded else dataset.batch(batch_size)
        made = FolderDataset(dataset._chunks, dataset._length)
        made.class_names, made.file_paths = self.names, paths
        return made

    def _labels(self, order: Array) -> Array | None:
        if self.ids is None:
            return None
        ids = self.ids[order]
        if self.mode == "binary":
            return ids.astype(np.float32)[:, None]
        return np.eye(len(self.names or ()), dtype=np.float32)[ids] if self.mode == "categorical" else ids


def _check_split(share: float | None, subset: str | None, shuffle: bool, seed: int | None) -> None:
    if share:
        check_number(share, "validation_split", low=0, below=1)
    if bool(share) != bool(subset):
        raise ValueError("validation_split and subset go together; give both or neither of them")
    if subset not in ("training", "validation", "both", None):
        raise ValueError(f"subset is 'training', 'validation' or 'both'; received {subset!r}")
    if share and shuffle and seed is None:
        raise ValueError("validation_split with shuffle=True needs a seed, so that both parts have no file in common")
