"""How an estimator learns: its parameters, the rows and epochs of a training, and what is remembered of it."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from clarinet.estimators import networks, rows
from clarinet.estimators.networks import Head
from clarinet.estimators.rows import Rows
from clarinet.estimators.watching import Progress, Watch
from clarinet.model import Model
from clarinet.recipes.scaling import moments, statistics
from clarinet.types import Array

if TYPE_CHECKING:
    from numpy.random import RandomState

    from clarinet.datasets.coding import TableCoding
    from clarinet.optimizers.quasi_newton import Minimised
    from clarinet.training.callback import Callback

#: The most rows that a batch has where nothing else is said.
_BATCH = 200
_SEEDS = 2**31 - 1


class Learner(BaseEstimator):
    """The parameters of an estimator, and its training."""

    # The parameters; the classes' own ``__init__`` say what they are by default.
    hidden_layer_sizes: object
    activation: str
    solver: object
    alpha: float
    batch_size: int | str
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: object
    tol: float
    verbose: object
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float
    max_fun: int
    network: object
    dropout: float
    normalization: str | None
    scale: bool | str
    metrics: object
    callbacks: Iterable[Callback] | None
    run: object
    engine: str

    # What training leaves.
    model_: Model
    history_: dict[str, list[float]]
    n_iter_: int
    _coding: TableCoding | None
    _progress: Progress

    # What differs between the two.

    @abstractmethod
    def _learn_labels(self, y: Array, reset: bool) -> None:
        """Look at labels before training: which classes there are."""

    @abstractmethod
    def _coded(self, y: Array) -> Array:
        """Labels as the loss takes them."""

    @abstractmethod
    def _head(self) -> Head:
        """The last layer, for the labels that were looked at."""

    @abstractmethod
    def _decided(self, outputs: Array) -> Array:
        """What :meth:`predict` says, of the network's outputs."""

    @abstractmethod
    def _score(self, y: Array, predicted: Array, sample_weight: Array | None) -> float:
        """How good predictions are, as :meth:`score` has it."""

    def _class_weights(self, y: Array) -> Array | None:
        """A weight for each row; None: all alike."""

    # Training.

    def _train(
        self, given: Rows, validation: Rows | None, random: RandomState, anew: bool, once: bool, rows_seen: int
    ) -> None:
        """Learn from rows.

        Args:
            given, validation: to learn from, and to judge by; labels as they are.
            random: what is drawn from.
            anew: whether there are to be new weights.
            once: whether this is a step of ``partial_fit``.
            rows_seen: what counts as an epoch's rows.
        """
        data = Rows(given.x, self._coded(given.y), given.weight)
        size = self._rows_of_a_batch(len(data))
        if len(data) <= size and self._sees_rows_alone:
            data = data.merged()
        size = min(size, len(data))
        if anew:
            penalty = 0.5 * self.alpha / (size * data.mean_weight)
            self.model_ = networks.build(self, data.x.shape[1:], self._head(), penalty, self._scaling(data.x))
        if anew or not once:
            networks.compile_for(self.model_, self, self._head())
            self._progress = Progress() if anew else self._progress.going_on()
        watch = Watch(self, self._progress, rows_seen, self._scored(validation), once)
        self._run(data.balanced(), validation, size, watch, None if once and not anew else int(random.randint(_SEEDS)))

    def _scored(self, validation: Rows | None) -> Callable[[], float] | None:
        """What says how good the weights are, where that decides when to stop."""
        if validation is None or not self.early_stopping:
            return None
        self._progress.scores, self._progress.best_loss = self._progress.scores or [], None
        return lambda: self._score_of(validation)

    def _run(self, data: Rows, validation: Rows | None, size: int, watch: Watch, seed: int | None) -> None:
        """Epochs until nothing is gained."""
        minimises = self.solver == "lbfgs"
        epochs = 1 if watch.once or minimises else int(self.max_iter)
        judged = None
        if validation is not None and not self.early_stopping:
            judged = (validation.x, self._coded(validation.y), validation.weight)
        try:
            self.model_.fit(
                data.x,
                data.y,
                batch_size=len(data) if minimises else size,
                epochs=epochs,
                verbose=0,
                callbacks=[watch, *(self.callbacks or ())],
                validation_data=judged,
                shuffle=bool(self.shuffle),
                sample_weight=data.weight,
                seed=seed,
                stats_every=0,
                run=self.run,
            )
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=5)
        self._remember(epochs, watch.once)

    def _remember(self, epochs: int, once: bool) -> None:
        """Keep what the training says of itself, and say where it did not come to an end."""
        history = self.model_.history
        assert history is not None
        self.history_: dict[str, list[float]] = dict(history.history)
        self.n_iter_ = len(self.history_.get("loss", ()))
        found = getattr(self.model_.optimizer, "found", None)
        if found is not None:
            self.n_iter_ = found.iterations
        stopped = self._stopped_early(epochs, found, once)
        if stopped:
            warnings.warn(stopped, ConvergenceWarning, stacklevel=6)

    def _stopped_early(self, epochs: int, found: Minimised | None, once: bool) -> str:
        """Why there was still something to gain; empty where there was not."""
        if found is not None:
            said = f"lbfgs failed to converge after {found.iterations} iteration(s): {found.message}"
            return "" if found.converged else said
        over = self.n_iter_ == epochs and not self._progress.converged and not once
        said = f"Stochastic Optimizer: Maximum iterations ({epochs}) reached and the optimization hasn't converged yet."
        return said if over else ""

    def _rows_of_a_batch(self, n: int) -> int:
        """How many rows an update takes, of so many."""
        if self.batch_size == "auto":
            return min(_BATCH, n)
        if int(self.batch_size) > n:
            said = "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped"
            warnings.warn(said, stacklevel=5)
        return min(int(self.batch_size), n)

    @property
    def _sees_rows_alone(self) -> bool:
        """Whether what a row gives does not depend on which others there are, nor on chance."""
        return self.network is None and not self.dropout and self.normalization != "batch"

    def _scaling(self, x: Array) -> tuple[Array, Array] | None:
        """Means and variances of the columns, where they are to be standardised."""
        if self.scale is False or (self.scale == "auto" and self._coding is None):
            return None
        if rows.is_sparse(x):
            raise ValueError("scale=True: sparse rows would be dense with another mean; expected scale=False")
        if self._coding is None:
            mean, variance = moments(x)
            return mean, variance
        mean, variance = statistics(x, self._coding)
        return mean, variance

    def _outputs(self, x: Array) -> Array:
        """What the network gives, in float64."""
        found = self.model_.predict(x)
        if not isinstance(found, np.ndarray):
            raise TypeError("network: a model of several outputs; expected one output")
        return found.reshape(len(found), -1).astype(np.float64)

    def _score_of(self, given: Rows) -> float:
        """How good the network is on rows; NaN where it says nothing finite."""
        outputs = self._outputs(given.x)
        if not np.isfinite(outputs).all():
            return float("nan")
        return self._score(given.y, self._decided(outputs), given.weight)
