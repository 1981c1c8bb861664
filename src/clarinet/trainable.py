"""A protocol for models, for the code below them: checks, data, files, runs, pictures, callbacks, the doctor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from clarinet.layers.base import Layer
from clarinet.layers.model_classes import MODELS
from clarinet.types import Arrays, Predictions

if TYPE_CHECKING:
    from pathlib import Path

    from clarinet.engines.base import Engine
    from clarinet.graph import Network
    from clarinet.losses import Loss
    from clarinet.optimizers import Optimizer, OptimizerState
    from clarinet.params import Store, Weight
    from clarinet.plan import Plan, Preparation
    from clarinet.target import TransformedTarget
    from clarinet.types import Array, Arrays, Config, DType, Shape, ShapeLike
    from clarinet.variables import Variable


class Seeded(Protocol):
    """A model, as far as what it draws needs it."""

    @property
    def seed(self) -> int: ...

    @seed.setter
    def seed(self, seed: int) -> None: ...


class Epochs(Protocol):
    """The numbers of every epoch, as :class:`clarinet.callbacks.History` keeps them."""

    history: dict[str, list[float]]
    epoch: list[int]


class Judged(Protocol):
    """One output of a model, with what judges it: all that checks of labels look at. A model with one output is one."""

    @property
    def layers(self) -> Sequence[Layer]: ...

    @property
    def loss(self) -> Loss | None: ...

    @property
    def prediction_shape(self) -> Shape | None: ...

    @property
    def dtype(self) -> DType: ...

    @property
    def target(self) -> TransformedTarget | None: ...

    @property
    def has_mask(self) -> bool: ...


@dataclass(frozen=True)
class OutputFace:
    """One of several outputs of a model, as :class:`Judged`.

    Attributes:
        name: of the output.
        layers: the one that makes it, for messages.
        loss: None where it is not trained on.
        prediction_shape: of one prediction.
        dtype: the model's.
        has_mask: whether a mask says which steps count.
        target: always None: only a model with one output learns transformed targets.
    """

    name: str
    layers: Sequence[Layer]
    loss: Loss | None
    prediction_shape: Shape | None
    dtype: DType
    has_mask: bool = False
    target: TransformedTarget | None = None


class Trainable(Protocol):
    """A model such as :class:`clarinet.Sequential`, which documents each of these."""

    name: str
    layers: list[Layer]
    dtype: DType
    seed: int
    metadata: dict[str, object]
    optimizer: Optimizer | None
    target: TransformedTarget | None
    optimizer_state: OptimizerState | None
    epochs_trained: int
    stop_training: bool
    doctor_report: object
    _metrics: tuple[list[object], list[object]]  # as given to compile
    _loss_order: list[str]  # in which lists of results have the losses of outputs
    _calls: int  # of the model on arrays that drew random numbers

    def __init__(self, layers: Iterable[object] = (), name: str | None = None) -> None: ...

    @property
    def loss(self) -> Loss | None: ...

    # Structure and weights.

    @property
    def sample_shape(self) -> Shape | None: ...

    @property
    def built(self) -> bool: ...

    @property
    def empty(self) -> bool: ...

    @property
    def has_mask(self) -> bool: ...

    @property
    def prediction_shape(self) -> Shape | None: ...

    @property
    def input_names(self) -> list[str]: ...

    @property
    def output_names(self) -> list[str]: ...

    @property
    def prepares_data(self) -> bool: ...

    @property
    def preparation(self) -> Preparation | None: ...

    @property
    def input_shapes(self) -> tuple[Shape, ...]: ...

    @property
    def row_shapes(self) -> tuple[Shape, ...]: ...

    @property
    def row_names(self) -> list[str]: ...

    @property
    def network(self) -> Network: ...

    @property
    def is_chain(self) -> bool: ...

    @property
    def faces(self) -> Sequence[Judged]: ...

    @property
    def stepped(self) -> str: ...

    @property
    def has_call(self) -> bool: ...

    @property
    def needs_labels(self) -> bool: ...

    @property
    def trainable_variables(self) -> list[Variable]: ...

    def packed(self, outputs: Arrays) -> Predictions: ...

    @property
    def store(self) -> Store: ...

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer: ...

    def build(self, input_shape: ShapeLike | None = None) -> None: ...

    def build_for_data(self, x: object) -> None: ...
    def build_again(self, rows: Arrays) -> None: ...

    def models_within(self) -> Sequence[Seeded]: ...

    def count_params(self) -> int: ...

    def get_weights(self) -> list[Array]: ...

    def set_weights(self, weights: Sequence[object]) -> None: ...

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], object] | None = None,
        expand_nested: bool = True,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None: ...

    # Compiling.

    @property
    def compile(self) -> Callable[..., None]: ...

    @property
    def metrics_names(self) -> list[str]: ...

    def make_plan(self, label_shapes: Sequence[Shape | None] = ()) -> Plan: ...

    def engine_for(self, label_shapes: Sequence[Shape | None] = (), fresh: bool = False) -> Engine: ...

    @property
    def ready_engine(self) -> Engine | None: ...

    @property
    def engine(self) -> str: ...

    @property
    def engine_reason(self) -> str: ...

    # Training and use.

    @property
    def history(self) -> Epochs | None: ...

    @history.setter
    def history(self, history: Epochs | None) -> None: ...

    @property
    def fit(self) -> Callable[..., Epochs]: ...

    @property
    def evaluate(self) -> Callable[..., float | list[float] | dict[str, float]]: ...

    @property
    def predict(self) -> Callable[..., Predictions]: ...

    def in_training(self) -> AbstractContextManager[AbstractContextManager[object]]: ...

    def _new_doctor(self) -> Any: ...

    def _new_plot(self, theme: str) -> Any: ...

    def _new_recording(self, fit: Any) -> Any: ...

    def refuse_in_training(self, doing: str, only_elsewhere: bool = False) -> None: ...

    def running_kept(self) -> AbstractContextManager[None]: ...

    # Configuration and files.

    def weight_specs(self, input_shape: object) -> tuple[Weight, ...]: ...

    def state_specs(self, input_shape: object) -> tuple[Weight, ...]: ...

    def get_config(self) -> Config: ...

    def structure_config(self) -> Config: ...

    def class_config(self) -> Config | None: ...

    @classmethod
    def from_structure(cls, config: Mapping[str, object]) -> Trainable: ...

    def compile_config(self, left_out: list[str] | None = None) -> Config | None: ...

    def compile_from_config(self, config: Mapping[str, object]) -> None: ...

    def save(self, path: str | Path) -> None: ...

    @classmethod
    def load(
        cls, path: str | Path, custom_objects: Mapping[str, object] | None = None, compile: bool = True
    ) -> Trainable: ...

    def save_weights(self, path: str | Path) -> None: ...


def model_class(name: str = "Sequential") -> type[Trainable]:
    """The class of models of this name."""
    return cast("type[Trainable]", MODELS[name])
