"""Endless batches of pictures from arrays and from files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np

from clarinet.preprocessing.pictures import array_to_img, img_to_array, load_img, save_img
from clarinet.problems import shown
from clarinet.types import Array, DType
from clarinet.utils import PyDataset

_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff")
_MODES = ("categorical", "binary", "sparse", "input", None)
#: Folder, beginning of the names, and ending, where changed pictures are written.
Saving = tuple[str | None, str, str]


class Changes(Protocol):
    """What happens to a picture; see :class:`clarinet.preprocessing.image.ImageDataGenerator`."""

    dtype: DType
    validation_split: float

    def random_transform(self, x: Array, seed: int | None = None) -> Array: ...

    def standardize(self, x: Array) -> Array: ...


class Frame(Protocol):
    """A frame of pandas."""

    def __getitem__(self, key: str) -> Sequence[object]: ...


class Flow(PyDataset):
    """Batches of changed pictures, one after the other without end, or by number.

    Attributes:
        n: pictures. batch_size: pictures a batch.
    """

    def __init__(
        self, n: int, changes: Changes, batch_size: int, shuffle: bool, seed: int | None, saving: Saving
    ) -> None:
        super().__init__()
        self.n, self.batch_size, self.shuffle, self.seed = n, batch_size, shuffle, seed
        self._changes, self._saving = changes, saving
        self.total_batches_seen = self.batch_index = 0
        self.index_array: Array | None = None

    def __len__(self) -> int:
        return (self.n + self.batch_size - 1) // self.batch_size

    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch."""
        self.index_array = np.random.permutation(self.n) if self.shuffle else np.arange(self.n)  # noqa: NPY002

    def reset(self) -> None:
        """Begin with the first batch again."""
        self.batch_index = 0

    def _seed(self) -> None:
        if self.seed is not None:
            np.random.seed(self.seed + self.total_batches_seen)  # noqa: NPY002  # as in Keras
        self.total_batches_seen += 1

    def __getitem__(self, index: int) -> Sequence[object]:
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        self._seed()
        if self.index_array is None:
            self.on_epoch_end()
        assert self.index_array is not None
        return self._batch(self.index_array[self.batch_size * index : self.batch_size * (index + 1)])

    def __iter__(self) -> Iterator[Sequence[object]]:
        return self

    def __next__(self) -> Sequence[object]:
        self._seed()
        if self.batch_index == 0:
            self.on_epoch_end()
        assert self.index_array is not None
        first = self.batch_index * self.batch_size
        self.batch_index = self.batch_index + 1 if first + self.batch_size < self.n else 0
        return self._batch(self.index_array[first : first + self.batch_size])

    def _picture(self, i: int) -> Array:
        """One picture as it is."""
        raise NotImplementedError

    def _rest(self, rows: Array, pictures: Array) -> object:
        """What is handed out of some pictures."""
        raise NotImplementedError

    def _batch(self, rows: Array) -> Sequence[object]:
        changed = []
        for i in rows:
            picture = self._picture(i).astype(self._changes.dtype)
            changed.append(self._changes.standardize(self._changes.random_transform(picture)))
        self._save(rows, changed)
        batch = self._rest(rows, np.stack(changed) if changed else np.zeros((0,), self._changes.dtype))
        return cast(Sequence[object], batch)

    def _save(self, rows: Array, changed: Sequence[Array]) -> None:
        folder, prefix, ending = self._saving
        if folder:
            for i, picture in zip(rows, changed):
                name = f"{prefix}_{i}_{np.random.randint(10**4)}.{ending}"  # noqa: NPY002  # as in Keras
                save_img(os.path.join(folder, name), img_to_array(array_to_img(picture)), scale=False)


class ArrayFlow(Flow):
    """Batches of pictures in arrays; see :meth:`ImageDataGenerator.flow`."""

    def __init__(
        self,
        changes: Changes,
        x: object,
        y: object,
        sample_weight: object,
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        subset: str | None,
        saving: Saving,
    ) -> None:
        pictures, others = (x[0], x[1]) if isinstance(x, (tuple, list)) and len(x) == 2 else (x, [])
        more = [np.asarray(one) for one in (others if isinstance(others, list) else [others])]
        self.x = np.asarray(pictures, changes.dtype)
        if self.x.ndim != 4:
            raise ValueError(f"flow: expected pictures (n, height, width, channels), received {self.x.shape}")
        given = [None if one is None else np.asarray(one) for one in (y, sample_weight)]
        for what, one in zip(("y", "sample_weight", *["x"] * len(more)), (*given, *more)):
            if one is not None and len(one) != len(self.x):
                raise ValueError(f"flow: x has {len(self.x)} pictures and {what} {len(one)} rows; expected as many")
        part = self._part(subset, int(len(self.x) * changes.validation_split))
        self.x, self.x_misc = self.x[part], [one[part] for one in more]
        self.y, self.sample_weight = (None if one is None else one[part] for one in given)
        super().__init__(len(self.x), changes, batch_size, shuffle, seed, saving)

    @staticmethod
    def _part(subset: str | None, held_out: int) -> slice:
        if subset not in (None, "training", "validation"):
            raise ValueError(f"flow: subset is 'training' or 'validation'; received {shown(subset)}")
        return {None: slice(None), "validation": slice(0, held_out), "training": slice(held_out, None)}[subset]

    def _picture(self, i: int) -> Array:
        picture: Array = self.x[i]
        return picture

    def _rest(self, rows: Array, pictures: Array) -> object:
        x = [pictures, *(one[rows] for one in self.x_misc)] if self.x_misc else pictures
        if self.y is None:
            return x
        return (x, self.y[rows], *([] if self.sample_weight is None else [self.sample_weight[rows]]))


@dataclass(frozen=True)
class Files:
    """Picture files and what is known of them.

    Attributes:
        paths: of the files. names: as they are listed.
        mode: how labels are handed out. indices: class ids by name.
        ids: of the classes. labels: other labels. weights: of the pictures.
    """

    paths: Sequence[str]
    names: Sequence[str]
    mode: str | None
    indices: dict[str, int]
    ids: Array | None = None
    labels: Array | list[Array] | None = None
    weights: Array | None = None


class FileFlow(Flow):
    """Batches of picture files; see :meth:`ImageDataGenerator.flow_from_directory`.

    Attributes:
        filenames, filepaths: of the files. class_indices: class ids by name. classes: id of each file.
        samples, num_classes: how many.
    """

    def __init__(
        self,
        changes: Changes,
        files: Files,
        reading: tuple[tuple[int, int], str, str, bool],
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        saving: Saving,
    ) -> None:
        super().__init__(len(files.paths), changes, batch_size, shuffle, seed, saving)
        self._files, self._reading = files, reading
        self.filenames, self.filepaths, self.class_indices = files.names, files.paths, files.indices
        self.samples, self.num_classes, self.class_mode = self.n, len(files.indices), files.mode
        self.target_size, self.color_mode = reading[:2]
        channels = {"grayscale": 1, "rgb": 3, "rgba": 4}.get(self.color_mode, 3)
        self.image_shape = (*self.target_size, channels)

    @property
    def classes(self) -> Array | None:
        """The class id of each file."""
        return self._files.ids

    labels = classes

    def _picture(self, i: int) -> Array:
        size, color_mode, interpolation, keep = self._reading
        return img_to_array(load_img(self._files.paths[i], color_mode, size, interpolation, keep))

    def _rest(self, rows: Array, pictures: Array) -> object:
        files, mode = self._files, self._files.mode
        y: object = None
        if mode is None:
            return pictures
        if mode == "input":
            y = pictures.copy()
        elif files.labels is not None:
            labels = files.labels
            y = [one[rows] for one in labels] if isinstance(labels, list) else labels[rows]
        elif files.ids is not None:
            ids = files.ids[rows]
            floats = self._changes.dtype
            y = np.eye(self.num_classes, dtype=floats)[ids] if mode == "categorical" else ids.astype(floats)
        return (pictures, y) if files.weights is None else (pictures, y, files.weights[rows])


def files_of_classes(
    directory: str | os.PathLike[str],
    classes: Sequence[str] | None,
    mode: str | None,
    part: tuple[float, float],
    follow_links: bool,
) -> Files:
    """The picture files in a folder with a folder for each class."""
    root = os.fspath(directory)
    if mode not in _MODES:
        raise ValueError(f"flow_from_directory: class_mode is one of {_MODES}; received {mode!r}")
    if not os.path.isdir(root):
        raise FileNotFoundError(f"{root} is not a folder; give one that holds a folder for each class")
    folders = (
        list(classes) if classes else [n for n in sorted(os.listdir(root)) if os.path.isdir(os.path.join(root, n))]
    )
    by_class = [_files_inside(os.path.join(root, name), part, follow_links) for name in folders]
    paths = [path for some in by_class for path in some]
    ids = np.repeat(np.arange(len(folders), dtype=np.int32), [len(some) for some in by_class])
    print(f"Found {len(paths)} images belonging to {len(folders)} classes.")
    names = [os.path.relpath(path, root) for path in paths]
    return Files(paths, names, mode, {name: i for i, name in enumerate(folders)}, ids)


def _files_inside(folder: str, part: tuple[float, float], follow_links: bool) -> list[str]:
    walked = sorted(os.walk(folder, followlinks=follow_links), key=lambda entry: entry[0])
    found = [
        os.path.join(place, n) for place, _, names in walked for n in sorted(names) if n.lower().endswith(_ENDINGS)
    ]
    return found[int(part[0] * len(found)) : int(part[1] * len(found))]


def files_of_frame(
    frame: Frame,
    directory: str | os.PathLike[str] | None,
    columns: tuple[str, str | Sequence[str], str | None],
    classes: Sequence[str] | None,
    mode: str | None,
    validate: bool,
    part: tuple[float, float],
) -> Files:
    """The picture files that a frame names."""
    x_col, y_col, weight_col = columns
    names = [str(name) for name in frame[x_col]]
    paths = [os.path.join(os.fspath(directory), name) if directory else name for name in names]
    kept = np.array([i for i, path in enumerate(paths) if not validate or os.path.isfile(path)], int)
    kept = kept[int(part[0] * len(kept)) : int(part[1] * len(kept))]
    ids, indices, labels = None, dict[str, int](), None
    if mode in ("categorical", "binary", "sparse"):
        words = np.array([str(label) for label in frame[str(y_col)]], object)
        known = list(classes) if classes else sorted(set(words[kept]))
        indices = {name: i for i, name in enumerate(known)}
        kept = kept[[word in indices for word in words[kept]]]
        ids = np.array([indices[word] for word in words[kept]], np.int32)
    elif mode in ("raw", "multi_output"):
        wanted = [y_col] if isinstance(y_col, str) else list(y_col)
        parts = [np.asarray(frame[column])[kept] for column in wanted]
        labels = parts if mode == "multi_output" else parts[0] if isinstance(y_col, str) else np.stack(parts, axis=1)
    elif mode not in ("input", None):
        raise ValueError(
            f"flow_from_dataframe: unknown class_mode {mode!r}; 'categorical', 'sparse', 'raw', … are known"
        )
    weights = None if weight_col is None else np.asarray(frame[weight_col])[kept]
    print(f"Found {len(kept)} validated image filenames{f' belonging to {len(indices)} classes' if indices else ''}.")
    return Files([paths[i] for i in kept], [names[i] for i in kept], mode, indices, ids, labels, weights)
