"""The model: layers that can be compiled, fitted, evaluated, used and saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Self

from clarinet import answers, layers
from clarinet.compiled import Compiled
from clarinet.compiling import loss_config, metrics_config
from clarinet.configurable import auto_config, bound, encode, encode_all, is_ours
from clarinet.exporting import Exporting
from clarinet.functional import Functional
from clarinet.graph import is_symbolic, use
from clarinet.graph_configs import connected, inputs_of
from clarinet.layer_stack import LayerStack
from clarinet.layers.base import check_positive_int, check_shape
from clarinet.layers.describing import settings_of
from clarinet.layers.model_classes import known
from clarinet.layers.sharing import describing, once, reading
from clarinet.names import explained
from clarinet.registry import custom_object_scope, own_name
from clarinet.structure import Structure
from clarinet.training import calling, predicting, stateless, steps, trainer
from clarinet.training.earlier import EarlierNames
from clarinet.types import AnyTensor, Config, Json, Scalar, TensorLike

if TYPE_CHECKING:
    from pathlib import Path

    from clarinet.training.callback import Callback
    from clarinet.training.loop import Fit, Recorded


@known
class Model(EarlierNames, Exporting, Compiled):
    """A network from some tensors to others.

    ``Input`` makes the first tensors, calls of layers and models the next ones. A model may be called on tensors too,
    and is a layer of another model then, which shares its weights. A subclass may define ``call(self, inputs)``
    instead, made of calls of layers; it becomes the same network when it first sees data.

    Args:
        inputs, outputs: a tensor, or lists, tuples or dictionaries of them. Data come and predictions are given in the
            same form; what comes in a list may also be given in a dictionary by the names of the ``Input`` tensors.
        name: for people, and unique in another model; default ``"functional"``.
        trainable: False freezes all layers that it has by then; default True.

    Attributes:
        layers: all layers and models, in Keras's order.
        input, output, inputs, outputs: the tensors; the last two as lists.
        input_shape, output_shape: with the batch axis, ``(None, 8)``; structures of shapes where there are several.
        history: the last ``fit``'s History.
        engine, engine_reason: which engine runs the model, and why.
        stop_training: a callback sets it to True to end ``fit``.
        doctor_report: what a :class:`clarinet.doctor.Doctor` found in the last ``fit``; not kept in copies and files.
        metadata: JSON-able extras that are saved with the model, e.g. class names.

    Raises:
        TypeError: something else than tensors. ValueError: an output needs an input that is not among the inputs.

    Example:
        >>> import clarinet
        >>> from clarinet.layers import Add, Dense, Input
        >>> inputs = Input((8,))
        >>> hidden = Dense(8, "relu")(inputs)
        >>> model = clarinet.Model(inputs, Dense(1)(Add()([inputs, hidden])))
        >>> model.count_params(), model.output.shape
        (81, (None, 1))
    """

    @explained
    def __init__(
        self, inputs: object = None, outputs: object = None, name: str | None = None, *, trainable: bool = True
    ) -> None:
        self._begin()
        if inputs is None and outputs is None:
            Structure.__init__(self, name)
            self._refuse_without_call()
        else:
            Functional.__init__(self, inputs, outputs, name)
        if not trainable:
            self.trainable = False

    # Training and use, see training/: trainer.py has the methods, loop.py the loop.
    fit = trainer.fit
    fit_events = trainer.with_arguments_of(trainer.fit)(trainer.fit_events)
    evaluate = trainer.evaluate
    predict = predicting.predict
    answer = answers.answer
    train_step = steps.train_step
    test_step = steps.test_step
    predict_step = steps.predict_step
    compute_loss = steps.compute_loss
    compute_metrics = steps.compute_metrics
    train_on_batch = trainer.train_on_batch
    test_on_batch = trainer.test_on_batch
    predict_on_batch = predicting.predict_on_batch
    stateless_call = stateless.stateless_call

    def __call__(self, *inputs: TensorLike, training: bool | None = None, **settings: object) -> AnyTensor:
        """Use the model: on tensors of a network it is a layer of that, on numbers it computes.

        On numbers it gives a :class:`clarinet.ops.Tensor`, and a :class:`clarinet.GradientTape` remembers the call; see
        :func:`clarinet.training.calling.call`.

        Args:
            inputs: a tensor, or the tensors that the model takes; or rows.
            training: whether layers behave as in training: then moving averages are updated. None (default): layers
                that augment do, as in Keras, and all others behave as in inference; on tensors of a network: as the
                other model does.
            settings: other arguments of ``call``, where the model has one of its own; or ``inputs`` by name.
        """
        if len(inputs) > 1:
            inputs, training = calling.training_in_place(self, inputs, training, settings)
        inputs = calling.all_inputs(self, inputs, settings)
        if not is_symbolic(inputs):
            return calling.call(self, inputs, training, settings)
        outputs = use(self, self._build_for_tensors(inputs[0] if inputs[1:] == () else list(inputs)), training).results
        return self._in_form(outputs)

    @property
    def metrics_names(self) -> list[str]:
        """``["loss", …]``, in the order that ``evaluate`` returns."""
        if self.stepped:
            return [metric.name for metric in self.metrics]
        return list(self.engine_for().results())

    def get_metrics_result(self) -> dict[str, Scalar]:
        """Running loss and metrics by name: of the last epoch after ``fit``, of the data after ``evaluate``.

        Unlike in logs and history, a metric of several numbers, such as a confusion matrix, is there as an array.
        """
        if self.stepped:
            return steps.results(self.metrics)
        engine = self.engine_for()
        loss = engine.results()["loss"]
        plan = engine.plan
        return {"loss": loss} | {judged.prefix + judged.metric.name: judged.metric.result() for judged in plan.judged}

    def reset_metrics(self) -> None:
        """Reset the running metrics of ``train_on_batch`` and ``test_on_batch``."""
        if not self.stepped:
            self.engine_for().reset_metrics()
            return
        for metric in self.metrics:
            metric.reset_state()

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

    def __new__(cls, *args: object, **settings: object) -> Self:
        model = super().__new__(cls)
        if not is_ours(cls, "__init__"):
            model._arguments = bound(cls, args, settings)
        return model

    def get_config(self) -> Config:
        """What makes a model of the same structure with :meth:`from_config`, as JSON can hold it.

        The arguments of ``__init__`` where the class has one of its own; else layers and how they are connected.
        """
        if is_ours(type(self), "__init__"):
            return self.structure_config()
        base: Config = {"name": self.name, "trainable": self.trainable}
        return auto_config(self, base) if is_ours(type(self), "get_config") else base

    @classmethod
    def from_config(cls, config: Mapping[str, object], custom_objects: Mapping[str, object] | None = None) -> Self:
        """The model that :meth:`get_config` described, with fresh weights.

        Args:
            config: the description.
            custom_objects: classes and functions of one's own by name.
        """
        with custom_object_scope(custom_objects or {}):
            if is_ours(cls, "__init__"):
                return cls.from_structure(config)
            make: Callable[..., Self] = cls
            return make(**config)

    @classmethod
    def from_structure(cls, config: Mapping[str, object], held: Sequence[layers.Layer] | None = None) -> Self:
        """The model that :meth:`structure_config` described, with fresh weights.

        Args:
            config: the description.
            held: its layers; default: new ones, as they are described.
        """
        model = cls.__new__(cls)
        model._begin()
        Structure.__init__(model, str(config["name"]) if config.get("name") else None)
        graph = connected(config, held, model)
        model._attributes = [*graph.layers] if config.get("within_call") else None
        model._connect(graph.inputs, graph.outputs, graph.updates)
        return model

    def build_as(self, structure: Mapping[str, object]) -> None:
        """Become a network for such inputs as a description says, where ``call`` says what it computes."""
        if not self.built:
            self._trace(inputs_of(structure))

    def to_json(self, **settings: object) -> str:
        """The model without weights as JSON, for :func:`clarinet.models.model_from_json`.

        Args:
            settings: of ``json.dumps``, e.g. ``indent=2``.
        """
        import json

        dumps: Callable[..., str] = json.dumps
        return dumps(self.encoded(), **settings)

    def encoded(self) -> Json:
        """The model as a layer of another one, and in JSON."""
        return once(self, self._described)

    def _described(self) -> Config:
        library = "Sequential" if isinstance(self, Sequential) else "Model"
        own, structure = self.class_config(), self.structure_config()
        plain: Config = {"class_name": library, "config": structure}
        return plain if own is None else own | {"kept": plain}

    def class_config(self) -> Config | None:
        """Which class of a user's own it is, and what it was made with; None for one of the library's."""
        kind = type(self)
        if kind in (Model, Sequential):
            return self.restored_from
        arguments = None if is_ours(kind, "__init__") else settings_of(self)
        return {"class_name": kind.__name__, **own_name(kind), "config": arguments}

    def compile_config(self, left_out: list[str] | None = None) -> Config | None:
        """The arguments of ``compile`` as a JSON-able dictionary; None before it was called.

        Args:
            left_out: takes a sentence for each metric that has no JSON form, which is left out; None: that is an error.

        Raises:
            TypeError: a Python function that is not made of operations alone, or a class of a user's own that is not
                registered.
        """
        if self.optimizer is None:
            return None
        shapes = [face.prediction_shape for face in self.faces] if self._connected else [None]
        losses = [loss_config(*pair) for pair in zip(self._compiled_losses, shapes)]
        loss: object = losses if len(losses) > 1 else losses[0]
        by_name = dict(zip(self.output_names, losses, strict=True)) if len(losses) > 1 else {}
        order = [name for name in self._loss_order if name in by_name]
        if order and order != [*by_name]:  # the order in which they are listed
            loss = {name: by_name[name] for name in order}
        settings: dict[str, object] = {"optimizer": self.optimizer, "loss": loss}
        for name, own in zip(("metrics", "weighted_metrics"), self._metrics):
            groups = own if len(losses) > 1 else [own]
            kept = [metrics_config(group, shape, left_out) for group, shape in zip(groups, shapes)]
            settings[name] = kept if len(losses) > 1 else kept[0]
        settings |= {"engine": self._requested_engine, "dtype": self.dtype.name, "target": self.target}
        return encode_all(settings | ({"loss_weights": self._loss_weights} if len(losses) > 1 else {}))

    def compile_from_config(self, config: Mapping[str, object]) -> None:
        """Compile as :meth:`compile_config` described."""
        compile: Callable[..., None] = self.compile
        compile(**config)

    @explained
    def save(self, filepath: str | Path, overwrite: bool = True, *, include_optimizer: bool = True) -> None:
        """Write model, weights and optimizer state to one file, atomically; see :mod:`clarinet.saving`.

        Where the name ends in ``.keras`` or ``.h5``, as Keras does; see :mod:`clarinet.exchange`.

        Args:
            filepath: name of the file.
            overwrite: whether a file that is there is replaced; default True.
            include_optimizer: False keeps neither the arguments of ``compile`` nor what the optimizer remembers.

        Raises:
            FileExistsError: the file is there, with ``overwrite=False``.
        """
        from clarinet.exchange import formats  # with zipfile and json, which few programs need

        formats.check_free(filepath, overwrite)
        optimizer = self.optimizer
        try:
            self.optimizer = optimizer if include_optimizer else None
            formats.save(self, filepath)
        finally:
            self.optimizer = optimizer

    @classmethod
    def load(cls, path: str | Path, custom_objects: Mapping[str, object] | None = None, compile: bool = True) -> Model:
        """Read a file of :meth:`save`, of Keras's or of ONNX; runs no code from it. Arguments as of
        :func:`clarinet.models.load_model`."""
        from clarinet.exchange import formats

        model = formats.load(path, custom_objects, compile)
        assert isinstance(model, Model)
        return model

    @explained
    def save_weights(self, filepath: str | Path, overwrite: bool = True) -> None:
        """Write the weights alone, as safetensors; as Keras does where the name ends in ``.weights.h5`` or ``.h5``."""
        from clarinet.exchange import formats

        formats.check_free(filepath, overwrite)
        formats.save_weights(self, filepath)

    @explained
    def load_weights(self, filepath: str | Path, by_name: bool = False) -> None:
        """Read a file of :meth:`save_weights`, or of Keras's, into a model of the same structure.

        ``by_name`` is for Keras's ``.h5``: layers of the same name correspond, and the others stay as they are.
        """
        from clarinet.exchange import formats

        formats.load_weights(self, filepath, by_name)

    def __getstate__(self) -> dict[str, object]:
        return super().__getstate__() | {"_engine": None, "_called": None, "_preparation": None, "doctor_report": None}


@known
class Sequential(LayerStack, Model):
    """A plain stack of layers: the output of each is the input of the next.

    Args:
        layers: layers and models in order; an ``Input`` (or ``input_shape=`` on the first layer) builds the model at
            once, otherwise the first data does.
        name: for people; default ``"sequential"``.

    Attributes:
        layers: the layers, without ``Input``.
        input_shape, output_shape: with the batch axis, ``(None, 8)``; None before the model is built.

    All else is as in :class:`Model`.

    Example:
        >>> import clarinet
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
        >>> model.count_params()
        3
    """

    def __init__(self, layers: Iterable[object] = (), name: str | None = None) -> None:
        self._begin()
        LayerStack.__init__(self, layers, name)

    def structure_config(self) -> Config:
        with describing():
            layers: Json = [layer.encoded() for layer in self.layers]
        rows: Config = {} if self._batch_size is None else {"batch_size": self._batch_size}
        return {"name": self.name, "input_shape": encode(self.sample_shape), **rows, "layers": layers}

    @classmethod
    def from_structure(cls, config: Mapping[str, object], held: Sequence[layers.Layer] | None = None) -> Self:
        """The model that :meth:`structure_config` described, with fresh weights."""
        described: Mapping[str, Any] = config
        model = cls.__new__(cls)
        model._begin()
        LayerStack.__init__(model, (), described.get("name"))
        if described.get("input_shape") is not None:
            model.sample_shape = check_shape(described["input_shape"], "Input: shape", some_unknown=True)
        if described.get("batch_size") is not None:
            model._batch_size = check_positive_int(described["batch_size"], "Input: batch_size")
        with reading():
            model._extend([layers.get(each) for each in described["layers"]] if held is None else held)
        return model
