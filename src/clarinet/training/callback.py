"""The base class of callbacks, and the list that calls them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, ParamSpec, TypedDict, TypeVar
from weakref import WeakMethod

from clarinet.names import nearest

if TYPE_CHECKING:
    from clarinet.data_adapters import Batches
    from clarinet.data_adapters.rows import Labels
    from clarinet.engines import Data
    from clarinet.problems import Problem
    from clarinet.records import Chunk
    from clarinet.trainable import Trainable
    from clarinet.types import Arrays, Config

P = ParamSpec("P")
R = TypeVar("R")
Logs = dict[str, float]


class Params(TypedDict, total=False):
    """The parameters of a training for callbacks, see :class:`Callback`."""

    epochs: int
    steps: int | None
    samples: int | None
    verbose: int
    arguments: dict[str, object]
    data: Data | None
    validation: Data | Batches | None
    raw_data: tuple[Arrays, Labels, object] | None
    fingerprints: Config | None
    error: BaseException


class Callback:
    """Base class: override the methods for the events that you need.

    ``logs`` holds numbers by name (``loss``, the metrics, ``val_loss``, …); at the end of an epoch all callbacks share
    one dictionary, and what one adds to it ends up in the history.

    A callback may call ``self.model.set_weights``, ``evaluate``, ``predict`` and ``save``, change
    ``self.model.optimizer.learning_rate`` and set ``self.model.stop_training = True``; changing the model's structure,
    compiling it or training it is refused. Overriding ``on_train_batch_begin`` or ``on_train_batch_end`` makes the
    engine return after every single batch, which is slower (unless an attribute ``looks_at_batches`` is False);
    :meth:`on_chunk` has the same numbers in blocks at no cost.

    A callback with a state over several epochs passes it to checkpoints through :meth:`get_state`, so that a run that
    was interrupted and resumed ends like one that was not.

    Attributes:
        model: the model in training.
        params: ``epochs``, ``steps`` (batches an epoch, None if not known), ``samples`` (rows an epoch, None if not
            known), ``verbose``; for observers also ``arguments`` (fit's settings), ``data`` and ``validation`` (what
            the engine runs on), ``raw_data`` (rows, labels and validation data as ``fit`` got them, without those of
            batches), ``fingerprints`` (shapes, dtypes and hashes of the data, where a callback ``wants_fingerprint``)
            and, in ``on_train_end`` alone, ``error`` where an exception ends the training.

    Example:
        >>> class Announce(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print("epoch", epoch, "of", self.params["epochs"])
        >>> announce = Announce()
        >>> announce.set_params({"epochs": 3})
        >>> announce.on_epoch_end(0, {"loss": 0.5})
        epoch 0 of 3
    """

    model: Trainable
    params: Params

    def set_model(self, model: Trainable) -> None:
        """Called before anything else."""
        self.model = model

    def set_params(self, params: Params) -> None:
        """Called before training with its parameters."""
        self.params = params

    def get_state(self) -> dict[str, object]:
        """The state to keep in a checkpoint: numbers, strings, lists, dictionaries and arrays."""
        return {}

    def set_state(self, state: Mapping[str, object]) -> None:
        """Restore a state of :meth:`get_state`; called after ``on_train_begin`` when training is resumed.

        By default the entries become attributes, but only those that :meth:`get_state` has now.
        """
        for name in self.get_state().keys() & state.keys():
            setattr(self, name, state[name])

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """``fit`` starts."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """``fit`` ends, after Ctrl-C too; ``logs`` are the last epoch's."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """An epoch starts; epochs count from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """An epoch and its validation are over."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Keras's other name of :meth:`on_train_batch_begin`, which calls it."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Keras's other name of :meth:`on_train_batch_end`, which calls it."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """A batch starts; batches count from 0 in each epoch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """A batch is done; ``logs`` are the epoch's running averages."""
        self.on_batch_end(batch, logs)

    def on_chunk(self, chunk: Chunk) -> None:
        """The engine has finished a run of steps, about ten times a second."""

    def on_finding(self, problem: Problem, step: int | None = None) -> None:
        """Another callback has found something wrong or doubtful, at this step (None: before the first)."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """``evaluate``, or the validation of an epoch, starts."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """It ends, with loss and metrics in ``logs``."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """A batch of it starts."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """A batch of it is done; ``logs`` are the running averages."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """``predict`` starts."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """``predict`` ends."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """A batch of it starts."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """A batch of it is done, with the predictions as ``logs["outputs"]``."""


_EVENTS = tuple(name for name in vars(Callback) if name.startswith("on_"))


def wants_batches(callback: object, kind: str = "train") -> bool:
    """Whether a callback is called for every batch.

    Args:
        callback: any callback.
        kind: ``"train"``, ``"test"`` or ``"predict"``.

    Example:
        >>> wants_batches(Callback()), wants_batches(LambdaCallback(on_train_batch_end=lambda batch, logs: None))
        (False, True)
    """
    if not getattr(callback, "looks_at_batches", True):
        return False
    names = [f"on_{kind}_batch_begin", f"on_{kind}_batch_end"]
    names += ["on_batch_begin", "on_batch_end"] if kind == "train" else []
    return any(
        name in vars(callback) or getattr(type(callback), name, None) not in (None, getattr(Callback, name))
        for name in names
    )


def weakly(method: Callable[P, R]) -> Callable[P, R | None]:
    """Calls a method as long as its object exists, without holding it: no reference cycle.

    Example:
        >>> announce = weakly(Callback().on_finding)  # the callback is gone at once
        >>> announce(None)
    """
    held = WeakMethod(method)

    def call(*arguments: P.args, **named: P.kwargs) -> R | None:
        bound = held()
        return None if bound is None else bound(*arguments, **named)

    return call


class CallbackList:
    """Calls every callback in order.

    Args:
        callbacks: the callbacks.
        model: passed to each of them.
        params: the same, see :class:`Callback`.

    Attributes:
        wants_batches, wants_test_batches, wants_predict_batches: whether any callback looks at single batches.
        found: problems that callbacks have found, and at which step, until they are taken.
    """

    def __init__(self, callbacks: Iterable[object], model: Trainable, params: Params) -> None:
        self.callbacks = list(callbacks)
        self.found: list[tuple[Problem, int | None]] = []
        self.wants_batches = any(wants_batches(c) for c in self.callbacks)
        self.wants_test_batches = any(wants_batches(c, "test") for c in self.callbacks)
        self.wants_predict_batches = any(wants_batches(c, "predict") for c in self.callbacks)
        for callback in self.callbacks:
            _tell(callback, "set_model", model)
            _tell(callback, "set_params", params)
            if hasattr(callback, "announce"):
                callback.announce = weakly(self.on_finding)

    def _call(self, event: str, *arguments: object) -> None:
        for callback in self.callbacks:
            _tell(callback, event, *arguments)

    def stats_every(self, asked: int) -> int:
        """How often statistics of the layers are taken: as ``fit`` was asked, or as the most curious callback wants."""
        wanted = (asked, *(getattr(callback, "stats_every", 0) for callback in self.callbacks))
        return min((every for every in wanted if every), default=0)

    def first_epoch(self, asked: int) -> int:
        """The epoch to begin with: as ``fit`` was asked, or where a callback that has restored a backup goes on."""
        found = (getattr(callback, "first_epoch", None) for callback in self.callbacks)
        return next((epoch for epoch in found if epoch is not None), asked)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._call("on_train_begin", logs or {})

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._call("on_train_end", logs or {})

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._call("on_epoch_begin", epoch, {} if logs is None else logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._call("on_epoch_end", epoch, {} if logs is None else logs)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call("on_train_batch_begin", batch, logs or {})

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._call("on_train_batch_end", batch, logs or {})

    def on_chunk(self, chunk: Chunk) -> None:
        self._call("on_chunk", chunk)

    def on_finding(self, problem: Problem, step: int | None = None) -> None:
        self.found.append((problem, step))
        self._call("on_finding", problem, step)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._call("on_test_begin", logs or {})

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._call("on_test_end", logs or {})

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call("on_test_batch_begin", batch, logs or {})

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._call("on_test_batch_end", batch, logs or {})

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._call("on_predict_begin", logs or {})

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._call("on_predict_end", logs or {})

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call("on_predict_batch_begin", batch, logs or {})

    def on_predict_batch_end(self, batch: int, logs: object = None) -> None:
        self._call("on_predict_batch_end", batch, logs or {})


def _tell(callback: object, event: str, *arguments: object) -> None:
    method = getattr(callback, event, None)  # another library's callbacks may lack ours
    if method is not None:
        method(*arguments)


class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        functions: any method of :class:`Callback` by name, e.g. ``on_epoch_end=lambda epoch, logs: print(logs)``.

    Raises:
        TypeError: a name that :class:`Callback` does not have, or something that cannot be called.

    Example:
        >>> seen = []
        >>> LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch)).on_epoch_end(3, {})
        >>> seen
        [3]
    """

    def __init__(self, **functions: Callable[..., object] | None) -> None:
        for name, function in functions.items():
            if name not in _EVENTS:
                raise TypeError(f"LambdaCallback: unknown event {name!r}: {nearest(name, _EVENTS)}")
            if function is None:
                continue
            if not callable(function):
                raise TypeError(f"LambdaCallback: {name} has to be a function, received {function!r}")
            setattr(self, name, function)
