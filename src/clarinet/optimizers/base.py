"""The base classes of optimizers: configuration, a pure rule, and buffers that are kept beside the model's weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clarinet.aliases.members import missing
from clarinet.arrays import choose, widest
from clarinet.configurable import Configurable, abstract, check_flag, check_number, check_whole
from clarinet.names import snake_case
from clarinet.ops.tensor import tensor
from clarinet.optimizers.by_hand import ByHand, apply
from clarinet.optimizers.rates import Rate, RateField
from clarinet.types import Array, Namespace, Scalar, TensorLike
from clarinet.variables import Variable

#: The numbers of one step that are the same for all weights, by name: floats, but for the step's own number.
Scalars = dict[str, Scalar]


def step_of(scalars: Scalars) -> int:
    """The number of the step; where the step is traced, the array that stands for it."""
    number: Any = scalars["step"]
    return number  # type: ignore[no-any-return]


@dataclass(eq=False, repr=False)
class Optimizer(Configurable):
    """Base class of all optimizers; a subclass defines :attr:`slots` and :meth:`update`.

    As in Keras it may define ``build`` and ``update_step`` instead, see :mod:`clarinet.optimizers.authored`.

    A step clips the gradients, decays the weights and updates them. ``learning_rate`` may be set at any time
    (``model.optimizer.learning_rate = 0.01``) and counts from the next step.

    Args:
        learning_rate: a number, a schedule of :mod:`clarinet.optimizers.schedules`, or any callable from the step (0
            for the first) to a number.
        weight_decay: decoupled decay: ``w -= learning_rate * weight_decay * w`` before the update; None (default) is
        off. clipnorm: scale the gradient of each weight down to this Euclidean norm; None is off. clipvalue: clip every
        element of the gradient to [-clipvalue, clipvalue]; None is off. global_clipnorm: scale all gradients together
        down to this norm; None is off. Only one of the three may be set. use_ema: keep a moving average of every
        weight, ``e <- ema_momentum e + (1 - ema_momentum) w`` after each update
            (the weight itself after the first), and put it in the weight's place when ``fit`` ends; default False.
            (Polyak and Juditsky, SIAM J. Control and Optimization 30, 1992.)
        ema_momentum: in [0, 1]; default 0.99.
        ema_overwrite_frequency: updates between copies of the averages into the weights; None (default) never.
        loss_scale_factor: what :meth:`scale_loss` multiplies by, and :meth:`apply` divides gradients by; default None,
            1. ``fit`` leaves both out: they cancel, and numbers of 32 bits need neither.
        gradient_accumulation_steps: steps whose gradients are averaged before one update; at least 2; None (default)
            updates at every step. Schedules look at steps, everything else at updates.
        name: for people; default made of the class name.

    Raises:
        TypeError: an argument that is not a number. ValueError: one out of range, or two kinds of clipping.
    """

    kind: ClassVar[str] = "optimizer"
    old_arguments: ClassVar[Mapping[str, str | None]] = {"decay": None}
    not_called: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("apply", "apply_gradients", "minimize"),
        "define update_step(self, gradient, variable, learning_rate), and build, which makes variables for it",
    )
    #: What a class gets that defines ``update_step``, see :mod:`clarinet.optimizers.authored`.
    authoring: ClassVar[dict[str, object]] = {}

    #: Whether the length of a step does not simply follow that of the gradient.
    adaptive: ClassVar[bool] = True
    #: Whether an update is a whole minimisation, which finds its rate itself and wants all rows as one batch.
    full_batch: ClassVar[bool] = False
    #: Whether :class:`Adam` was made to do better.
    precedes_adam: ClassVar[bool] = False
    #: The usual learning rate, and the highest that is ever sensible; None where they are those of Adam, whose rate is
    #: about the most that a step moves a weight.
    usual_rates: ClassVar[tuple[float, float] | None] = None

    learning_rate: RateField = RateField(0.001)
    _: KW_ONLY
    weight_decay: float | None = None
    clipnorm: float | None = None
    clipvalue: float | None = None
    global_clipnorm: float | None = None
    use_ema: bool = False
    ema_momentum: float = 0.99
    ema_overwrite_frequency: int | None = None
    loss_scale_factor: float | None = None
    gradient_accumulation_steps: int | None = None
    name: str = ""

    def __init_subclass__(cls) -> None:
        own = vars(cls)
        if "update_step" in own and cls.authoring:
            setattr(cls, "_own_build", own.get("build"))  # noqa: B010  # a method, for the type checker
            for name, value in cls.authoring.items():
                if name not in own or name == "build":
                    setattr(cls, name, value)

    def __post_init__(self) -> None:
        kind = type(self).__name__
        self.name = self.name or snake_case(kind)
        clips = {
            k: getattr(self, k) for k in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, k) is not None
        }
        for key, value in clips.items():
            check_number(value, f"{kind}: {key}", low=0)
        if len(clips) > 1:
            raise ValueError(f"{kind}: set only one of clipnorm, clipvalue and global_clipnorm, received {clips}")
        if self.weight_decay is not None:
            check_number(self.weight_decay, f"{kind}: weight_decay")
        check_flag(self.use_ema, f"{kind}: use_ema")
        check_number(self.ema_momentum, f"{kind}: ema_momentum", low=0, high=1)
        if self.ema_overwrite_frequency is not None:
            check_whole(self.ema_overwrite_frequency, f"{kind}: ema_overwrite_frequency", low=1)
        if self.loss_scale_factor is not None and not check_number(
            self.loss_scale_factor, f"{kind}: loss_scale_factor"
        ):
            raise ValueError(f"{kind}: loss_scale_factor is not 0: gradients are divided by it")
        if self.gradient_accumulation_steps:
            check_whole(self.gradient_accumulation_steps, f"{kind}: gradient_accumulation_steps", low=2)
        self.check()

    def check(self) -> None:
        """Check a subclass's own arguments; called once, by the constructor."""

    @property
    def lr(self) -> Rate:
        """:attr:`learning_rate`, under its name in earlier versions of Keras."""
        return self.learning_rate

    @lr.setter
    def lr(self, value: Rate) -> None:
        self.learning_rate = value

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Nothing; the error says what to use instead of what earlier versions of Keras had."""
            raise missing(self, name, "optimizer")

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the buffers that :meth:`update` works with, in Keras's order."""
        return ()

    @property
    def buffers(self) -> tuple[str, ...]:
        """Names of all buffers that go with every weight: the slots, moving averages, gradients that wait."""
        waiting = ("gradient_accumulator",) if self.gradient_accumulation_steps else ()
        return (*self.slots, *(("average",) if self.use_ema else ()), *waiting)

    def start(self, slot: str) -> float:
        """The initial value of a slot."""
        return 0.0

    def rate(self, step: int) -> float:
        """The learning rate of the update number ``step``, from 0."""
        return float(rate(step) if callable(rate := self.learning_rate) else rate)

    def updates(self, step: int) -> int:
        """The number of the update, from 1, that step number ``step`` belongs to."""
        every = self.gradient_accumulation_steps
        return (step - 1) // every + 1 if every else step

    @abstract
    def update(
        self, w: Array, g: Array, slots: dict[str, Array], learning_rate: float, step: int, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        """One weight's new value and new slots; ``step`` counts updates from 1, ``xp`` is the namespace. Pure."""
        raise NotImplementedError

    def scalars(self, learning_rate: float, step: int) -> Scalars:
        """The numbers that a step needs besides weights, gradients and slots: rates and corrections, in float64.

        Args:
            learning_rate: of this step.
            step: from 1.
        """
        found: Scalars = {"learning_rate": learning_rate, "step": step}
        if self.gradient_accumulation_steps:
            found |= {"update": self.updates(step), "updates": step % self.gradient_accumulation_steps == 0}
        return found | {"kept_average": self.ema_momentum if self.updates(step) > 1 else 0.0} if self.use_ema else found

    def rule_for(self, name: str, shape: tuple[int, ...]) -> Optimizer:
        """The optimizer that decays and updates the weight ``"layer/weight"``: this one, except in :class:`Muon`."""
        return self

    def clip(self, grads: Sequence[Array], xp: Namespace = np) -> list[Array]:
        """Gradients after clipping; a limit of 0 is off, as in Keras."""
        if self.clipnorm:
            return [_scaled(g, _shrinking([g], self.clipnorm, xp), xp) for g in grads]
        if self.global_clipnorm and grads:
            factor = _shrinking(grads, self.global_clipnorm, xp)
            return [_scaled(g, factor, xp) for g in grads]
        if self.clipvalue:
            return [xp.clip(g, -self.clipvalue, self.clipvalue) for g in grads]
        return list(grads)

    def applied(
        self,
        weights: Sequence[Array],
        grads: Sequence[Array],
        slots: Sequence[dict[str, Array]],
        scalars: Scalars,
        xp: Namespace = np,
        names: Sequence[str] = (),
    ) -> tuple[list[Array], list[dict[str, Array]]]:
        """Accumulate, clip, decay, update, average: the new weights and slots. Pure.

        Args:
            weights, grads, slots: for every weight.
            scalars: of this step, from :meth:`scalars`.
            xp: the arrays' namespace.
            names: of the weights, ``"layer/weight"``; default empty ones.
        """
        every = self.gradient_accumulation_steps
        if every:
            grads = [g + own["gradient_accumulator"] for g, own in zip(grads, slots, strict=True)]
        clipped = self.clip([g * (1 / every) for g in grads] if every else grads, xp)
        new_weights, new_slots = [], []
        each = zip(weights, clipped, slots, names or [""] * len(weights), grads, strict=True)
        for w, g, own, name, total in each:
            new_w, new_own = self._applied(w, g, own, name, scalars, total, xp)
            new_weights.append(new_w)
            new_slots.append(new_own)
        return new_weights, new_slots

    def _applied(
        self, w: Array, g: Array, slots: dict[str, Array], name: str, scalars: Scalars, total: Array, xp: Namespace
    ) -> tuple[Array, dict[str, Array]]:
        """One weight and its slots after the step; ``g`` is clipped, ``total`` the sum of gradients so far."""
        updates = scalars.get("updates", True)
        new_w: Array = w
        changed: dict[str, Array] = {}
        if updates is not False:  # nor is it known where it is traced
            new_w, changed = self._updated(w, g, slots, name, scalars, xp)
        if self.gradient_accumulation_steps:
            new_w = choose(updates, new_w, w, xp)
            changed = {key: choose(updates, new, slots[key], xp) for key, new in changed.items()}
            changed["gradient_accumulator"] = choose(updates, xp.zeros_like(total), total, xp)
        if self.use_ema:
            kept = scalars["kept_average"]
            changed["average"] = average = kept * slots["average"] + (1 - kept) * new_w
            if self.ema_overwrite_frequency:
                new_w = choose(_update_of(scalars) % self.ema_overwrite_frequency == 0, average, new_w, xp)
        new_slots = dict(slots)
        for key, new in changed.items():
            new_slots[key] = _as(new, slots[key], xp)
        return _as(new_w, w, xp), new_slots

    def _updated(
        self, w: Array, g: Array, slots: dict[str, Array], name: str, scalars: Scalars, xp: Namespace
    ) -> tuple[Array, dict[str, Array]]:
        """One weight decayed and updated, and what changes of its slots."""
        rule = self.rule_for(name, tuple(w.shape))
        begun = rule.begun(w, slots, xp)
        decayed = w if not rule.weight_decay else w - scalars["learning_rate"] * rule.weight_decay * w
        if isinstance(rule, PureOptimizer) and type(rule).update is PureOptimizer.update:
            return rule.rule(decayed, g, begun, scalars, xp)
        rate: Any = scalars["learning_rate"]  # a float, unless the step is traced
        found, changed = rule.update(decayed, g, begun, rate, _update_of(scalars), xp)
        return found, dict(changed)

    def begun(self, w: Array, slots: dict[str, Array], xp: Namespace = np) -> dict[str, Array]:
        """The slots of a weight; those that begin as the weight itself have its numbers where there are none yet."""
        return slots

    # Training loops of one's own.

    @property
    def by_hand(self) -> ByHand:
        """What it knows of the variables that it updates in such loops."""
        known: ByHand | None = vars(self).get("_by_hand")
        return vars(self).setdefault("_by_hand", ByHand(self)) if known is None else known

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_by_hand"}

    @property
    def iterations(self) -> TensorLike:
        """Updates so far, a tensor of one whole number."""
        return tensor(np.int64(self.by_hand.step // (self.gradient_accumulation_steps or 1)))

    @property
    def variables(self) -> list[Variable]:
        """What it keeps of each variable that it was built for: momenta and the like."""
        return self.by_hand.slot_variables()

    def build(self, variables: Iterable[Variable]) -> None:
        """Have room for what is kept of these variables; :meth:`apply` does it for those that it meets."""
        if "_stage" in vars(self):  # of one with an update_step of its own, whose build runs
            return
        self.by_hand.build([*variables])

    def apply(self, grads: Iterable[TensorLike], trainable_variables: Iterable[Variable] | None = None) -> None:
        """One update of variables, as ``fit`` does it: clipping, decay, schedule, moving average.

        What it keeps goes with the variables, of whatever models. Those of a model that is compiled with this optimizer
        share it with ``fit``, in both directions, the number of updates too. Penalties of regularizers are not added:
        they are in ``model.losses``.

        Args:
            grads: of each variable a tensor or array of its shape; None leaves it as it is, with a warning.
            trainable_variables: default those of :meth:`build`.

        Raises:
            ValueError: no gradient at all; another number or shape than that of the variables; an optimizer that looks
                at all rows at once.

        Example:
            >>> import clarinet
            >>> w = clarinet.Variable([1.0, 2.0])
            >>> optimizer = clarinet.optimizers.SGD(0.5)
            >>> optimizer.apply([[1.0, 1.0]], [w])
            >>> w.numpy().tolist(), int(optimizer.iterations)
            ([0.5, 1.5], 1)
        """
        variables = self.by_hand.built if trainable_variables is None else [*trainable_variables]
        apply(self.by_hand, [*grads], variables)

    def scale_loss(self, loss: TensorLike) -> TensorLike:
        """The loss times ``loss_scale_factor``, by which :meth:`apply` divides its gradients."""
        scale: Any = self.loss_scale_factor
        return loss if scale is None else loss * scale

    def apply_gradients(self, grads_and_vars: Iterable[tuple[TensorLike, Variable]]) -> object:
        """:meth:`apply` for pairs of a gradient and a variable; gives the number of updates so far."""
        pairs = [*grads_and_vars]
        apply(self.by_hand, [g for g, _ in pairs], [v for _, v in pairs])
        return self.iterations

    def finalize_variable_values(self, variables: Iterable[Variable]) -> None:
        """Put the moving averages in the variables' place, where ``use_ema`` keeps some, as ``fit`` does at its end."""
        self.by_hand.finish([*variables])

    @property
    def averages_in_place(self) -> bool:
        """Whether averages and variables have changed places."""
        return self.by_hand.swapped

    def swap_averages(self, variables: Iterable[Variable]) -> None:
        """Have variables and the moving averages that ``use_ema`` keeps of them change places."""
        self.by_hand.swap([*variables])

    def finish(self, weights: Sequence[Array], slots: Sequence[dict[str, Array]]) -> None:
        """Called at the end of ``fit``: the moving averages replace the weights."""
        if self.use_ema:
            for w, own in zip(weights, slots, strict=True):
                w[...] = own["average"]


class PureOptimizer(Optimizer):
    """Base of optimizers whose step can be traced, and so compiled: a subclass defines :meth:`rule`, perhaps `scalars`.

    Numbers that depend only on the step's number and the learning rate belong in :meth:`scalars`, which is never
    traced.
    """

    @abstract
    def rule(
        self, w: Array, g: Array, slots: dict[str, Array], scalars: Scalars, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        """One weight's new value and new slots. Pure.

        Args:
            w, g, slots: the weight, its gradient and its slots.
            scalars: of the step, from :meth:`scalars`.
            xp: the arrays' namespace; they may be traced, the scalars too.
        """
        raise NotImplementedError

    def update(
        self, w: Array, g: Array, slots: dict[str, Array], learning_rate: float, step: int, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        step *= self.gradient_accumulation_steps or 1
        return self.rule(w, g, self.begun(w, slots, xp), self.scalars(learning_rate, step), xp)


def _update_of(scalars: Scalars) -> int:
    """The number of the update; where the step is traced, the array that stands for it."""
    number: Any = scalars.get("update", scalars["step"])
    return number  # type: ignore[no-any-return]


def _as(new: Array, old: Array, xp: Namespace) -> Array:
    """Cast to the dtype of the array that it replaces."""
    return new if new.dtype == old.dtype else xp.astype(new, old.dtype)


def _shrinking(grads: Sequence[Array], limit: float, xp: Namespace) -> Scalar:
    """The factor that reduces the Euclidean norm of all elements to ``limit``, summed in float64."""
    norm = xp.sqrt(sum(xp.sum(xp.square(xp.astype(g, widest(xp)))) for g in grads))
    return choose(norm <= limit, 1.0, limit / norm, xp)


def _scaled(g: Array, factor: Scalar, xp: Namespace) -> Array:
    return g * xp.asarray(factor, dtype=g.dtype)
