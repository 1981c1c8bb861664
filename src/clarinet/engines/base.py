"""Engines: an engine runs a plan on data. It knows nothing of epochs, callbacks or files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, Self, TypeAlias, cast, overload

import numpy as np
from numpy.typing import NDArray

from clarinet.engines.halves import Handle
from clarinet.ops import structures
from clarinet.params import Store
from clarinet.philox import Key, Stream, permutation
from clarinet.records import Chunk
from clarinet.types import Array, Arrays, Shape

if TYPE_CHECKING:
    from clarinet.optimizers import OptimizerState
    from clarinet.plan import Plan


#: A structure with numbers in the places of arrays.
Form: TypeAlias = "int | tuple[Form, ...] | dict[str, Form]"


class Leaves(tuple[Array, ...]):
    """The arrays in a structure (lists, tuples and dictionaries within each other), with its form.

    Args:
        arrays: in order.
        form: the structure, with the number of an array in the place of each.
    """

    form: Form

    def __new__(cls, arrays: Iterable[Array], form: Form) -> Self:
        own = super().__new__(cls, arrays)
        own.form = form
        return own

    def each(self, change: Callable[[Array], Array]) -> Leaves:
        """The same with every array changed."""
        return Leaves(map(change, self), self.form)

    def packed(self, change: Callable[[Array], object]) -> object:
        """The structure, with what becomes of each array."""
        return structures.built(self.form, [change(array) for array in self])


def _each(arrays: tuple[Array | None, ...], change: Callable[[Array], Array]) -> tuple[Array | None, ...]:
    if isinstance(arrays, Leaves):
        return arrays.each(change)
    return tuple(None if a is None else change(a) for a in arrays)


@dataclass(frozen=True, init=False)
class Data:
    """Rows to train on, already checked and in a form that engines accept.

    Args:
        x: shape (n, *input_shape), any numeric dtype or bool; may be memory-mapped, so never copied whole. A tuple
            where there are several inputs.
        y: class ids (n, …) of an integer dtype, or numbers of the predictions' shape; None when only predicting. A
            tuple where there are several outputs, with None for those without a loss.
        weight: float32, class weight times sample weight, of shape (n,), or (n, …) with one for each value of the
            loss; weighs the loss and ``weighted_metrics``. None when every row counts once. A tuple where there are
            several outputs.

    For models that say themselves what a step is, all three are :class:`Leaves` of whatever structure.

    Attributes:
        xs, ys, weights: the same as tuples, as many as there are inputs and outputs; ``ys`` is empty when only
            predicting.
    """

    xs: tuple[Array, ...]
    ys: tuple[Array | None, ...]
    weights: tuple[Array | None, ...]

    def __init__(
        self,
        x: Arrays,
        y: Array | tuple[Array | None, ...] | None = None,
        weight: Array | tuple[Array | None, ...] | None = None,
    ) -> None:
        ys = y if isinstance(y, tuple) else () if y is None else (y,)
        object.__setattr__(self, "xs", x if isinstance(x, tuple) else (x,))
        object.__setattr__(self, "ys", ys)
        object.__setattr__(self, "weights", weight if isinstance(weight, tuple) else (weight,) * max(1, len(ys)))

    @property
    def x(self) -> Array:
        """The first input's."""
        return self.xs[0]

    @property
    def y(self) -> Array | None:
        """The first output's."""
        return self.ys[0] if self.ys else None

    @property
    def weight(self) -> Array | None:
        """The first output's."""
        return self.weights[0]

    @property
    def label_shapes(self) -> tuple[Shape | None, ...]:
        """Of one label of each output; empty when only predicting."""
        return tuple(None if y is None else y.shape[1:] for y in self.ys)

    def __len__(self) -> int:
        return len(self.xs[0])

    def each(self, change: Callable[[Array], Array]) -> Data:
        """The same with every array changed."""
        xs = cast(tuple[Array, ...], _each(self.xs, change))
        return Data(xs, _each(self.ys, change), _each(self.weights, change))

    def rows(self, index: slice | Array) -> Data:
        """Some rows: ``index`` is a slice or an array of row numbers."""
        return self.each(lambda array: array[index])


def one_or_all(arrays: Sequence[Array]) -> Arrays:
    """The only one of some arrays; all as a tuple where there are several."""
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


@dataclass(frozen=True)
class Steps:
    """A run of training steps over part of an epoch.

    Step ``i`` takes the rows ``order[first + i * batch_size :][:batch_size]``, never beyond ``stop``.

    Attributes:
        order: row numbers of the whole epoch; None means as stored.
        first, stop: positions in ``order``; ``first`` is where the last chunk ended.
        batch_size: rows a step; the last step of an epoch may have fewer.
        learning_rates: one for each step (after schedules); as many as there are steps.
        seconds: stop, at the end of a step, once this much time has passed; None never does.
        stats_every: collect LayerStats on steps whose number is a multiple of this; 0 means never.
    """

    order: NDArray[np.int64] | None
    first: int
    stop: int
    batch_size: int
    learning_rates: NDArray[np.float64]
    seconds: float | None = 0.1
    stats_every: int = 0

    def __len__(self) -> int:
        return (self.stop - self.first + self.batch_size - 1) // self.batch_size


class Engine(Protocol):
    """Runs one plan. Works in place on the store's and the optimizer's buffers, so nothing has to be fetched back.

    :meth:`train` does whole steps, and need never write a whole gradient. ``forward``, ``backward`` and ``apply`` are a
    step in halves, for callers who have their own loss, add gradients up, or inspect them; the weights are then the
    same, to the bit, where ``d_outputs`` is the gradient of the plan's loss. Metrics do not see them.

    Attributes:
        name: for ``compile(engine=...)``.
        why: the reason given for a model that runs here; empty if every model can.
        takes_devices: whether the constructor takes ``device``.
        needs: a package that has to be there, by which an extra of this one is called too; empty if none.
        plan: the plan that it runs.
    """

    name: ClassVar[str]
    why: ClassVar[str] = ""
    takes_devices: ClassVar[bool] = False
    needs: ClassVar[str] = ""
    plan: Plan

    @staticmethod
    def suits(plan: Plan) -> bool:
        """Whether it is meant for such a plan at all; of several engines of one name one is."""
        return True

    @staticmethod
    def supports(plan: Plan) -> str | None:
        """Why the plan cannot run here, for the user; None if it can."""
        ...

    def __init__(self, plan: Plan, store: Store, optimizer_state: OptimizerState | None) -> None: ...

    def permutation(self, epoch: int, n: int) -> NDArray[np.int64]:
        """The order of ``n`` rows in an epoch, the same on every engine."""
        return permutation(Key(self.plan.seed, Stream.SHUFFLE, epoch=epoch), n)

    def train(self, data: Data, steps: Steps) -> Chunk:
        """Run training steps; ``optimizer_state.step`` counts them. Chunk borders never change a bit of the result."""
        ...

    def forward(self, inputs: Arrays, training: bool = False, draw: int | None = None) -> tuple[Arrays, Handle]:
        """Run the operations on one batch.

        Args:
            inputs: (n, *input_shape), at least one row; a tuple where there are several inputs.
            training: whether as in the next training step: dropout drops, batch statistics are used and kept. Every
                such pass before an update draws random numbers of its own, the first those of :meth:`train`.
            draw: a number of the pass, which it draws by instead: again the same ones for the same number, and none
                that a training step has.

        Returns:
            What the loss takes: logits where it absorbed an activation; a tuple where there are several outputs. And
            a handle for :meth:`backward`, good until the engine runs something else.
        """
        ...

    @overload
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: Literal[False] = False) -> Array: ...
    @overload
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: Literal[True]) -> tuple[Array, Arrays]: ...
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: bool = False) -> Array | tuple[Array, Arrays]:
        """Go back through a forward pass, once.

        Args:
            handle: of that pass.
            d_outputs: gradient at its outputs, of their shape; a tuple where there are several.
            wrt_inputs: whether to return the gradient at the inputs too.

        Returns:
            The gradient of all weights, one buffer laid out as ``plan.layout``, 0 for frozen weights; gradients of
            several passes may be added. Penalties on outputs are part of it, those on weights are not: :meth:`apply`
            adds them, once. With ``wrt_inputs`` also the gradient at the inputs, of their shape.

        Raises:
            ValueError: the handle was used, or the engine has run something since; another shape.
        """
        ...

    def apply(self, flat: Array, learning_rate: float) -> None:
        """One update: the penalties' gradient is added, then all is clipped, decayed and averaged as in :meth:`train`.

        Args:
            flat: a gradient as :meth:`backward` returns it; it is not changed.
            learning_rate: of this update.

        Raises:
            ValueError: there is no optimizer, or it takes no single gradients; another layout.
        """
        ...

    def evaluate(self, data: Data, batch_size: int) -> None:
        """Add these rows, in inference mode, to the running loss and metrics."""
        ...

    def predict(self, x: Arrays, batch_size: int) -> Arrays:
        """Predictions (n, *output_shape) in inference mode; tuples where there are several inputs or outputs."""
        ...

    def reset_metrics(self) -> None:
        """Reset the running loss and metrics."""
        ...

    def results(self) -> Mapping[str, float]:
        """The running loss (weighted by rows) and metrics since :meth:`reset_metrics`."""
        ...

    def running(self) -> list[dict[str, object]]:
        """The running sums of the loss and each metric, for :meth:`resume`; arrays may be shared with them."""
        ...

    def resume(self, running: Sequence[Mapping[str, object]]) -> None:
        """Let the loss and each metric continue from the sums of :meth:`running`."""
        ...

    def close(self) -> None:
        """Give back threads and memory."""
        ...
