"""A network that says an amount, or several."""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.metaestimators import available_if

from clarinet.estimators.base import Perceptron, is_stochastic, keep
from clarinet.estimators.networks import Head
from clarinet.types import Array


class MLPRegressor(RegressorMixin, Perceptron):
    """A regressor with scikit-learn's interface: its ``MLPRegressor``'s arguments and attributes, and more.

    Minimises half the squared error, or the Poisson deviance. ``docs/estimators.md`` says where the two differ.

    Args:
        loss: ``"squared_error"`` (default), ``"poisson"``, or the name of another loss of :mod:`clarinet.losses`.
        hidden_layer_sizes, activation, solver, …, max_fun: as in :class:`MLPClassifier`, with scikit-learn's defaults.
        network, dropout, normalization, scale, metrics, callbacks, run, engine: as in :class:`MLPClassifier`.

    Attributes:
        model_, history_: as of :class:`MLPClassifier`; and all that scikit-learn's has.

    Raises:
        ValueError, TypeError: in ``fit``: a parameter out of range.

    Example:
        >>> import numpy as np
        >>> from clarinet.estimators import MLPRegressor
        >>> x = np.linspace(-1, 1, 200)[:, None]
        >>> regressor = MLPRegressor(learning_rate_init=0.02, max_iter=300, n_iter_no_change=50).fit(x, x[:, 0] ** 2)
        >>> bool(regressor.score(x, x[:, 0] ** 2) > 0.95)
        True
    """

    def __init__(
        self,
        loss: str = "squared_error",
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
    def partial_fit(self, X: object, y: object, sample_weight: object = None) -> Self:
        """One epoch over these rows, from the weights as they are.

        Args:
            X, y, sample_weight: as in :meth:`fit`.

        Returns:
            The estimator.

        Raises:
            ValueError: early stopping.
        """
        return self._one_epoch(X, y, sample_weight)

    def _learn_labels(self, y: Array, reset: bool) -> None:
        outputs = 1 if y.ndim == 1 else y.shape[1]
        if reset:
            self._units = outputs
        elif outputs != self._units:
            raise ValueError(f"y has {outputs} columns, in the training before {self._units}: expected as many")
        if self.loss == "poisson" and (y < 0).any():
            raise ValueError("loss='poisson': some of y are negative; expected counts or other amounts from 0")

    def _coded(self, y: Array) -> Array:
        return np.ascontiguousarray(y, np.float64).reshape(len(y), -1)

    def _head(self) -> Head:
        n = self._units
        if self.loss == "squared_error":
            return Head(n, "identity", "mse", 0.5 * n)
        if self.loss == "poisson":
            return Head(n, "exp", "poisson", float(n))
        return Head(n, "identity", self.loss)

    def _decided(self, outputs: Array) -> Array:
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def _score(self, y: Array, predicted: Array, sample_weight: Array | None) -> float:
        return float(r2_score(y, predicted, sample_weight=sample_weight))
