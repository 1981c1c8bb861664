"""``keras.wrappers``: models that are compiled already, with scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from clarinet import aliases
from clarinet.estimators.packing import packed, unpacked
from clarinet.model import Model
from clarinet.training.history import History
from clarinet.types import Array

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]
__getattr__ = aliases.attribute_of(__name__)


class Wrapper(BaseEstimator):
    """What the three have in common."""

    model_: Model
    history_: History | None

    def __init__(
        self,
        model: Model | Callable[..., Model],
        warm_start: bool = False,
        model_kwargs: Mapping[str, object] | None = None,
        fit_kwargs: Mapping[str, object] | None = None,
    ) -> None:
        self.model, self.warm_start, self.model_kwargs, self.fit_kwargs = model, warm_start, model_kwargs, fit_kwargs

    def fit(self, X: object, y: object, **kwargs: object) -> Self:
        """Train a model on rows and labels.

        Args:
            X: rows (n, features).
            y: labels (n,) or (n, outputs).
            kwargs: arguments of ``Model.fit``, beside ``fit_kwargs``.

        Returns:
            The estimator.

        Raises:
            TypeError, ValueError, RuntimeError: no model, one that is not compiled, data that do not fit it.
        """
        x, labels = validate_data(self, X, y, multi_output=True)
        if labels.shape[1:] == (1,):
            labels = column_or_1d(labels, warn=True)
        coded = self._coded(labels)
        if not (self.warm_start and hasattr(self, "model_")):
            self.model_ = self._made(x, coded)
        fit: Callable[..., History] = self.model_.fit
        self.history_ = fit(x, coded, **{"verbose": 0, **(self.fit_kwargs or {}), **kwargs})
        return self

    def _made(self, x: Array, y: Array) -> Model:
        """A copy of the model, or a new one."""
        made = (
            deepcopy(self.model) if isinstance(self.model, Model) else self.model(X=x, y=y, **(self.model_kwargs or {}))
        )
        if not isinstance(made, Model):
            raise TypeError(f"model: expected a clarinet.Model, or a function that gives one; received {made!r}")
        if made.optimizer is None:
            raise RuntimeError("model: it is not compiled; call compile first, or in the function that makes it")
        return made

    def _outputs(self, X: object) -> Array:
        check_is_fitted(self, "model_")
        return np.asarray(self.model_.predict(validate_data(self, X, reset=False)))

    def _coded(self, y: Array) -> Array:
        """Labels as the model's loss takes them."""
        return y

    def __getstate__(self) -> dict[str, object]:
        state = dict(super().__getstate__())
        return state | {"model_": packed(self.model_), "history_": None} if "model_" in state else state

    def __setstate__(self, state: Mapping[str, object]) -> None:
        super().__setstate__(dict(state))
        kept = vars(self)
        if "model_" in kept:
            self.model_ = unpacked(kept["model_"])


class SKLearnClassifier(ClassifierMixin, Wrapper):
    """A compiled model as a classifier; its loss takes one column for each class.

    Args:
        model: compiled, of which a copy is trained, or a function of ``X``, ``y`` and ``model_kwargs`` that gives one.
        warm_start: go on with the model of the ``fit`` before.
        model_kwargs, fit_kwargs: for this function, and for ``Model.fit``.

    Attributes:
        classes_: sorted. model_: the trained model. history_: its History.

    Example:
        >>> import clarinet, numpy as np
        >>> def made(X, y):
        ...     model = clarinet.Sequential([clarinet.Input(X.shape[1:]), clarinet.layers.Dense(y.shape[1], "softmax")])
        ...     model.compile(clarinet.optimizers.Adam(0.1), "categorical_crossentropy")
        ...     return model
        >>> x, y = np.eye(3).repeat(9, axis=0), np.array(["a", "b", "c"]).repeat(9)
        >>> str(SKLearnClassifier(made, fit_kwargs={"epochs": 50, "seed": 0}).fit(x, y).predict(x)[-1])
        'c'
    """

    classes_: Array

    def _coded(self, y: Array) -> Array:
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError("Classifier can't train when only one class is present.")
        return np.eye(len(self.classes_), dtype=np.float32)[numbers.reshape(len(y))]

    def decision_function(self, X: object) -> Array:
        """What the model gives, a column for each class; of two by how much the second is above the first, (n,)."""
        found = self._outputs(X)
        return found[:, 1] - found[:, 0] if found.shape[1:] == (2,) else found

    def predict(self, X: object) -> Array:
        """The class of each row."""
        best = self._outputs(X).argmax(axis=1)
        found: Array = self.classes_[best]
        return found


class SKLearnRegressor(RegressorMixin, Wrapper):
    """A compiled model as a regressor; arguments and attributes as of :class:`SKLearnClassifier`."""

    def predict(self, X: object) -> Array:
        """Amounts, (n,) or (n, outputs)."""
        found = self._outputs(X)
        return found[:, 0] if found.shape[1:] == (1,) else found


class SKLearnTransformer(TransformerMixin, Wrapper):
    """A compiled model whose predictions are features; arguments and attributes as of :class:`SKLearnClassifier`."""

    def transform(self, X: object) -> Array:
        """What the model gives, (n, outputs), of the rows' own dtype where that is one of floats."""
        dtype = np.dtype(getattr(X, "dtype", np.float64))
        return self._outputs(X).astype(dtype if dtype.kind == "f" else np.float64)

    def get_feature_names_out(self, input_features: object = None) -> Array:
        """A name for each output, for ``set_output``."""
        check_is_fitted(self, "model_")
        width = self.model_.output_shape[-1]  # type: ignore[index]
        return np.array([f"{type(self).__name__.lower()}{number}" for number in range(width)], object)
