"""A model that has been told how it is to learn, and the engine that runs it."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any, cast

from clarinet import compiling, engines, losses, optimizers, renamed
from clarinet import metrics as metrics_module
from clarinet.data_adapters import label_form
from clarinet.functional import Functional
from clarinet.making_plans import Judgement, make_plan
from clarinet.metrics.compiled import Asked, CompileMetrics
from clarinet.names import explained
from clarinet.optimizers import OptimizerState
from clarinet.optimizers.by_hand import Slots
from clarinet.params import Block, Segment
from clarinet.plan import Plan, Preparation
from clarinet.sizes import opened
from clarinet.structure import NO_LAYERS
from clarinet.target import TransformedTarget
from clarinet.trainable import Epochs, Judged, OutputFace
from clarinet.training import stepping, steps
from clarinet.types import DTypeArg, Shape


class Compiled(Functional):
    """A structure with losses, optimizer and metrics; :class:`clarinet.Model` adds training, use and files."""

    def _begin(self) -> None:
        """Be a model that has not been compiled or trained."""
        self.history: Epochs | None = None
        self.stop_training = False
        self.epochs_trained = 0
        self._calls = 0  # of the model on arrays that drew random numbers
        self.metadata: dict[str, Any] = {}
        self.doctor_report: Any = None
        self.optimizer: optimizers.Optimizer | None = None
        self._compiled_losses: list[losses.Loss | None] = []
        self._loss_weights: list[float] = []
        self._loss_order: list[str] = []  # in which lists of results have the losses of outputs
        self.target: TransformedTarget | None = None
        self._metrics: tuple[list[Any], list[Any]] = ([], [])
        self._requested_engine = "auto"
        self._device: str | None = None
        self._engine: tuple[Any, engines.Engine, str] | None = None
        self._called: tuple[object, Any] | None = None  # what runs calls on numbers
        self._prepares: bool | None = None  # whether a layer runs once on data, as far as somebody has asked
        self._preparation: Preparation | None = None
        self._eagerly = False  # whether ``call`` runs as it stands
        self._loss_tracker = metrics_module.Mean("loss")  # in steps of the model's own, as what follows
        self._trackers: list[metrics_module.Mean | None] = []
        self._compile_metrics: CompileMetrics | None = None
        self._judging_later: tuple[object, object, object, object] | None = None  # until the outputs are known

    def _structure_changed(self) -> None:
        super()._structure_changed()
        self._engine = self._called = self._prepares = self._preparation = None

    # Compiling.

    @explained
    def compile(
        self,
        optimizer: object = "rmsprop",
        loss: object = None,
        metrics: object = None,
        weighted_metrics: object = None,
        *,
        engine: str = "auto",
        dtype: DTypeArg = None,
        device: str | None = None,
        target: object = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: object = "auto",
        auto_scale_loss: bool = True,
        loss_weights: object = None,
    ) -> None:
        """Say how the model is to learn.

        Args:
            optimizer: name or object; default ``"rmsprop"`` as in Keras.
            loss: name, object, or None: that of the ``compile`` before; without one the model only predicts.
            metrics: names, objects, or functions of (y_true, y_pred); one or a list.
            weighted_metrics: the same, weighted by ``sample_weight``. Where neither is given, those of the ``compile``
                before stay.
            engine: ``"auto"``, ``"native"``, ``"reference"``, or ``"jax"`` for GPUs and TPUs (``pip install
                "clarinet[jax]"``), which is never chosen by itself.
            dtype: ``"float32"`` (default) or ``"float64"``, which selects the reference engine.
            device: where the reference engine computes: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"torch"``, ``"cupy"``, …
                It is not saved with the model. Default None: the processor.
            target: train on transformed targets, judge in original units: ``"standard"``, ``"minmax"``, ``"log"``,
                ``"log1p"``, a pair of functions or a :class:`clarinet.TransformedTarget`; default None, as they are.
            run_eagerly: have ``call`` run as it stands where the model is called on numbers; default False: it is
                traced once where that is possible.
            steps_per_execution, jit_compile, auto_scale_loss: accepted for Keras programs; they change nothing here.
            loss_weights: how much the loss of each output counts, a list or a dictionary by name; default 1 each.

        Where the model has several outputs, ``loss``, ``metrics`` and ``weighted_metrics`` are lists in their order or
        dictionaries by their names; an output whose loss is None, or is not named, is not trained on.

        Raises:
            ValueError: an unknown name (with the nearest right one), engine or dtype. TypeError: something else.
            RuntimeError: the model is being trained.
        """
        self.refuse_in_training("compile")
        self._refuse_other_dtype(compiling.check_dtype(dtype))
        self.optimizer = optimizers.get(optimizer)
        judging = loss, loss_weights, metrics, weighted_metrics
        later = not self._connected and compiling.by_output(*judging)
        self._judging_later = judging if later else None
        self._judge_by(*((compiling.first_of(loss), None, None, None) if later else judging))
        self._requested_engine, self._device = compiling.check_engine(engine, device), device
        self.target = compiling.target_for(target, self._compiled_losses)
        self.optimizer_state = self._engine = None
        self._set_dtype(compiling.check_dtype(dtype))
        self._eagerly = bool(run_eagerly)
        self._loss_tracker, self._trackers = metrics_module.Mean("loss"), []

    def _judge_by(self, loss: object, loss_weights: object, metrics: object, weighted_metrics: object) -> None:
        """Take what judges each output, as :meth:`compile` is told."""
        names = self.output_names if self._connected else ["output"]
        if loss is not None or len(self._compiled_losses) != len(names):  # else those of before count, as in Keras
            self._compiled_losses = compiling.losses_for(names, loss)
            self._loss_weights = compiling.weights_for(names, loss_weights)
            self._loss_order = [*loss] if isinstance(loss, Mapping) else names
        given = {"metrics": metrics, "weighted_metrics": weighted_metrics}
        groups = [compiling.metrics_for(names, each, what) for what, each in given.items()]
        for identifier in (identifier for group in groups for own in group for identifier in own):
            metrics_module.get(identifier)  # an unknown name is refused here
        if metrics is not None or weighted_metrics is not None or not any(self._metrics):
            self._metrics = (groups[0][0], groups[1][0]) if len(names) == 1 else (groups[0], groups[1])
        asked = [Asked(name, *each) for name, each in zip(names, zip(*groups, strict=True), strict=True)]
        asked = [own._replace(name="") for own in asked] if len(asked) == 1 else asked
        given_some = any(own.plain or own.weighted for own in asked)
        self._compile_metrics = CompileMetrics(asked, metrics_module.resolve_all) if given_some else None

    def _name_outputs(self) -> None:
        """Take what was said of outputs by their names, or one after another, before they were known."""
        judging, self._judging_later = self._judging_later, None
        if judging is not None:
            self._judge_by(*judging)

    @property
    def stepped(self) -> str:
        """Why its steps run in Python, batch by batch; empty where an engine runs them."""
        return stepping.reason_for_steps(cast(stepping.SteppedModel, self))

    @property
    def needs_labels(self) -> bool:
        """Whether nothing is to be learned without labels and a loss of ``compile``."""
        return not self.stepped and (self.loss is not None or not self.may_add_loss)

    @property
    def metrics(self) -> list[metrics_module.Metric]:
        """The running loss, what ``compile`` was given, and the metrics that the model and its layers have as
        attributes: those of steps of the model's own."""
        compiled = [] if self.optimizer is None else [self._loss_tracker, self._compile_metrics, *self._trackers]
        found = [*(metric for metric in compiled if metric is not None), *steps.own_metrics(self)]
        return list({id(metric): metric for metric in found}.values())

    def _output_trackers(self, outputs: int) -> list[metrics_module.Mean | None]:
        """The running loss of each output, where several have one."""
        if not self._trackers:
            names = self.output_names if self._connected else [str(number) for number in range(outputs)]
            judged = zip(names, self._compiled_losses, strict=False)
            each = [None if loss is None else metrics_module.Mean(f"{name}_loss") for name, loss in judged]
            self._trackers = each if len(each) - each.count(None) > 1 else [None] * outputs
        return self._trackers

    @property
    def loss(self) -> losses.Loss | None:
        """The loss; of several outputs the first that there is."""
        return next((loss for loss in self._compiled_losses if loss is not None), None)

    @property
    def faces(self) -> Sequence[Judged]:
        """Each output with what judges it."""
        names = self.output_names
        if len(names) == 1:
            return (self,)
        given = self._compiled_losses or [None] * len(names)
        outputs = zip(names, self.network.outputs, given, strict=True)
        made: Any = {tensor: [tensor.node.operator] for tensor in self.network.outputs}
        masked = {t: t.mask is not None for t in self.network.outputs}
        return [OutputFace(name, made[t], loss, t.sample_shape, self.dtype, masked[t]) for name, t, loss in outputs]

    # What runs once on data.

    @property
    def prepares_data(self) -> bool:
        """Whether some layers run once on data, before engines see them, as a :class:`StringLookup` does."""
        if self._prepares is None:
            self._prepares = any(leaf.layer.prepares for layer in self.layers for leaf in layer.leaf_layers())
        return self._prepares

    @property
    def preparation(self) -> Preparation | None:
        """What these layers are, once the model is built; None where there are none."""
        if self._preparation is None and self.prepares_data:
            self._preparation = make_plan(self.network, self.numbered, self.store).preparation
            self._prepares = self._preparation is not None  # its author may call such a layer outside of the network
        return self._preparation

    @property
    def row_shapes(self) -> tuple[Shape, ...]:
        """Of one sample of each array that engines see: those of the inputs, or what has been made of them."""
        found = self.preparation
        shapes = self.input_shapes
        if found is not None:
            every = (*shapes, *(op.output_shape for op in found.ops))
            shapes = tuple(every[number] for number in found.gives)
        return shapes

    @property
    def row_names(self) -> list[str]:
        """What messages call these arrays."""
        found, names = self.preparation, self.input_names
        if found is not None:
            every = [*names, *(op.spec.name or op.kind for op in found.ops)]
            names = [every[number] for number in found.gives]
        return names

    def make_plan(self, label_shapes: Sequence[Shape | None] = ()) -> Plan:
        """The plan of this model as it stands.

        Args:
            label_shapes: shape of one label of each output; what ``"accuracy"`` means depends on it. Default: what the
                loss wants.
        """
        if self.empty:
            raise ValueError(NO_LAYERS)
        store, faces = self.store, self.faces
        groups = [[own] if len(faces) == 1 else own or [[]] * len(faces) for own in self._metrics]
        weights = self._loss_weights or [1.0] * len(faces)
        judgements = []
        for number, face in enumerate(faces):
            shape = face.prediction_shape
            assert shape is not None
            label_shape = label_shapes[number] if label_shapes else None
            if label_shape is None:
                label_shape = shape[:-1] if label_form(face.loss) == "ids" else shape
            plain, weighted = metrics_module.resolve_all(groups[0][number], groups[1][number], shape, label_shape)
            if self.target is not None:
                plain, weighted = self.target.judging(plain, weighted, face.loss)
            name = self.output_names[number] if len(faces) > 1 else ""
            judgements.append(Judgement(face.loss, weights[number], plain, weighted, name, label_shape))
        return make_plan(
            self.network, self.numbered, store, judgements=judgements, optimizer=self.optimizer, seed=self.seed
        )

    def engine_for(self, label_shapes: Sequence[Shape | None] = (), fresh: bool = False) -> engines.Engine:
        """The engine with the model's plan; made anew when something that the plan depends on has changed."""
        if self._engine is not None and not label_shapes and not fresh:
            return self._engine[1]
        if self.stepped:
            return self._own_steps()
        if label_shapes:
            faces = zip(label_shapes, self.faces, strict=True)
            label_shapes = [each and opened(each, face.prediction_shape) for each, face in faces]
        wanted = (tuple(label_shapes), tuple(leaf.trainable for layer in self.children for leaf in layer.leaf_layers()))
        if fresh or self._engine is None or self._engine[0] != wanted:
            if self._trained_by is not None and not fresh:
                return self._new_engine(label_shapes)[0]  # the training goes on with its own
            if self._engine is not None:
                self._engine[1].close()
            self._engine = wanted, *self._new_engine(label_shapes)
        return self._engine[1]

    def forget_engine(self) -> None:
        """Have the next call or training make its plan anew.

        Raises:
            RuntimeError: the model is being trained.
        """
        self.refuse_in_training("change a layer")
        if self._engine is not None:
            self._engine[1].close()
            self._engine = None

    @property
    def ready_engine(self) -> engines.Engine | None:
        """The engine that was made for its plan; None before one was asked for, and where steps are its own."""
        made = None if self._engine is None else self._engine[1]
        return None if isinstance(made, stepping.Stepping) else made

    def _own_steps(self) -> engines.Engine:
        """What runs steps of the model's own."""
        if self._engine is None:
            if self._requested_engine != "auto":
                raise ValueError(f"engine={self._requested_engine!r} cannot run this model: {self.stepped}")
            made: Any = stepping.Stepping(cast(stepping.SteppedModel, self), self.stepped)
            if self._connected:
                self._begin_slots()
            self._engine = ("steps",), made, self.stepped
        return self._engine[1]

    runner = renamed.method("runner", engine_for)

    def _new_engine(self, label_shapes: Sequence[Shape | None]) -> tuple[engines.Engine, str]:
        plan = self.make_plan(label_shapes)
        self._begin_slots()
        chosen, reason = engines.choose(plan, self._requested_engine, self._device)
        return chosen(plan, self.store, self.optimizer_state), reason

    def _begin_slots(self) -> None:
        """Have what the optimizer keeps, which goes on where a loop of the user's own has updated the same weights."""
        if self.optimizer is not None and self.optimizer_state is None:
            self.optimizer_state = OptimizerState.new(self.optimizer, self.store.layout, self.dtype)
            self.optimizer.by_hand.hand_over(self._slots(self.optimizer_state), self.weights)
        elif self.optimizer is not None and self.optimizer_state is not None:
            self.optimizer.by_hand.counter = self.optimizer_state

    def slots(self) -> Slots:
        """What the optimizer keeps of the weights, and where it is, for updates by hand."""
        self._begin_slots()
        assert self.optimizer_state is not None
        return self._slots(self.optimizer_state)

    def _slots(self, state: OptimizerState) -> Slots:
        def place(block: Block, segment: Segment) -> tuple[object, ...]:
            return id(block), *segment.spot

        here = {place(*self.store.place(s)): s for s in self.store.layout.segments}
        places = {id(v): here[found] for v in self.weights if (found := place(*v.location)) in here}
        return Slots(state, places, self.store.layout.size, weakref.ref(self))

    @property
    def engine(self) -> str:
        """``"native"``, ``"reference"``, ``"jax"``, or ``"python"`` where steps are the model's own."""
        return self.engine_for().name

    @property
    def engine_reason(self) -> str:
        """Why that engine."""
        self.engine_for()
        assert self._engine is not None
        return self._engine[2]
