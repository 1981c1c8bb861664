"""The callback that records a training: model, settings and data, every step's loss, every epoch's numbers."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.engines import Data
from clarinet.problems import ClarinetWarning
from clarinet.runs import stored
from clarinet.runs.code import commit
from clarinet.runs.documents import plain_all, to_json
from clarinet.runs.endings import STOPS, ending
from clarinet.runs.environment import environment, program
from clarinet.runs.run import Run
from clarinet.runs.session import current
from clarinet.runs.store import Store
from clarinet.runs.values import check_name
from clarinet.training.callback import Callback, Logs

if TYPE_CHECKING:
    from clarinet.problems import Problem
    from clarinet.records import Chunk
    from clarinet.trainable import Trainable
    from clarinet.types import Array, Config, Json

#: Names of the file with the trained model, in the run's folder.
MODEL = "model.clarinet"
#: The largest number of bytes of sampled rows in a run; of large pictures fewer rows are kept.
_SAMPLE_BYTES = 1 << 20


class Tracker(Callback):
    """Keep a training in the store of runs. ``fit(run="digits")`` adds one; pass your own for more options.

    Kept are: the model, the arguments of compile and fit, shape, dtype and hash of the data, versions and machine, loss
    and learning rate of every step, statistics of the layers, every epoch's numbers, and in the end predictions for a
    few rows and the model itself.

    Args:
        run: a name (a number is added where it is taken), True for ``run-1``, …, or a :class:`Run`: one that is open is
            written to and left open; one that has ended is reopened. Default: the run that ``runs.init`` or
            ``runs.start`` began, else a new one.
        config: settings of your own, a JSON-able dictionary.
        notes: for people.
        tags: words.
        group: runs that belong together, e.g. one setting with several seeds.
        store: default the store beside your code.
        samples: rows of the validation data (without any, of the training data) whose first input and predictions are
            kept.

    Attributes:
        run: the run, once training has begun.

    Example:
        >>> import tempfile, numpy as np, clarinet
        >>> store = clarinet.runs.Store(tempfile.mkdtemp())
        >>> model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> tracker = clarinet.runs.Tracker("line", store=store, config={"slope": 2})
        >>> x = np.linspace(0, 1, 64, dtype="float32")[:, None]
        >>> history = model.fit(x, 2 * x, epochs=3, verbose=0, callbacks=[tracker])
        >>> run = store.get("line")
        >>> run.status, run.config, run.history["loss"] == history.history["loss"]
        ('finished', {'slope': 2}, True)
    """

    #: Asks ``fit`` for the data's fingerprints, which its checks compute.
    wants_fingerprint = True

    def __init__(
        self,
        run: str | bool | Run | None = None,
        *,
        config: Mapping[str, object] | None = None,
        notes: str | None = None,
        tags: object = (),
        group: str | None = None,
        store: Store | None = None,
        samples: int = 16,
    ) -> None:
        run = (current() or True) if run is None else run
        self.wanted = run if run is True or isinstance(run, Run) else check_name(run)
        self._store, self._samples = store, samples
        self._about: dict[str, Any] = {"config": config, "notes": notes, "tags": tags, "group": group}
        self.run: Run | None = None
        self._owned = self._by_itself = False

    @property
    def store(self) -> Store:
        """The folder of the run's store."""
        if self._store is None:
            kept = self.wanted.store if isinstance(self.wanted, Run) else Store()
            assert isinstance(kept, Store)
            self._store = kept
        return self._store

    def begin(self, run: Run | None = None) -> Run:
        """Begin a run, or continue this one; called with model and parameters set.

        Raises:
            StoreError: it cannot be kept. ValueError: it is running in another process, or another ``fit`` is being
                recorded in it.
        """
        if run is None and isinstance(self.wanted, Run):
            run = self.wanted
        self._owned = run is None or not run.is_open
        if run is None:
            name = None if self.wanted is True else str(self.wanted)
            run = self.store.start(name, **self._about, documents=self._documents())
        else:
            run.reopen()
            run.record_all(self._documents() if run.document("fit") is None else _code())
        run.claim(self)
        self.run = run
        return run

    def end(self, error: BaseException | None) -> None:
        """End the run, unless it was open before; ``error`` is the exception that ended training."""
        run = self._open_run
        run.release(self)
        if self._owned:
            self._guarded(lambda: run.finish(*ending(error)))

    # Training.

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if self.run is None or not self.run.is_open:  # passed as a callback: the run has not begun yet
            self._by_itself = True
            self.begin()
        self._last = time.perf_counter()
        self._open_run.writer.flush()
        self._offset: int | None = None

    def _documents(self) -> dict[str, object]:
        """The sections of the run's configuration."""
        model = self.model
        return {
            **about_model(model),
            "fit": plain_all(self.params.get("arguments", {})) | {"seed": model.seed},
            "data": self.params.get("fingerprints"),
            "environment": environment(model),
            "program": program(),
            **_code(),
        }

    @property
    def _open_run(self) -> Run:
        assert self.run is not None
        return self.run

    def on_chunk(self, chunk: Chunk) -> None:
        writer = self._open_run.writer
        writer.steps(chunk.first_step, {"loss": chunk.losses, "learning_rate": chunk.learning_rates})
        writer.layers(chunk.layers)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        now = time.perf_counter()
        numbers = dict(logs or {}) | {"seconds": now - self._last}
        self._last = now
        if self._offset is None:  # a run over several fits continues its count of epochs
            sql = "SELECT max(last_step) FROM series WHERE run = ? AND kind = 'epoch'"
            last = stored.whole(self.store.query(sql, (self._open_run.id,))[0][0])
            self._offset = 0 if last is None else max(0, last + 1 - epoch)
        self._open_run.writer.epoch(epoch + self._offset, numbers)

    def on_finding(self, problem: Problem, step: int | None = None) -> None:
        self._open_run.find(problem, step)

    def on_train_end(self, logs: Logs | None = None) -> None:
        error = self.params.get("error")
        if error is None or isinstance(error, STOPS):
            self._guarded(self._keep_samples)
            self._guarded(self._keep_model)
        if self._by_itself:
            self.end(error)

    def _guarded(self, act: Callable[[], object]) -> None:
        """Warn about records that cannot be kept; the training goes on."""
        try:
            act()
        except (OSError, TypeError) as error:
            warnings.warn(f"run {self._open_run.name!r}: not everything could be kept: {error}", ClarinetWarning, 2)

    def _keep_model(self) -> None:
        with warnings.catch_warnings():  # a Python function that no file can hold is in the run's documents already
            warnings.simplefilter("ignore", ClarinetWarning)
            self.model.save(self._open_run.file(MODEL))

    def _keep_samples(self) -> None:
        """A few rows with the network's predictions."""
        data = self.params.get("validation") or self.params.get("data")
        if not isinstance(data, Data) or not self._samples:
            return
        rows = min(self._samples, max(1, _SAMPLE_BYTES // max(1, data.x[:1].nbytes)))
        xs = tuple(np.ascontiguousarray(x[:rows]) for x in data.xs)
        names = self.model.output_names
        predicted = self.model.predict([*xs] if len(xs) > 1 else xs[0])
        found = [predicted[name] for name in names] if isinstance(predicted, dict) else predicted
        arrays = [np.asarray(one) for one in found] if len(names) > 1 else [np.asarray(predicted)]
        for row in range(len(arrays[0])):
            shape, shown = json.dumps(list(xs[0].shape[1:])), to_json("prediction", _listed(arrays, names, row))
            said = json.dumps(_listed(data.ys, names, row)) if data.ys else None
            values = self._open_run.id, row, shape, xs[0].dtype.str, xs[0][row].tobytes(), said, shown
            self._open_run.writer.row("INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def _listed(outputs: Sequence[Array | None], names: Sequence[str], row: int) -> object:
    """The numbers of a row at the output; by name where there are several."""
    found = [None if output is None else np.asarray(output[row]).tolist() for output in outputs]
    return found[0] if len(found) == 1 else dict(zip(names, found, strict=True))


def about_model(model: Trainable) -> dict[str, object]:
    """The sections of a run's configuration about a compiled model."""
    return {
        "model": _or_described(lambda: _structure(model), model.layers),
        "compile": _or_described(model.compile_config, [model.optimizer, model.loss]),
    }


def _structure(model: Trainable) -> Config:
    """The model's configuration, and the seeds of the models within it, which their first weights follow from."""
    seeds: list[Json] = [inner.seed for inner in model.models_within()]
    return model.structure_config() | ({"seeds": seeds} if seeds else {})


def _code() -> dict[str, object]:
    """The section with the commit, if there is one."""
    found = commit()
    return {} if found is None else {"git": found}


def _or_described(config: Callable[[], object], parts: Sequence[object]) -> object:
    """A configuration; values that JSON cannot hold, such as a Python function, become text."""
    try:
        return config()
    except TypeError as error:
        return {"described": [repr(part) for part in parts], "because": str(error)}
