"""A network that says which class a row is of."""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import Tags
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    check_classification_targets,
    type_of_target,
    unique_labels,
)

from clarinet.estimators.base import Perceptron, is_stochastic, keep
from clarinet.estimators.networks import Head
from clarinet.types import Array


class MLPClassifier(ClassifierMixin, Perceptron):
    """A classifier with scikit-learn's interface: its ``MLPClassifier``'s arguments and attributes, and more.

    Minimises the log loss by Adam, gradient descent or L-BFGS. What is not said below is as in
    ``sklearn.neural_network.MLPClassifier``; ``docs/estimators.md`` says where the two differ.

    Args:
        hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, learning_rate_init, power_t, max_iter,
            shuffle, random_state, tol, verbose, warm_start, momentum, nesterovs_momentum, early_stopping,
            validation_fraction, beta_1, beta_2, epsilon, n_iter_no_change, max_fun: as there, with the same defaults.
            ``solver`` also takes the name of another optimizer, or one as an object; ``activation`` every name of
            :mod:`clarinet.activations`.
        class_weight: ``{class: weight}``, or ``"balanced"``; default None.
        network: what lies between inputs and the last layer, in place of ``hidden_layer_sizes``: a list of layers, the
            name of a recipe (``"mlp"``, ``"cnn"``), or a function of (shape of a row, outputs) that gives such a list
            or a whole model. A model is a whole network: its last layer gives probabilities. Rows may have any
            shape then.
        dropout: share of each hidden layer's numbers that are left out in training; default 0.
        normalization: ``"batch"`` or ``"layer"``, behind each hidden layer; default None.
        scale: standardise the columns in a first layer; ``"auto"`` (default): where a data frame holds more than
            numbers.
        metrics: names or objects of :mod:`clarinet.metrics`, for ``history_``.
        callbacks: of :mod:`clarinet.callbacks`, for each training.
        run: keep each training in the store of runs under this name, as in ``Model.fit``.
        engine: as in ``Model.compile``.

    Attributes:
        classes_: the classes, sorted.
        model_: the :class:`clarinet.Model`.
        history_: loss, metrics and ``val_`` numbers of the last training, a list for each.
        loss_, best_loss_, loss_curve_, validation_scores_, best_validation_score_, t_, coefs_, intercepts_, n_iter_,
            n_layers_, n_outputs_, out_activation_, n_features_in_, feature_names_in_: as in scikit-learn.

    Raises:
        ValueError, TypeError: in ``fit``: a parameter out of range.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from clarinet.estimators import MLPClassifier
        >>> x, y = load_iris(return_X_y=True)
        >>> classifier = MLPClassifier((32,), learning_rate_init=0.02, max_iter=300, random_state=0).fit(x, y)
        >>> bool(classifier.score(x, y) > 0.9), classifier.predict_proba(x[:2]).shape
        (True, (2, 3))
    """

    classes_: Array

    def __init__(
        self,
        hidden_layer_sizes: object = (100,),
        activation: str = "relu",
        *,
        solver: object = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: object = None,
        tol: float = 1e-4,
        verbose: object = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        class_weight: object = None,
        network: object = None,
        dropout: float = 0.0,
        normalization: str | None = None,
        scale: bool | str = "auto",
        metrics: object = None,
        callbacks: object = None,
        run: object = None,
        engine: str = "auto",
    ) -> None:
        keep(self, locals())

    @available_if(is_stochastic)
    def partial_fit(self, X: object, y: object, sample_weight: object = None, classes: object = None) -> Self:
        """One epoch over these rows, from the weights as they are.

        Args:
            X, y, sample_weight: as in :meth:`fit`.
            classes: all that there will be; needed in the first call.

        Returns:
            The estimator.

        Raises:
            ValueError: other classes than in the first call; early stopping.
        """
        if not type_of_target(y).startswith("multilabel"):
            _check_partial_fit_first_call(self, classes)
        return self._one_epoch(X, y, sample_weight)

    def predict_proba(self, X: object) -> Array:
        """The probability of each class.

        Args:
            X: rows as in :meth:`fit`.

        Returns:
            (n, classes), in the order of ``classes_``; with several labels a row, that of each label.
        """
        outputs = self._asked(X)
        if self._several:
            return outputs
        if len(self.classes_) == 1:
            return np.ones((len(outputs), 1))
        if outputs.shape[1] == 1:
            return np.hstack([1 - outputs, outputs])
        found: Array = outputs / outputs.sum(axis=1, keepdims=True)  # float32 sums to 1 in seven digits
        return found

    def predict_log_proba(self, X: object) -> Array:
        """The logarithms of :meth:`predict_proba`."""
        with np.errstate(divide="ignore"):
            found: Array = np.log(self.predict_proba(X))
        return found

    def _learn_labels(self, y: Array, reset: bool) -> None:
        check_classification_targets(y)
        self._several = y.ndim == 2
        if self._several and not type_of_target(y).startswith("multilabel"):
            raise ValueError(
                "y: several columns of classes; expected one, or columns of 0 and 1: use MultiOutputClassifier"
            )
        found = unique_labels(y)
        if reset:
            self.classes_ = found
        elif self._several:
            return
        elif self.warm_start and set(found) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. Previously "
                f"got {self.classes_}, `y` has {found}"
            )
        elif unknown := set(found) - set(self.classes_):
            raise ValueError(f"`y` has classes not in `self.classes_`, which has {self.classes_}: {sorted(unknown)}")

    def _class_weights(self, y: Array) -> Array | None:
        if self.class_weight is None:
            return None
        weights: Array = compute_sample_weight(self.class_weight, y)
        return weights

    def _coded(self, y: Array) -> Array:
        if self._several:
            return np.ascontiguousarray(y.toarray() if hasattr(y, "toarray") else y, np.float32)
        numbers = np.searchsorted(self.classes_, y)
        return numbers if len(self.classes_) > 2 else (numbers == 1).astype(np.float32)[:, None]

    def _head(self) -> Head:
        classes = len(self.classes_)
        if self._several:
            return Head(classes, "logistic", "binary_crossentropy", float(classes))
        if classes > 2:
            return Head(classes, "softmax", "sparse_categorical_crossentropy")
        return Head(1, "logistic", "binary_crossentropy")

    def _decided(self, outputs: Array) -> Array:
        if self._several:
            return (outputs > 0.5).astype(np.int64)
        numbers = outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0.5).astype(np.int64)
        found: Array = self.classes_[np.minimum(numbers, len(self.classes_) - 1)]
        return found

    def _score(self, y: Array, predicted: Array, sample_weight: Array | None) -> float:
        return float(accuracy_score(y, predicted, sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
