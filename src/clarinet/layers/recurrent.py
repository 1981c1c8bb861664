"""Recurrent layers: one step after another over a sequence, the same weights at every step.

Notation: ``x`` (n, steps, inputs), ``h`` the state that is also the output (n, units), ``W`` the kernel, ``U`` the
recurrent kernel, ``b`` the bias; ``h'`` is the next state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Never, cast

from clarinet import activations, aliases, ops
from clarinet.configurable import Unsupported, check_flag, check_number
from clarinet.constraints import Constraint
from clarinet.initializers.base import Initializer
from clarinet.initializers.constant import Zeros
from clarinet.layers.base import Layer, Part, check_positive_int
from clarinet.layers.composite import Composite
from clarinet.layers.context import Context
from clarinet.layers.dropout import SpatialDropout1D, check_seed
from clarinet.layers.geometry import check_rank
from clarinet.layers.states import TakesStates
from clarinet.layers.steps import TakeSteps
from clarinet.ops.operation import Gradients
from clarinet.params import Weight
from clarinet.regularizers import Regularizer
from clarinet.types import AnyTensor, Array, Arrays, Cache, Namespace, Shape, TensorLike

States = tuple[Array, ...]
#: What products with the recurrent kernel take of ``h``: the same for all gates, or of each gate its own.
Hidden = tuple[Array, ...]


class StepGradients(NamedTuple):
    """The gradients of one step.

    Attributes:
        taken: at the inputs' part.
        hidden: at what the products with the recurrent kernel take in the place of ``h``.
        states: at the states before, without what comes through that product.
        weights: of the recurrent weights.
    """

    taken: Array
    hidden: Hidden
    states: States
    weights: dict[str, Array]


class _Run(NamedTuple):
    """What backward needs of a forward pass."""

    sequence: Array
    caches: list[Any]
    drop: Array | None  # what recurrent dropout leaves of the state, for each gate
    counts: Array | None  # whether a step counts
    given: bool  # whether the first states came in as tensors
    xp: Namespace


class Recurrent(TakesStates, Composite):
    """Base of recurrent layers: the loop over the steps, forward and back (backpropagation through time).

    A subclass defines :meth:`step` and :meth:`step_backward`. The inputs' part, ``x W + b``, is computed for all steps
    at once. A layer that drops inputs, or gives its states, is made of parts: one that drops, the loop, and one for
    each tensor that it gives.
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        **Layer.unsupported,
        "time_major": Unsupported("sequences are (n, steps, inputs); Permute or ops.transpose turns others", False),
        "zero_output_for_mask": Unsupported("leave it out", False),
        "use_cudnn": Unsupported("it changes nothing; leave it out", "auto"),
    }
    old_arguments: ClassVar[Mapping[str, str | None]] = {"implementation": None}
    uses_mask = True
    #: Columns of the kernels for each unit, and the states' names.
    gates: ClassVar[int] = 1
    carried: ClassVar[tuple[str, ...]] = ("h",)

    units: int
    activation: activations.Activation
    use_bias: bool
    kernel_initializer: Initializer
    recurrent_initializer: Initializer
    bias_initializer: Initializer
    kernel_regularizer: Regularizer | None
    recurrent_regularizer: Regularizer | None
    bias_regularizer: Regularizer | None
    kernel_constraint: Constraint | None
    recurrent_constraint: Constraint | None
    bias_constraint: Constraint | None
    dropout: float
    recurrent_dropout: float
    seed: int | None
    return_sequences: bool
    return_state: bool
    go_backwards: bool
    stateful: bool
    unroll: bool

    _is_loop = False  # whether it is the part that loops over the steps
    _rows: int | None = None  # of a batch, as the network that uses it says

    def check(self) -> None:
        name = type(self).__name__
        self.units = check_positive_int(self.units, f"{name}: units")
        self.dropout = check_number(self.dropout, f"{name}: dropout", low=0, below=1)
        self.recurrent_dropout = check_number(self.recurrent_dropout, f"{name}: recurrent_dropout", low=0, below=1)
        check_seed(self.seed, name)
        for flag in ("return_sequences", "return_state", "go_backwards", "stateful", "unroll"):
            check_flag(getattr(self, flag), f"{name}: {flag}")

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """The mask of the steps, where the layer gives all of them; states have none."""
        own = mask if self.return_sequences else None
        return [own, *(None for _ in self.carried)] if self.return_state else own

    # Its parts.

    def get_initial_state(self, batch_size: TensorLike) -> list[AnyTensor]:
        """Zeros for each state of so many sequences, as ``initial_state``; or of as many as a tensor has rows."""
        if len(getattr(batch_size, "shape", ())) > 1:
            batch_size = ops.shape(batch_size)[0]
        return [ops.zeros((cast(int, batch_size), self.units)) for _ in self.state_names]

    @property
    def state_names(self) -> tuple[str, ...]:
        return self.carried

    @property
    def _is_elementary(self) -> bool:
        return self._is_loop or not (self.dropout or self.return_state)

    def parts(self) -> tuple[Layer | Part, ...]:
        loop = self.bare()
        if self._is_elementary:
            return (loop,)
        loop.__dict__["_is_loop"] = True
        inputs = tuple(range(self.inputs))
        dropped = len(inputs)
        parts = [Part(SpatialDropout1D(self.dropout, self.seed), (0,))] if self.dropout else []
        parts.append(Part(loop, (dropped, *inputs[1:]) if self.dropout else inputs))
        whole = dropped + len(parts) - 1
        return (*parts, *(Part(piece, (whole,)) for piece in self._pieces()))

    def _pieces(self) -> list[TakeSteps]:
        """What the layer gives, of what the loop gives: all outputs, and then the other states."""
        if not self.return_state:
            return []
        others = len(self.carried) - 1
        output = TakeSteps(last=-others or None) if self.return_sequences else TakeSteps(0, single=True)
        return [output, *(TakeSteps(number - others - 1, single=True) for number in range(others + 1))]

    @property
    def ends(self) -> tuple[int, ...]:
        if not self.return_state or self._is_elementary:
            return ()
        first = self.inputs + 1 + bool(self.dropout)
        return tuple(range(first, first + len(self._pieces())))

    # Shapes and weights.

    @property
    def packs(self) -> bool:
        """Whether it gives one tensor (n, k, units) of the outputs and of the other states at the end."""
        return self._is_loop and self.return_state

    def output_shapes(self, input_shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        form = self.taking(len(input_shapes))
        if not form._is_elementary:
            return super(Recurrent, form).output_shapes(input_shapes)
        check_rank(input_shapes[0], 1, type(self).__name__)
        (steps, *_), *given = input_shapes
        self._check_given(given)
        for function in (self.activation, getattr(self, "recurrent_activation", None)):
            if function is not None:
                function.check_shape((self.units,))
        kept = (steps if self.return_sequences else 1) + self.packs * (len(self.carried) - 1)
        return ((kept, self.units) if self.return_sequences or self.packs else (self.units,),)

    def _check_given(self, shapes: list[Shape]) -> None:
        """Raise ValueError unless first states have such shapes."""
        for name, shape in zip(self.carried, shapes):
            if tuple(shape) != (self.units,):
                raise ValueError(
                    f"{type(self).__name__}: initial_state: {name} has samples of shape {shape}; expected "
                    f"{(self.units,)}, a number for each unit"
                )

    def weight_specs(self, input_shape: Shape | tuple[Shape, ...]) -> tuple[Weight, ...]:
        columns, inputs = self.gates * self.units, self._each(input_shape)[0][-1]
        kernel = Weight(
            "kernel", (inputs, columns), self.kernel_initializer, self.kernel_regularizer, self.kernel_constraint
        )
        recurrent = Weight(
            "recurrent_kernel",
            (self.units, columns),
            self.recurrent_initializer,
            self.recurrent_regularizer,
            self.recurrent_constraint,
        )
        return (kernel, recurrent, *((self.bias_spec(columns),) if self.use_bias else ()))

    def bias_spec(self, columns: int) -> Weight:
        """The bias, for kernels with this number of columns."""
        return Weight("bias", (columns,), self.bias_initializer, self.bias_regularizer, self.bias_constraint)

    def state_specs(self, input_shape: Shape | tuple[Shape, ...]) -> tuple[Weight, ...]:
        if not self.stateful:
            return ()
        if self._rows is None:
            name = type(self).__name__
            raise ValueError(
                f"{name}: stateful=True keeps a state for each row of a batch, so the number of rows has to be known: "
                "begin the model with Input(batch_shape=(rows, steps, inputs))"
            )
        return tuple(Weight(f"{name}_state", (self._rows, self.units), Zeros()) for name in self.carried)

    def check_rows(self, rows: int) -> None:
        """Raise ValueError for a batch of another number of rows than there are states for."""
        if self.stateful and rows != self._rows:
            raise ValueError(
                f"{self.name or type(self).__name__}: stateful=True: received a batch of {rows} rows; its states "
                f"are those of {self._rows}: use batch_size={self._rows}, and a multiple of so many rows"
            )

    def expect_rows(self, rows: int | None) -> None:
        self.__dict__["_rows"] = self._rows if rows is None else rows

    # The maths.

    def input_bias(self, bias: Array) -> Array:
        """The part of the bias that is added to ``x W``."""
        return bias

    def step(
        self, params: dict[str, Array], taken: Array, hidden: Hidden, states: States, xp: Namespace
    ) -> tuple[States, object]:
        """The next states, and a cache.

        Args:
            params: the weights.
            taken: ``x W + b`` of this step.
            hidden: what the products with the recurrent kernel take: ``h``, or what dropout leaves of it for each gate.
            states: before the step.
            xp: the arrays' namespace.
        """
        raise NotImplementedError

    def step_backward(self, params: dict[str, Array], cache: Cache, dstates: States, xp: Namespace) -> StepGradients:
        """The gradients of a step from those at the states behind it."""
        raise NotImplementedError

    def through(self, hidden: Hidden, recurrent: Array, xp: Namespace) -> Array:
        """What is taken of ``h``, times the columns of the recurrent kernel."""
        if len(hidden) == 1:
            return xp.matmul(hidden[0], recurrent)
        return xp.concat([xp.matmul(h, self.part(recurrent, gate)) for gate, h in enumerate(hidden)], axis=1)

    def through_backward(self, hidden: Hidden, recurrent: Array, dz: Array, xp: Namespace) -> tuple[Hidden, Array]:
        """The gradients at both from the one at :meth:`through`."""
        if len(hidden) == 1:
            return (xp.matmul(dz, recurrent.T),), xp.matmul(hidden[0].T, dz)
        each = [self.part(dz, gate) for gate in range(len(hidden))]
        found = tuple(xp.matmul(d, self.part(recurrent, gate).T) for gate, d in enumerate(each))
        return found, xp.concat([xp.matmul(h.T, d) for h, d in zip(hidden, each, strict=True)], axis=1)

    def part(self, columns: Array, gate: int) -> Array:
        """One gate's columns."""
        return columns[:, gate * self.units : (gate + 1) * self.units]

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Arrays, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        if not self._is_elementary:
            return super().forward(params, state, x, ctx)
        xp = ctx.xp
        sequence, *given = x if isinstance(x, tuple) else (x,)
        sequence = xp.flip(sequence, axis=1) if self.go_backwards else sequence
        taken = xp.matmul(sequence, params["kernel"])
        taken = taken + self.input_bias(params["bias"]) if self.use_bias else taken
        counts = None if ctx.mask is None else (xp.flip(ctx.mask, axis=1) if self.go_backwards else ctx.mask)[..., None]
        states, drop = self._first_states(given, state, sequence, xp), self._dropped(sequence, ctx)
        outputs: list[Array] = []
        caches: list[Any] = []
        for t in range(sequence.shape[1]):
            hidden = (states[0],) if drop is None else tuple(states[0] * drop[:, g, :] for g in range(self.gates))
            new, cache = self.step(params, taken[:, t, :], hidden, states, xp)
            states = new if counts is None else tuple(xp.where(counts[:, t], a, b) for a, b in zip(new, states))
            outputs.append(states[0])
            caches.append(cache)
        kept = {f"{name}_state": last for name, last in zip(self.carried, states)} if self.stateful else {}
        return self._output(outputs, states, xp), _Run(sequence, caches, drop, counts, bool(given), xp), kept

    def _first_states(self, given: list[Array], state: dict[str, Array], x: Array, xp: Namespace) -> States:
        if given:
            return tuple(given)
        if not self.stateful:
            return (xp.zeros((x.shape[0], self.units), dtype=x.dtype),) * len(self.carried)
        self.check_rows(x.shape[0])
        return tuple(state[f"{name}_state"] for name in self.carried)

    def _dropped(self, x: Array, ctx: Context) -> Array | None:
        """What recurrent dropout multiplies the state with for each gate, the same at all steps."""
        if not ctx.training or not self.recurrent_dropout:
            return None
        key = ctx.key if self.seed is None else ctx.key.at(seed=self.seed)
        kept = ctx.xp.asarray(key.keep(x.shape[0] * self.gates * self.units, self.recurrent_dropout))
        each = ctx.xp.reshape(kept, (-1, self.gates, self.units))
        return ctx.xp.astype(each, x.dtype) * (1 / (1 - self.recurrent_dropout))

    def _output(self, outputs: list[Array], states: States, xp: Namespace) -> Array:
        if self.packs:
            return xp.stack([*(outputs if self.return_sequences else outputs[-1:]), *states[1:]], axis=1)
        return xp.stack(outputs, axis=1) if self.return_sequences else outputs[-1]

    def backward(
        self, params: dict[str, Array], cache: object, dy: Arrays
    ) -> tuple[Array | Gradients, dict[str, Array]]:
        if not isinstance(cache, _Run):
            return super().backward(params, cast(Never, cache), dy)
        sequence, caches, drop, counts, given, xp = cache
        dys, dstates = self._begin_backward(dy, len(caches), xp)
        nothing = xp.zeros_like(dstates[0])
        total: dict[str, Array] = {}
        found = []
        for t in reversed(range(len(caches))):
            if dys is not None:
                dstates = (dstates[0] + dys[:, t, :], *dstates[1:])
            live = dstates if counts is None else tuple(xp.where(counts[:, t], d, nothing) for d in dstates)
            dtaken, dhidden, (dh, *others), grads = self.step_backward(params, caches[t], live, xp)
            through = dhidden if drop is None else [d * drop[:, gate, :] for gate, d in enumerate(dhidden)]
            before = (sum(through, start=dh), *others)
            dstates = before if counts is None else tuple(a + d - own for a, d, own in zip(before, dstates, live))
            total = {name: total[name] + grad if total else grad for name, grad in grads.items()}
            found.append(dtaken)
        dx, grads = self._inputs_backward(params, sequence, xp.stack(found[::-1], axis=1), total, xp)
        return (dx, *dstates) if given else dx, grads

    def _begin_backward(self, dy: Any, steps: int, xp: Namespace) -> tuple[Array | None, States]:
        """The gradients at all steps' outputs, if these are given, and those at the last states."""
        others = len(self.carried) - 1
        nothing = xp.zeros((dy.shape[0], self.units), dtype=dy.dtype)
        last = (nothing,) * others
        if self.packs:
            rows = dy.shape[1] - others
            last = tuple(dy[:, rows + number, :] for number in range(others))
            dy = dy[:, :rows, :] if self.return_sequences else dy[:, 0, :]
        return (dy, (nothing, *last)) if self.return_sequences else (None, (dy, *last))

    def _inputs_backward(
        self, params: dict[str, Array], x: Array, dtaken: Array, total: dict[str, Array], xp: Namespace
    ) -> tuple[Array, dict[str, Array]]:
        rows = xp.reshape(dtaken, (-1, dtaken.shape[-1]))
        total["kernel"] = xp.matmul(xp.reshape(x, (-1, x.shape[-1])).T, rows)
        dx = xp.matmul(dtaken, params["kernel"].T)
        return xp.flip(dx, axis=1) if self.go_backwards else dx, self.named(total, xp.sum(rows, axis=0), xp)

    def named(self, total: dict[str, Array], dbias: Array, xp: Namespace) -> dict[str, Array]:
        """All gradients by weight name; ``dbias`` is that of the input's part of the bias."""
        return {**total, **({"bias": dbias} if self.use_bias else {})}


if not TYPE_CHECKING:  # a program of earlier times asks here for names of the package
    __getattr__ = aliases.within_package(__name__)
