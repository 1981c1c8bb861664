"""What classifier and regressor have in common: scikit-learn's methods and attributes, and pickles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self, TypeAlias, cast

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import Tags, check_consistent_length, check_random_state
from sklearn.utils.validation import _check_sample_weight, _check_y, check_is_fitted, column_or_1d, validate_data

from clarinet import layers
from clarinet.datasets.coding import TableCoding
from clarinet.estimators import parameters, rows
from clarinet.estimators.learning import Learner
from clarinet.estimators.packing import packed, unpacked
from clarinet.estimators.rows import Rows
from clarinet.estimators.watching import Progress
from clarinet.types import Array

if TYPE_CHECKING:
    from numpy.random import RandomState

#: Rows, labels and weights.
HeldOut: TypeAlias = tuple[object, object, object]


def keep(estimator: object, given: Mapping[str, object]) -> None:
    """Have an estimator's parameters as attributes, as they were given.

    Args:
        estimator: in its ``__init__``.
        given: what that knows by name.
    """
    for name, value in given.items():
        if name not in ("self", "__class__"):
            setattr(estimator, name, value)


def is_stochastic(estimator: Perceptron) -> bool:
    """Whether there are single epochs.

    Raises:
        AttributeError: there are not.
    """
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit is only available for stochastic optimizers; lbfgs is not stochastic")
    return True


class Perceptron(Learner):
    """The base of :class:`MLPClassifier` and :class:`MLPRegressor`."""

    # Training.

    def fit(
        self,
        X: object,
        y: object,
        sample_weight: object = None,
        *,
        X_val: object = None,
        y_val: object = None,
        sample_weight_val: object = None,
    ) -> Self:
        """Train, from the beginning unless ``warm_start`` is set.

        Args:
            X: rows (n, features): an array, a sparse matrix, a data frame. With ``network=`` rows may have any shape.
            y: labels (n,), or (n, outputs).
            sample_weight: (n,).
            X_val, y_val, sample_weight_val: rows to validate on, in place of ``validation_fraction`` of the others.

        Returns:
            The estimator.

        Raises:
            ValueError, TypeError: parameters or data that do not fit.
        """
        held_out = None if X_val is None else (X_val, y_val, sample_weight_val)
        return self._fit(X, y, sample_weight, held_out, going_on=False)

    def _one_epoch(self, X: object, y: object, sample_weight: object) -> Self:
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        return self._fit(X, y, sample_weight, None, going_on=True)

    def _fit(self, X: object, y: object, sample_weight: object, held_out: HeldOut | None, going_on: bool) -> Self:
        parameters.check(self)
        anew = not hasattr(self, "model_") or not (self.warm_start or going_on)
        x, labels = self._rows_and_labels(X, y, reset=anew)
        self._learn_labels(labels, reset=anew and not (going_on and hasattr(self, "classes_")))
        random: RandomState = check_random_state(self.random_state)
        given = Rows(x, labels, self._weights(sample_weight, x, labels))
        validation = None if held_out is None else self._validation(*held_out)
        learnt = given.counting()
        if self.early_stopping and validation is None:
            learnt, validation = self._split(learnt, random)
        self._train(learnt, validation, random, anew, going_on, len(learnt))
        return self

    def _weights(self, sample_weight: object, x: Array, y: Array) -> Array | None:
        """Those of rows times those of their classes; None: all alike."""
        of_classes = self._class_weights(y)
        if sample_weight is None:
            return of_classes
        weights: Array = _check_sample_weight(sample_weight, x, ensure_non_negative=True)
        return weights if of_classes is None else weights * of_classes

    def _rows_and_labels(self, X: object, y: object, reset: bool) -> tuple[Array, Array]:
        """Rows as numbers, and labels as they are, (n,) or (n, outputs)."""
        about = {"multi_output": True, "y_numeric": not hasattr(self, "predict_proba")}
        if self._find_coding(X, reset):
            x, labels = self._features(X, reset), _check_y(y, estimator=self, **about)
            check_consistent_length(x, labels)
        else:
            x, labels = validate_data(self, X, y, reset=reset, **self._form, **about)
        return x, column_or_1d(labels, warn=True) if labels.shape[1:] == (1,) else labels

    @property
    def _form(self) -> dict[str, object]:
        """What rows may be, for scikit-learn's validation."""
        return {"accept_sparse": "csr", "dtype": "numeric", "order": "C", "allow_nd": self.network is not None}

    def _find_coding(self, X: object, reset: bool) -> bool:
        """Whether rows are a frame that is coded; before the first training its columns are looked at."""
        if reset:
            self._coding = rows.learn(X) if rows.is_frame(X) and rows.needs_coding(X) else None
        return self._coding is not None

    def _features(self, X: object, reset: bool = False) -> Array:
        """Rows as numbers."""
        if self._coding is None:
            return cast("Array", validate_data(self, X, reset=reset, **self._form))
        if not rows.is_frame(X):
            raise TypeError(
                f"expected a data frame with the columns of fit, whose categories and missing values the estimator "
                f"has learnt; received {type(X).__name__}"
            )
        validate_data(self, X, reset=reset, skip_check_array=True)
        return self._coding.transform(X)

    def _validation(self, X: object, y: object, weight: object) -> Rows:
        """Rows that the user keeps for validation."""
        if y is None:
            raise ValueError("X_val was given without y_val; expected both")
        x = self._features(X)
        weights = None if weight is None else _check_sample_weight(weight, x)
        return Rows(x, np.asarray(y), weights)

    def _split(self, given: Rows, random: RandomState) -> tuple[Rows, Rows]:
        """The rows to learn from, and those that are held out for early stopping."""
        alike = given.y if hasattr(self, "classes_") and given.y.ndim == 1 else None
        numbers = np.arange(len(given))
        kept, held = train_test_split(numbers, random_state=random, test_size=self.validation_fraction, stratify=alike)
        if len(held) < 2:
            raise ValueError("The validation set is too small. Increase 'validation_fraction' or give more rows.")
        return given.some(kept), given.some(held)

    # Use.

    def _asked(self, X: object) -> Array:
        check_is_fitted(self, "model_")
        return self._outputs(self._features(X))

    def predict(self, X: object) -> Array:
        """Classes, or amounts.

        Args:
            X: rows as in :meth:`fit`.

        Returns:
            (n,), or (n, outputs) where there are several.

        Raises:
            NotFittedError: before :meth:`fit`. ValueError: other columns than there.
        """
        return self._decided(self._asked(X))

    # scikit-learn's attributes.

    def _require_training(self) -> None:
        """Refuse an attribute that there is only after training, as Python does one that there is not."""
        if "model_" not in vars(self):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet; call fit first")

    @property
    def _dense(self) -> list[layers.Layer]:
        self._require_training()
        return [layer for layer in self.model_.layers if layer.weighted_sum == "dense"]

    @property
    def coefs_(self) -> list[Array]:
        """The weights (inputs, units) of each dense layer."""
        return [layer.get_weights()[0] for layer in self._dense]

    @property
    def intercepts_(self) -> list[Array]:
        """The biases (units,) of each dense layer."""
        return [layer.get_weights()[1] for layer in self._dense if len(layer.get_weights()) > 1]

    @property
    def n_layers_(self) -> int:
        """Layers, the input among them."""
        return len(self._dense) + 1

    @property
    def out_activation_(self) -> str:
        """What is behind the last layer."""
        self._require_training()
        return self._head().activation

    @property
    def n_outputs_(self) -> int:
        """Outputs of the network."""
        self._require_training()
        return self._head().units

    @property
    def loss_(self) -> float:
        """The last epoch's loss."""
        return self._followed.losses[-1]

    @property
    def loss_curve_(self) -> list[float]:
        """The loss of each epoch."""
        return self._followed.losses

    @property
    def best_loss_(self) -> float | None:
        """The lowest loss; None with early stopping."""
        return self._followed.best_loss

    @property
    def validation_scores_(self) -> list[float] | None:
        """The score on rows that are held out, after each epoch; None without early stopping."""
        return self._followed.scores

    @property
    def best_validation_score_(self) -> float | None:
        """The best of them."""
        return self._followed.best_score

    @property
    def t_(self) -> int:
        """Rows that were seen in training, each as often as it was."""
        return self._followed.seen

    @property
    def _followed(self) -> Progress:
        self._require_training()
        return self._progress

    # Copies: a model within is the bytes of its file, so that nothing but plain data is pickled.

    def __getstate__(self) -> dict[str, object]:
        state = dict(super().__getstate__())
        if "model_" in state:
            state["model_"] = packed(self.model_)
            state["_progress"] = vars(self._progress).copy()
            state["_coding"] = None if self._coding is None else self._coding.to_config()
        return state

    def __setstate__(self, state: Mapping[str, object]) -> None:
        super().__setstate__(dict(state))
        kept = vars(self)
        if "model_" in kept:
            self.model_ = unpacked(kept["model_"])
            self._progress = Progress(**kept["_progress"])
            self._coding = None if kept["_coding"] is None else TableCoding.from_config(kept["_coding"])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
