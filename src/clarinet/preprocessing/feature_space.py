"""Tables of features of several kinds as numbers for a model: one preparing layer for each feature."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np

from clarinet import ops
from clarinet.data import Dataset
from clarinet.layers import (
    CategoryEncoding,
    Concatenate,
    Discretization,
    HashedCrossing,
    Hashing,
    Input,
    IntegerLookup,
    Layer,
    Normalization,
    Rescaling,
    StringLookup,
)
from clarinet.model import Model
from clarinet.ops.texts import TextArray, as_bytes, texts
from clarinet.problems import shown
from clarinet.types import AnyTensor, Array, TensorLike

_MODES = ("concat", "dict")
Number = float  # within FeatureSpace that name is a method


class Feature(NamedTuple):
    """How one feature becomes numbers.

    Attributes:
        dtype: of its values: ``"float32"``, ``"int32"`` or ``"string"``.
        preprocessor: the layer that takes them, (n, 1).
        output_mode: ``"one_hot"`` for codes that become rows of zeros and ones, ``"int"`` for codes as they are, or
            ``"float"`` for numbers.
    """

    dtype: str
    preprocessor: Layer
    output_mode: str


class Cross(NamedTuple):
    """Several features as one, which has a code for each combination.

    Attributes:
        feature_names: of the features.
        crossing_dim: how many codes there are, into which combinations are hashed.
        output_mode: ``"one_hot"`` or ``"int"``.
    """

    feature_names: Sequence[str]
    crossing_dim: int
    output_mode: str = "one_hot"

    @property
    def name(self) -> str:
        """``"age_X_job"``."""
        return "_X_".join(self.feature_names)


class FeatureSpace:
    """The features of a table, each prepared in its own way, as one row of numbers or as a dictionary.

    Args:
        features: by name, how each is prepared: what a method such as :meth:`float_normalized` gives, or its name.
        output_mode: ``"concat"`` (default) for one row of all numbers, in alphabetical order of the features and then
            of the crosses; or ``"dict"``.
        crosses: what :meth:`cross` gives, or tuples of names.
        crossing_dim, hashing_dim, num_discretization_bins: the codes of crosses, of hashed and of discretized
            features that are given by name; default 32.
        name: accepted for Keras programs.

    Attributes:
        inputs: a tensor (None, 1) for each feature.
        preprocessors, crossers: the layers by name.

    Raises:
        ValueError: a kind of feature or a mode that there is not, a cross of a feature that is not there.

    Example:
        >>> space = FeatureSpace({"size": "float_normalized", "colour": FeatureSpace.string_categorical()})
        >>> rows = {"size": [1.0, 3.0], "colour": ["red", "blue"]}
        >>> space.adapt(rows)
        >>> space(rows).shape
        (2, 4)
    """

    def __init__(
        self,
        features: Mapping[str, Feature | str],
        output_mode: str = "concat",
        crosses: Sequence[Cross | Sequence[str]] | None = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ) -> None:
        if not features or output_mode not in _MODES:
            raise ValueError(
                f"FeatureSpace: expected features, and an output_mode of {_MODES}; received {shown(features)}, "
                f"{output_mode!r}"
            )
        self.output_mode, self.name = output_mode, name or "feature_space"
        sizes = dict.fromkeys(("integer_hashed", "string_hashed"), hashing_dim)
        sizes["float_discretized"] = num_discretization_bins
        self.features = {key: _feature(key, value, sizes) for key, value in features.items()}
        self.crosses = [one if isinstance(one, Cross) else Cross(tuple(one), crossing_dim) for one in crosses or ()]
        for cross in self.crosses:
            if missing := [one for one in cross.feature_names if one not in self.features]:
                raise ValueError(f"FeatureSpace: the cross {cross.name} is of {missing[0]!r}, which is no feature")
        self.inputs = {key: Input((1,), dtype=one.dtype, name=key) for key, one in self.features.items()}
        self.preprocessors = {key: one.preprocessor for key, one in self.features.items()}
        self.crossers = {one.name: HashedCrossing(one.crossing_dim, name=one.name) for one in self.crosses}
        self.one_hot_encoders: dict[str, CategoryEncoding] = {}
        self._learns = {key for key, layer in self.preprocessors.items() if layer.needs_adapt}
        self._encoded: object = None

    # What a feature may be.

    @classmethod
    def cross(cls, feature_names: Sequence[str], crossing_dim: int, output_mode: str = "one_hot") -> Cross:
        """Several features together, hashed into ``crossing_dim`` codes."""
        return Cross(tuple(feature_names), crossing_dim, output_mode)

    @classmethod
    def feature(cls, dtype: str, preprocessor: Layer, output_mode: str) -> Feature:
        """A feature that a layer of your choice prepares; see :class:`Feature`."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """Numbers as they are."""
        return cls.float_rescaled(name=name)

    @classmethod
    def float_rescaled(cls, scale: Number = 1.0, offset: Number = 0.0, name: str | None = None) -> Feature:
        """``scale * x + offset``."""
        return Feature("float32", Rescaling(scale, offset, **_named(name)), "float")

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """Numbers with mean 0 and variance 1 in the data that :meth:`adapt` sees."""
        return Feature("float32", Normalization(-1, **_named(name)), "float")

    @classmethod
    def float_discretized(
        cls,
        num_bins: int | None,
        bin_boundaries: Sequence[Number] | None = None,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """The number of the range that a number is in."""
        layer = Discretization(bin_boundaries, None if bin_boundaries is not None else num_bins, **_named(name))
        return Feature("float32", layer, output_mode)

    @classmethod
    def integer_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Whole numbers that stand for categories."""
        layer = IntegerLookup(max_tokens=max_tokens, num_oov_indices=num_oov_indices, **_named(name))
        return Feature("int32", layer, output_mode)

    @classmethod
    def string_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Texts that stand for categories."""
        layer = StringLookup(max_tokens=max_tokens, num_oov_indices=num_oov_indices, **_named(name))
        return Feature("string", layer, output_mode)

    @classmethod
    def string_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Texts, hashed into ``num_bins`` codes."""
        return Feature("string", Hashing(num_bins, **_named(name)), output_mode)

    @classmethod
    def integer_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Whole numbers, hashed into ``num_bins`` codes."""
        return Feature("int32", Hashing(num_bins, **_named(name)), output_mode)

    # Preparing.

    def adapt(self, dataset: Dataset | Mapping[str, TensorLike]) -> None:
        """Have every layer learn what it needs, such as vocabularies and means.

        Args:
            dataset: a data set of dictionaries, single rows or batches; or a dictionary of columns.

        Raises:
            TypeError: something else.
        """
        if isinstance(dataset, Mapping):
            dataset = Dataset.from_tensor_slices({key: dataset[key] for key in self.features}).batch(1024)
        if not isinstance(dataset, Dataset):
            raise TypeError(f"FeatureSpace.adapt: expected a Dataset or a dictionary, received {shown(dataset)}")
        columns: dict[str, list[Array]] = {key: [] for key in self._learns}
        for element in dataset.as_numpy_iterator():
            for key, column in columns.items():
                column.append(np.asarray(cast("Mapping[str, Array]", element)[key]).reshape(-1))
        for key, column in columns.items():
            layer: Any = self.preprocessors[key]
            values = np.concatenate(column)
            layer.adapt(values[:, None])
        self._learns, self._encoded = set(), None

    def get_inputs(self) -> dict[str, AnyTensor]:
        """The tensors (None, 1) with which a model begins that takes features as they are."""
        return cast("dict[str, AnyTensor]", self.inputs)

    def get_encoded_features(self) -> AnyTensor:
        """The tensor, or the dictionary of them, with which a model begins that takes features once prepared.

        Raises:
            ValueError: :meth:`adapt` has not been called.
        """
        if self._encoded is None:
            self._encoded = self._prepared(self.inputs)
        return cast(AnyTensor, self._encoded)

    def __call__(self, data: Mapping[str, TensorLike]) -> AnyTensor:
        """The features of some rows, or of one, once prepared.

        Args:
            data: a dictionary of columns, or of single values; or of tensors.

        Raises:
            TypeError: no dictionary. ValueError: :meth:`adapt` has not been called.
        """
        if not isinstance(data, Mapping):
            raise TypeError(f"FeatureSpace: expected a dictionary of features, received {shown(data)}")
        given = {key: _column(data[key]) for key in self.features}
        single = all(ops.ndim(given[key]) == 0 for key in given)
        found = self._prepared({key: ops.reshape(value, (-1, 1)) for key, value in given.items()})
        if not single:
            return found
        if isinstance(found, Mapping):
            return cast(AnyTensor, {key: ops.squeeze(value, 0) for key, value in found.items()})
        return ops.squeeze(found, 0)

    def save(self, filepath: str | os.PathLike[str]) -> None:
        """Keep it as a model in a file: :func:`clarinet.models.load_model` gives one that takes such dictionaries."""
        Model(self.inputs, self.get_encoded_features(), self.name).save(os.fspath(filepath))

    def _prepared(self, features: Mapping[str, TensorLike]) -> AnyTensor:
        """What the layers make of columns (n, 1)."""
        if self._learns:
            raise ValueError(f"FeatureSpace: call adapt(data) first; {min(self._learns)!r} has to learn from data")
        first: dict[str, Any] = {key: _called(layer)(features[key]) for key, layer in self.preprocessors.items()}
        crossed = {one.name: self._crossed(one, [first[key] for key in one.feature_names]) for one in self.crosses}
        modes = {key: one.output_mode for key, one in self.features.items()}
        modes |= {one.name: one.output_mode for one in self.crosses}
        found = {}
        for key, value in [*sorted(first.items()), *sorted(crossed.items())]:
            found[key] = self._one_hot(key, value) if modes[key] == "one_hot" else value
        if self.output_mode == "dict":
            return cast(AnyTensor, found)
        rows = [*found.values()]
        return Concatenate(axis=-1)(rows) if len(rows) > 1 else cast(AnyTensor, rows[0])

    def _crossed(self, cross: Cross, codes: Sequence[AnyTensor]) -> AnyTensor:
        return _called(self.crossers[cross.name])(codes)

    def _one_hot(self, key: str, codes: AnyTensor) -> AnyTensor:
        if key not in self.one_hot_encoders:
            layer = self.preprocessors.get(key) or self.crossers[key]
            self.one_hot_encoders[key] = CategoryEncoding(_codes_of(key, layer), "multi_hot")
        return _called(self.one_hot_encoders[key])(codes)


def _called(layer: Layer) -> Callable[[object], AnyTensor]:
    return layer


def _named(name: str | None) -> dict[str, Any]:
    return {} if name is None else {"name": f"{name}_preprocessor"}


def _feature(name: str, given: Feature | str, sizes: Mapping[str, int]) -> Feature:
    """A feature that is given by name as what the method of that name gives."""
    if isinstance(given, Feature):
        return given
    kinds = (
        "float", "float_rescaled", "float_normalized", "float_discretized", "integer_categorical", "string_categorical",
        "integer_hashed", "string_hashed",
    )  # fmt: skip
    if given not in kinds:
        raise ValueError(f"FeatureSpace: {name!r} is {shown(given)}; expected a Feature or one of {', '.join(kinds)}")
    made: Callable[..., Feature] = getattr(FeatureSpace, given)
    return made(*([sizes[given]] if given in sizes else []), name=name)


def _codes_of(name: str, layer: Layer) -> int:
    """How many codes a layer gives.

    Raises:
        ValueError: it gives none.
    """
    if layer.codes is None:
        raise ValueError(f"FeatureSpace: {name!r} has no codes, so it has no one-hot rows; use output_mode='float'")
    return layer.codes


def _column(values: TensorLike) -> AnyTensor | Array | TextArray:
    """Values as an array or a tensor; texts as bytes."""
    if isinstance(values, (str, bytes)) or (isinstance(values, Iterable) and not hasattr(values, "dtype")):
        array = np.asarray(values)
        return texts(as_bytes(array)) if array.dtype.kind in "OSU" else array
    return cast(Array, values)
