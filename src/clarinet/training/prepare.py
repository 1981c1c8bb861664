"""From the arguments of ``fit`` and similar methods to the engines' data, after all checks."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import checks, data_adapters, renamed
from clarinet.engines import Data
from clarinet.graph import fits
from clarinet.layers import Input
from clarinet.settings import BATCH_SIZE, FitSettings
from clarinet.structure import NO_LAYERS
from clarinet.types import Array, Arrays, Config

if TYPE_CHECKING:
    from clarinet.data import Streamed
    from clarinet.data_adapters.rows import Labels, Rows
    from clarinet.trainable import Trainable


def as_list(value: object) -> list[object]:
    """None -> [], one object -> a list of it, a list or tuple -> a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


class TrainingData:
    """The data of one ``fit``, for training and validation; a model that does not know its input yet is built for it.

    Args:
        model: the model to train.
        settings: the arguments of ``fit``.
        fingerprints: takes shapes, dtypes and hashes of the data; None if not needed.

    Attributes:
        data: the rows to train on; None where they come batch by batch.
        batches: the source of batches; None where there are rows.
        validation: rows or a source of batches; None without validation.
        raw_data: rows, labels and validation data as ``fit`` got them; None where they come batch by batch.
        label_shapes: of one label of each output.
        batch_size: rows an update, where there are rows.
        rows: how many an epoch uses; 0 where they come batch by batch.
    """

    def __init__(self, model: Trainable, settings: FitSettings, fingerprints: Config | None) -> None:
        self.model, self.settings, self.fingerprints = model, settings, fingerprints
        self.data: Data | None = None
        self.batches: data_adapters.Batches | None = None
        self.validation: Data | data_adapters.Batches | None = None
        self.raw_data: tuple[Arrays, Labels, object] | None = None
        self.batch_size, self.rows = settings.batch_size or BATCH_SIZE, 0
        self._first: tuple[Rows, Data] | None = None  # batch of a source, until training comes to it
        self._whole: tuple[Rows, Data] | None = None  # rows of a source that come in another order each epoch
        if data_adapters.is_batches(settings.x):
            self._take_batches()
        else:
            self._take_arrays()

    def _take_arrays(self) -> None:
        s = self.settings
        rows = data_adapters.rows_for(self.model, s.x, s.y, s.sample_weight)
        build_for(self.model, rows[0])
        self.raw_data = rows[0], rows[1], s.validation_data
        held_out = None
        if s.validation_data is None and s.validation_split:
            rows, held_out = data_adapters.split_validation(rows, s.validation_split)
        handled_warnings = handled_by_callbacks(s)
        self.data = validate_and_prepare(
            self.model,
            *rows,
            s.class_weight,
            fingerprints=self.fingerprints,
            adapt=True,
            handled_warnings=handled_warnings,
        )
        self.label_shapes = self.data.label_shapes
        self.rows = len(self.data)
        if s.batch_size is None and self.model.optimizer is not None and self.model.optimizer.full_batch:
            self.batch_size = self.rows  # it looks at all of them
        if s.steps_per_epoch is not None:
            self.rows = min(self.rows, s.steps_per_epoch * self.batch_size)
        if held_out is not None:
            self._validate_on(held_out)
        elif s.validation_data is not None:
            self._take_validation(s.validation_data)

    def _take_batches(self) -> None:
        s = self.settings
        _build_for_lengths(self.model, s.x)
        seed = self.model.seed if s.shuffle else None
        bare = not self.model.needs_labels
        self.batches = data_adapters.batches_of(self.model, s.x, s.steps_per_epoch, s.batch_size, seed, bare=bare)
        first = self.batches.peek()
        build_for(self.model, first[0])
        batch = self.batch(data_adapters.Block(first, data_adapters.length(first[0])), 0)
        self._first = first, batch
        self.label_shapes = batch.label_shapes
        if data_adapters.is_stream(s.x):
            self._keep_in_mind(s.x)
        if s.validation_data is not None:
            self._take_validation(s.validation_data)

    def _keep_in_mind(self, rows: Streamed) -> None:
        """How the rows were coded goes with the model, and what tells them from others with the run."""
        if rows.about is not None:
            self.model.metadata["data"] = rows.about
        if self.fingerprints is not None:
            self.fingerprints["stream"] = rows.mark()

    def _take_validation(self, validation: object) -> None:
        if data_adapters.is_batches(validation):
            steps = self.settings.validation_steps
            self.validation = data_adapters.batches_of(
                self.model,
                validation,
                steps,
                self.validation_batch_size,
                anew=True,
                what="validation_data",
                bare=not self.model.needs_labels,
            )
            validate_and_prepare(self.model, *self.validation.peek(), None, where="fit.validation, batch 0")
        else:
            needed = self.model.needs_labels
            rows = data_adapters.unpack(validation, "validation_data", needed)
            self._validate_on(data_adapters.rows_for(self.model, *rows))

    def _validate_on(self, rows: Rows) -> None:
        fingerprints: Config | None = None
        if self.fingerprints is not None:
            self.fingerprints["validation"] = fingerprints = {}
        data = validate_and_prepare(self.model, *rows, None, where="fit.validation", fingerprints=fingerprints)
        self.validation = first_batches(data, self.settings.validation_steps, self.validation_batch_size)

    def batch(self, block: data_adapters.Block, number: int) -> Data:
        """A batch of the source in the form that engines accept; the first one was looked at before training."""
        rows, known, self._first = block.rows, self._first, None
        if known is not None and known[0] is rows:
            return known[1]
        if block.order is not None and self._whole is not None and _same_arrays(self._whole[0], rows):
            return self._whole[1]  # whose order alone is another one in each epoch
        checked = validate_and_prepare(self.model, *rows, self.settings.class_weight, where=f"batch {number}")
        self._whole = (rows, checked) if block.order is not None else None
        return checked

    def example(self, rows: int) -> Data:
        """Some of the first rows."""
        found = self.data if self.data is not None else self._first[1] if self._first is not None else None
        assert found is not None
        return found.rows(slice(0, rows))

    @property
    def validation_batch_size(self) -> int:
        """Rows a pass when validating."""
        return self.settings.validation_batch_size or self.batch_size

    @property
    def steps(self) -> int | None:
        """Steps an epoch; None where only the data knows."""
        if self.batches is not None:
            return self.batches.steps
        return -(-self.rows // self.batch_size)


def _same_arrays(one: object, other: object) -> bool:
    """Whether both are the same objects, or tuples of them."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same_arrays, one, other))
    return one is other


def handled_by_callbacks(settings: FitSettings) -> frozenset[str]:
    """Warning kinds that a callback reports itself if the data are arrays; ``fit`` then does not warn about them a
    second time."""
    if data_adapters.is_batches(settings.x):
        return frozenset()
    found = (renamed.attribute(c, "tells", "handled_warnings", frozenset[str]()) for c in as_list(settings.callbacks))
    return frozenset().union(*found)


def build_for(model: Trainable, x: Arrays) -> None:
    """Build a model that does not know its input yet for the rows of ``x``."""
    if model.empty:
        raise ValueError(NO_LAYERS)
    if model.stepped and (model.has_call or (isinstance(x, tuple) and len(x) > 1)):  # a call builds it
        return
    if model.built and model.has_call and not fits(model.network, x):
        model.build_again(x)
    if not model.built:
        model.build((x[0] if isinstance(x, tuple) else x).shape[1:])


def _build_for_lengths(model: Trainable, source: object) -> None:
    """Have a model that knows no shape yet take sequences of any length, where batches of ids come in several."""
    if model.built or model.stepped or not model.has_call or not getattr(source, "varies", False):
        return
    element = next(iter(source.take(1)), None)  # type: ignore[attr-defined]
    x = element[0] if isinstance(element, tuple) else element
    if isinstance(x, np.ndarray) and x.ndim == 2 and x.dtype.kind in "iu":
        with suppress(TypeError, ValueError):  # then it is built for the first batch
            model.build_for_data(Input((None,), dtype="int32"))


def validate_and_prepare(
    model: Trainable,
    x: Arrays,
    y: Labels,
    w: Labels,
    class_weight: Mapping[int, float] | None,
    where: str = "data",
    fingerprints: Config | None = None,
    adapt: bool = False,
    handled_warnings: Container[str] = (),
) -> Data:
    """Rows in the form that engines accept, after every check that refuses.

    Args:
        model, x, y, w, class_weight: as ``fit`` has them, rows as arrays.
        where: the name of the data in messages.
        fingerprints: takes the data's fingerprints.
        adapt: whether a transform of the target that has seen no data yet takes its numbers from these labels.
        handled_warnings: warning kinds that are not reported.
    """
    if model.stepped:
        return _as_given(x, y, w, class_weight)
    checks.raise_first(checks.check_data(model, x, y, w, class_weight, where, fingerprints), handled_warnings)
    y = data_adapters.without_gaps(y, w)
    if isinstance(x, tuple) or isinstance(y, tuple) or isinstance(w, tuple):
        return _several(model, x, y, w, class_weight)
    if model.loss is None:
        checks.raise_first(checks.check_compiled(model))
    assert model.prediction_shape is not None
    if model.target is not None and y is not None:
        y = data_adapters.match_last_axis(y, model.prediction_shape)
        if adapt and not model.target.adapted:
            model.target.adapt(y)
        y = model.target.forward(y)
    data = data_adapters.prepare(
        x, y, w, class_weight, model.loss, model.prediction_shape, input_shape=model.row_shapes[0], dtype=model.dtype
    )
    return data if data.ys else Data(data.xs, (None,), data.weights)


def _as_given(x: Arrays, y: Labels, w: Labels, class_weight: Mapping[int, float] | None) -> Data:
    """The rows of a model that says itself what a step is, in whatever structure they came."""
    n = data_adapters.length(x)
    for what, own in (("y", y), ("sample_weight", w)):
        m = len(own[0]) if isinstance(own, tuple) and own[0] is not None else n
        if m != n:
            raise ValueError(f"{what} has {m} rows, x {n}: expected as many in both")
    if class_weight is None or y is None:
        return Data(x, y, w)
    if len(y) != 1:
        raise ValueError("class_weight: the labels are several arrays; expected one, give sample_weight")
    labels: Any = y[0]
    given: Any = None if w is None else w[0]
    form = "one-hot" if labels.ndim > 1 and labels.shape[-1] > 1 else "ids"
    weight = data_adapters.class_to_row_weights(labels, form, class_weight)
    return Data(x, y, data_adapters.leaves_of(weight if w is None else weight * np.ravel(given), "class_weight"))


def _several(model: Trainable, x: Arrays, y: Labels, w: Labels, class_weight: Mapping[int, float] | None) -> Data:
    """The rows of a model of several inputs or outputs."""
    xs = x if isinstance(x, tuple) else (x,)
    ys = y if isinstance(y, tuple) else (y,)
    weights = w if isinstance(w, tuple) else (w,) * len(ys)
    judged = [
        data_adapters.prepare(
            xs[0], label, weight, class_weight, face.loss, face.prediction_shape or (), dtype=model.dtype
        )
        for label, weight, face in zip(ys, weights, model.faces, strict=True)
    ]
    rows = tuple(data_adapters.match_last_axis(x, shape) for x, shape in zip(xs, model.row_shapes, strict=True))
    return Data(rows, tuple(each.y for each in judged), tuple(each.weight for each in judged))


def evaluation_batches(
    model: Trainable, source: Data | data_adapters.Batches, batch_size: int, one_by_one: bool
) -> Iterator[tuple[Data, int]]:
    """The data for the engine, with the rows of a pass: all at once, unless they come or are needed batch by batch."""
    if not isinstance(source, Data):
        for number, block in enumerate(source.runs(1 if one_by_one else None)):
            yield validate_and_prepare(model, *block.in_order(), None, where=f"batch {number}"), block.size
    elif one_by_one:
        for start in range(0, len(source), batch_size):
            yield source.rows(slice(start, start + batch_size)), batch_size
    else:
        yield source, batch_size


def first_batches(data: Data, steps: int | None, batch_size: int) -> Data:
    """The rows of the first ``steps`` batches, all where that is None."""
    return data if steps is None else data.rows(slice(0, steps * batch_size))


def learning_rates(model: Trainable, steps: int) -> Array:
    """The optimizer's rates for the next ``steps`` updates, shape (steps,)."""
    assert model.optimizer is not None
    first = model.optimizer.by_hand.step if model.optimizer_state is None else model.optimizer_state.step
    if callable(model.optimizer.learning_rate):
        rates = [model.optimizer.rate(first + i) for i in range(steps)]
        checks.raise_first(checks.check_rates(model, rates, first))
        return np.array(rates)
    rate = model.optimizer.rate(first)
    checks.raise_first(checks.check_rates(model, (rate,), first))
    return np.full(steps, rate)
