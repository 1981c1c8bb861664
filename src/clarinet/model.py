"""The model: a list of layers that can be compiled, fitted, evaluated, used and saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import engines, losses, optimizers, renamed
from clarinet import layers as layers_module
from clarinet import metrics as metrics_module
from clarinet import target as target_module
from clarinet.configurable import encode, encode_all, resolve
from clarinet.data import label_form
from clarinet.layers.base import Layer
from clarinet.names import nearest
from clarinet.optimizers import OptimizerState
from clarinet.plan import Plan, make_plan
from clarinet.stack import NO_LAYERS, LayerStack
from clarinet.trainable import Epochs, known
from clarinet.training import predicting, trainer
from clarinet.training.prepare import as_list
from clarinet.types import Config, DType, Scalar, Shape

if TYPE_CHECKING:
    from pathlib import Path

    from clarinet.training.callback import Callback
    from clarinet.training.loop import Fit, Recorded


@known
class Sequential(LayerStack):
    """A plain stack of layers: the output of each is the input of the next.

    Args:
        layers: layers in order; an ``Input`` (or ``input_shape=`` on the first layer) builds the model at once,
            otherwise the first data does.
        name: for people; default ``"sequential"``.

    Attributes:
        layers: the layers, without ``Input``.
        input_shape, output_shape: of one sample; None before the model is built.
        history: the last ``fit``'s History.
        engine, engine_reason: which engine runs the model, and why.
        stop_training: a callback sets it to True to end ``fit``.
        doctor_report: the findings of the last ``fit`` with a :class:`clarinet.doctor.Doctor`; not kept in copies and
            files.
        metadata: JSON-able extras that are saved with the model, e.g. class names.

    Example:
        >>> import clarinet
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
        >>> model.count_params()
        3
    """

    def __init__(self, layers: Iterable[object] = (), name: str | None = None) -> None:
        self.history: Epochs | None = None
        self.stop_training = False
        self.epochs_trained = 0
        self._calls = 0  # of the model on arrays that drew random numbers
        self.metadata: dict[str, object] = {}
        self.doctor_report: object = None
        self.optimizer: optimizers.Optimizer | None = None
        self.loss: losses.Loss | None = None
        self.target: target_module.TransformedTarget | None = None
        self._metrics: tuple[list[object], list[object]] = ([], [])
        self._requested_engine = "auto"
        self._device: str | None = None
        self._engine: tuple[Any, engines.Engine, str] | None = None
        super().__init__(layers, name)

    def _structure_changed(self) -> None:
        super()._structure_changed()
        self._engine = None

    # Compiling.

    def compile(
        self,
        optimizer: object = "rmsprop",
        loss: object = None,
        metrics: object = None,
        weighted_metrics: object = None,
        *,
        engine: str = "auto",
        dtype: object = None,
        device: str | None = None,
        target: object = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: object = "auto",
        auto_scale_loss: bool = True,
        loss_weights: object = None,
    ) -> None:
        """Configure how the model learns.

        Args:
            optimizer: name or object; default ``"rmsprop"`` as in Keras.
            loss: name, object, or None for a model that only predicts.
            metrics: names, objects, or functions of (y_true, y_pred); one or a list.
            weighted_metrics: the same, weighted by ``sample_weight``.
            engine: ``"auto"``, ``"native"`` or ``"reference"``.
            dtype: ``"float32"`` (default) or ``"float64"``, which selects the reference engine.
            device: where the reference engine computes: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"torch"``, ``"cupy"``, …
                It is not saved with the model. Default None: the processor.
            target: train on transformed targets, judge in original units: ``"standard"``, ``"minmax"``, ``"log"``,
                ``"log1p"``, a pair of functions or a :class:`clarinet.TransformedTarget`; default None, as they are.
            run_eagerly, steps_per_execution, jit_compile, auto_scale_loss: accepted for Keras programs; they change
                nothing here.
            loss_weights: only None: there is one loss.

        Raises:
            ValueError: an unknown name (with the nearest right one), engine or dtype. TypeError: something else.
            RuntimeError: the model is being trained.
        """
        self.refuse_in_training("compile")
        self._refuse_other_dtype(_check_dtype(dtype))
        if loss_weights is not None:
            raise TypeError(
                f"compile: loss_weights is not supported, received {loss_weights!r}: a model has one loss; weigh rows "
                "with fit(sample_weight=...)"
            )
        self.optimizer = optimizers.get(optimizer)
        self.loss = None if loss is None else losses.get(loss)
        self._metrics = as_list(metrics), as_list(weighted_metrics)
        for identifier in (*self._metrics[0], *self._metrics[1]):
            metrics_module.get(identifier)  # an unknown name is refused here
        self._requested_engine, self._device = _check_engine(engine, device), device
        self.target = target_module.for_loss(target, self.loss)
        self.dtype, before = _check_dtype(dtype), self.dtype
        self.optimizer_state = self._engine = None
        if self.dtype != before:
            self._rebuild()

    def make_plan(self, label_shape: Shape | None = None) -> Plan:
        """The plan of this model in its present state.

        Args:
            label_shape: shape of one label; the meaning of ``"accuracy"`` depends on it. Default: as the loss expects.
        """
        if not self.layers:
            raise ValueError(NO_LAYERS)
        store, output = self.store, self.output_shape
        assert output is not None
        if label_shape is None:
            label_shape = output[:-1] if label_form(self.loss) == "ids" else output
        plain, weighted = metrics_module.resolve_all(*self._metrics, output, label_shape)
        if self.target is not None:
            plain, weighted = self.target.judging(plain, weighted, self.loss)
        return make_plan(
            self.layers,
            self._known_shape(),
            store,
            loss=self.loss,
            optimizer=self.optimizer,
            metrics=plain,
            weighted_metrics=weighted,
            seed=self.seed,
        )

    def engine_for(self, label_shape: Shape | None = None, fresh: bool = False) -> engines.Engine:
        """The engine with the model's plan; a new one if something that the plan depends on has changed."""
        if self._engine is not None and label_shape is None and not fresh:
            return self._engine[1]
        wanted = (label_shape, tuple(leaf.trainable for layer in self.layers for leaf in layer.leaf_layers()))
        if fresh or self._engine is None or self._engine[0] != wanted:
            if self._trained_by is not None and not fresh:
                return self._new_engine(label_shape)[0]  # the training keeps its own
            if self._engine is not None:
                self._engine[1].close()
            self._engine = wanted, *self._new_engine(label_shape)
        return self._engine[1]

    runner = renamed.method("runner", engine_for)

    def _new_engine(self, label_shape: Shape | None) -> tuple[engines.Engine, str]:
        plan = self.make_plan(label_shape)
        if self.optimizer is not None and self.optimizer_state is None:
            self.optimizer_state = OptimizerState.new(self.optimizer, self.store.layout, self.dtype)
        chosen, reason = engines.choose(plan, self._requested_engine, self._device)
        return chosen(plan, self.store, self.optimizer_state), reason

    @property
    def engine(self) -> str:
        """``"native"`` or ``"reference"``."""
        return self.engine_for().name

    @property
    def engine_reason(self) -> str:
        """Why that engine."""
        self.engine_for()
        assert self._engine is not None
        return self._engine[2]

    # Training and use, see training/: trainer.py has the methods, loop.py the loop.

    fit = trainer.fit
    fit_events = trainer.with_arguments_of(trainer.fit)(trainer.fit_events)
    evaluate = trainer.evaluate
    predict = predicting.predict
    train_on_batch = trainer.train_on_batch
    test_on_batch = trainer.test_on_batch
    predict_on_batch = predicting.predict_on_batch
    __call__ = predicting.call

    @property
    def metrics_names(self) -> list[str]:
        """``["loss", …]``, in the order that ``evaluate`` returns."""
        return list(self.engine_for().results())

    def get_metrics_result(self) -> dict[str, Scalar]:
        """Running loss and metrics by name: of the last epoch after ``fit``, of the data after ``evaluate``.

        Unlike in logs and history, a metric of several numbers, such as a confusion matrix, is there as an array.
        """
        engine = self.engine_for()
        loss = engine.results()["loss"]
        plan = engine.plan
        return {"loss": loss} | {m.name: m.result() for m in (*plan.metrics, *plan.weighted_metrics)}

    def reset_metrics(self) -> None:
        """Reset the running metrics of ``train_on_batch`` and ``test_on_batch``."""
        self.engine_for().reset_metrics()

    @contextmanager
    def running_kept(self) -> Iterator[None]:
        """Let a training that this interrupts go on with its epoch's sums as they were."""
        engine = None if self._trained_by is None or self._engine is None else self._engine[1]
        kept = None if engine is None else deepcopy(engine.running())
        try:
            yield
        finally:
            if engine is not None and kept is not None:
                engine.resume(kept)

    # Companions of a training from higher layers of the library; the loop asks for them here.

    def _new_doctor(self) -> Callback:
        """The doctor of ``fit(doctor=True)``."""
        from clarinet.doctor import Doctor  # with rules and experiments, which few programs need

        return Doctor()

    def _new_plot(self, theme: str) -> Callback:
        """The live plot of ``fit(plot=True)``."""
        from clarinet.callbacks import LivePlot

        return LivePlot(theme)

    def _new_recording(self, fit: Fit) -> Recorded:
        """The recording of ``fit(run=..., checkpoint=..., resume=...)``."""
        from clarinet.runs.recording import Recording  # with sqlite3, which not every program needs

        return Recording(fit)

    # Configuration, files, copies.

    def get_config(self) -> Config:
        """The model's structure as a JSON-able dictionary, without weights."""
        return {
            "name": self.name,
            "input_shape": encode(self.input_shape),
            "layers": [x.encoded() for x in self.layers],
        }

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Sequential:
        """The model that :meth:`get_config` described, with fresh weights."""
        described: Mapping[str, Any] = config
        model = cls(name=described.get("name"))
        if described.get("input_shape") is not None:
            model.input_shape = layers_module.Input(described["input_shape"]).shape
        model._extend(resolve(layer, Layer, layers_module) for layer in described["layers"])
        return model

    def compile_config(self) -> Config | None:
        """The arguments of ``compile`` as a JSON-able dictionary; None before it was called."""
        if self.optimizer is None:
            return None
        settings: dict[str, object] = {"optimizer": self.optimizer, "loss": self.loss}
        settings |= {"metrics": self._metrics[0], "weighted_metrics": self._metrics[1]}
        settings |= {"engine": self._requested_engine, "dtype": self.dtype.name, "target": self.target}
        return encode_all(settings)

    def compile_from_config(self, config: Mapping[str, object]) -> None:
        """Compile as :meth:`compile_config` described."""
        compile: Callable[..., None] = self.compile
        compile(**config)

    def save(self, path: str | Path) -> None:
        """Write model, weights and optimizer state to one file, atomically; see :mod:`clarinet.saving`."""
        from clarinet import saving  # with zipfile and json, which few programs need

        saving.save(self, path)

    def export_html(
        self, path: str | Path, *, class_names: Iterable[str] | None = None, largest: float | None = None
    ) -> None:
        """Write one HTML file in which a picture is drawn and this model recognises it; it needs no network.

        The weights are in the file and the forward pass is JavaScript, so it works in any browser, and the drawing does
        not leave it. A model trained on MNIST gets drawings in MNIST's form: fitted into 20 × 20 pixels and placed on
        28 × 28 by their centre of mass. Others get the whole sheet in their own size.

        Args:
            path: of the file, e.g. ``"digits.html"``.
            class_names: one for each class; default: those saved with the model, else numbers.
            largest: the value that a white pixel had in training, 1 or 255; default 255 for a model that begins with
                Rescaling or a normalisation, else 1.

        Raises:
            ValueError: the input is not a picture; a layer that cannot run in a page (recurrent layers, your own),
                named; names that do not fit the output. OSError: the file cannot be written.

        Example:
            >>> import clarinet, pathlib, tempfile
            >>> layers = [clarinet.Input((28, 28)), clarinet.layers.Flatten(), clarinet.layers.Dense(10, "softmax")]
            >>> path = pathlib.Path(tempfile.mkdtemp(), "digits.html")
            >>> clarinet.Sequential(layers).export_html(path)
            >>> path.stat().st_size > 4 * 7850
            True
        """
        from clarinet import page

        page.export_html(self, path, class_names=class_names, largest=largest)

    @classmethod
    def load(cls, path: str | Path) -> Sequential:
        """Read a file of :meth:`save`; runs no code from it."""
        from clarinet import saving

        model = saving.load(path)
        assert isinstance(model, Sequential)
        return model

    def save_weights(self, path: str | Path) -> None:
        """Write the weights alone, as safetensors."""
        from clarinet import saving

        saving.save_weights(self, path)

    def load_weights(self, path: str | Path) -> None:
        """Read a file of :meth:`save_weights` into a model of the same structure."""
        from clarinet import saving

        saving.load_weights(self, path)

    def __getstate__(self) -> dict[str, object]:
        return super().__getstate__() | {"_engine": None, "doctor_report": None}


def _check_engine(engine: str, device: str | None) -> str:
    """The name of an engine, or ValueError with the nearest right one; a missing device is refused."""
    names = engines.choices()
    if engine not in names:
        raise ValueError(f"compile: unknown engine {engine!r}: {nearest(str(engine), names)}")
    if device is not None:
        engines.open_device(device)
        if any(engine == known.name and not known.takes_devices for known in engines.ENGINES):
            raise ValueError(f"compile: device={device!r} is the reference engine's; leave out engine={engine!r}")
    return engine


def _check_dtype(dtype: Any) -> DType:
    """float32 (for None too) or float64, or ValueError."""
    try:
        found = np.dtype(np.float32 if dtype is None else dtype)
    except TypeError:
        found = None
    if found not in (np.float32, np.float64):
        raise ValueError(f"compile: dtype is 'float32' or 'float64', received {dtype!r}")
    return found
