"""Recurrent layers: one step after another over a sequence, the same weights at every step. Reference engine only.

Notation: ``x`` (n, steps, inputs), ``h`` the state that is also the output (n, units), ``W`` the kernel, ``U`` the
recurrent kernel, ``b`` the bias; ``h'`` is the next state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from clarinet import activations
from clarinet.activations import ActivationField
from clarinet.configurable import Unsupported
from clarinet.initializers import InitializerField
from clarinet.initializers.base import Initializer
from clarinet.layers.base import Layer, check_positive_int
from clarinet.layers.context import Context
from clarinet.layers.geometry import check_rank
from clarinet.params import Weight
from clarinet.philox import Key
from clarinet.regularizers import Regularizer, RegularizerField
from clarinet.types import Array, Cache, Namespace, Shape, TensorLike

States = tuple[Array, ...]
Step = tuple[Array, States, dict[str, Array]]


class Recurrent(Layer):
    """Base of recurrent layers: the loop over the steps, forward and back (backpropagation through time).

    A subclass defines :meth:`step` and :meth:`step_backward`. The inputs' part, ``x W + b``, is computed for all steps
    at once.
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        **Layer.unsupported,
        "dropout": Unsupported("put SpatialDropout1D before the layer, which drops the same inputs at all steps", 0.0),
        "recurrent_dropout": Unsupported("put Dropout after the layer", 0.0),
        "return_state": Unsupported("a layer has one output; use return_sequences=True for all steps' states", False),
        "stateful": Unsupported("every sample begins with a state of zeros; use whole sequences", False),
        "seed": Unsupported("nothing is random here"),
        **{f"{weight}_constraint": Unsupported("use a regularizer") for weight in ("kernel", "recurrent", "bias")},
        **dict.fromkeys(("unroll", "zero_output_for_mask"), Unsupported("leave it out", False)),
        "use_cudnn": Unsupported("it changes nothing; leave it out", "auto"),
    }
    uses_mask = True
    #: Columns of the kernels for each unit, and how many states there are.
    gates: ClassVar[int] = 1
    states: ClassVar[int] = 1

    units: int
    activation: activations.Activation
    use_bias: bool
    kernel_initializer: Initializer
    recurrent_initializer: Initializer
    bias_initializer: Initializer
    kernel_regularizer: Regularizer | None
    recurrent_regularizer: Regularizer | None
    bias_regularizer: Regularizer | None
    return_sequences: bool
    go_backwards: bool

    def check(self) -> None:
        self.units = check_positive_int(self.units, f"{type(self).__name__}: units")

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """The mask of the steps, where the layer gives all of them."""
        return mask if self.return_sequences else None

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(input_shape, 1, type(self).__name__)
        for function in (self.activation, getattr(self, "recurrent_activation", None)):
            if function is not None:
                function.check_shape((self.units,))
        return (input_shape[0], self.units) if self.return_sequences else (self.units,)

    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        columns = self.gates * self.units
        kernel = Weight("kernel", (input_shape[-1], columns), self.kernel_initializer, self.kernel_regularizer)
        recurrent = Weight(
            "recurrent_kernel", (self.units, columns), self.recurrent_initializer, self.recurrent_regularizer
        )
        return (kernel, recurrent, *((self.bias_spec(columns),) if self.use_bias else ()))

    def bias_spec(self, columns: int) -> Weight:
        """The bias, for kernels with this number of columns."""
        return Weight("bias", (columns,), self.bias_initializer, self.bias_regularizer)

    def input_bias(self, bias: Array) -> Array:
        """The part of the bias that is added to ``x W``."""
        return bias

    def step(self, params: dict[str, Array], taken: Array, states: States, xp: Namespace) -> tuple[States, object]:
        """The next states from ``taken = x W + b`` of this step and the states before, and a cache."""
        raise NotImplementedError

    def step_backward(self, params: dict[str, Array], cache: Cache, dstates: States, xp: Namespace) -> Step:
        """The gradients at ``taken``, at the states before, and of the recurrent weights, from those at the states."""
        raise NotImplementedError

    def part(self, columns: Array, gate: int) -> Array:
        """One gate's columns."""
        return columns[:, gate * self.units : (gate + 1) * self.units]

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        xp = ctx.xp
        sequence = xp.flip(x, axis=1) if self.go_backwards else x
        taken = xp.matmul(sequence, params["kernel"])
        taken = taken + self.input_bias(params["bias"]) if self.use_bias else taken
        states = (xp.zeros((x.shape[0], self.units), dtype=x.dtype),) * self.states
        mask = None if ctx.mask is None else (xp.flip(ctx.mask, axis=1) if self.go_backwards else ctx.mask)[..., None]
        outputs, caches = [], []
        for t in range(x.shape[1]):
            new, cache = self.step(params, taken[:, t, :], states, xp)
            states = new if mask is None else tuple(xp.where(mask[:, t], a, b) for a, b in zip(new, states))
            outputs.append(states[0])
            caches.append(cache)
        return xp.stack(outputs, axis=1) if self.return_sequences else outputs[-1], (sequence, caches, mask, xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[Array, list[Cache], Array | None, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        sequence, caches, mask, xp = cache
        nothing = xp.zeros((dy.shape[0], self.units), dtype=dy.dtype)
        dstates = (nothing if self.return_sequences else dy, *(nothing,) * (self.states - 1))
        total: dict[str, Array] = {}
        found = []
        for t in reversed(range(len(caches))):
            if self.return_sequences:
                dstates = (dstates[0] + dy[:, t, :], *dstates[1:])
            live = dstates if mask is None else tuple(xp.where(mask[:, t], d, nothing) for d in dstates)
            dz, before, grads = self.step_backward(params, caches[t], live, xp)
            dstates = before if mask is None else tuple(a + d - own for a, d, own in zip(before, dstates, live))
            total = {name: total[name] + grad if total else grad for name, grad in grads.items()}
            found.append(dz)
        dtaken = xp.stack(found[::-1], axis=1)
        rows = xp.reshape(dtaken, (-1, dtaken.shape[-1]))
        total["kernel"] = xp.matmul(xp.reshape(sequence, (-1, sequence.shape[-1])).T, rows)
        dx = xp.matmul(dtaken, params["kernel"].T)
        dx = xp.flip(dx, axis=1) if self.go_backwards else dx
        return dx, self.named(total, xp.sum(rows, axis=0), xp)

    def named(self, total: dict[str, Array], dbias: Array, xp: Namespace) -> dict[str, Array]:
        """All gradients by weight name; ``dbias`` is that of the input's part of the bias."""
        return {**total, **({"bias": dbias} if self.use_bias else {})}


@dataclass(eq=False, repr=False)
class SimpleRNN(Recurrent):
    """The plain recurrent layer: ``h' = activation(x W + h U + b)`` at every step, beginning with zeros (Elman,
    Cognitive Science 14, 1990). Runs on the reference engine.

    Shapes: ``x`` (n, steps, inputs), ``W`` (inputs, units), ``U`` the weight ``recurrent_kernel`` (units, units), ``b``
    (units,), output (n, units), the last state, or all of them (n, steps, units). Gradients, from the last step to the
    first: ``dz = dh' f'(z)``, ``dU += h^T dz``, ``dh = dz U^T``, then ``dW = x^T dz``, ``dx = dz W^T``, ``db = sum
    dz``.

    Args:
        units: size of the state.
        activation: default ``"tanh"``.
        use_bias: whether to add ``b``; default True.
        kernel_initializer, recurrent_initializer, bias_initializer: default ``"glorot_uniform"``, ``"orthogonal"`` and
            ``"zeros"``.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalty on the weights; default None.
        return_sequences: return the states at all steps; default False, the last.
        go_backwards: begin with the last step; default False. Sequences come out in the order of working.

    Raises:
        TypeError, ValueError: ``units`` is no positive whole number; an unknown name; when built, samples that have no
            two axes.

    Example:
        >>> SimpleRNN(8, return_sequences=True).output_shape((10, 3))
        (10, 8)
    """

    units: int
    activation: ActivationField = ActivationField("tanh")
    use_bias: bool = True
    kernel_initializer: InitializerField = InitializerField("glorot_uniform")
    recurrent_initializer: InitializerField = InitializerField("orthogonal")
    bias_initializer: InitializerField = InitializerField("zeros")
    kernel_regularizer: RegularizerField = RegularizerField(None)
    recurrent_regularizer: RegularizerField = RegularizerField(None)
    bias_regularizer: RegularizerField = RegularizerField(None)
    return_sequences: bool = False
    go_backwards: bool = False

    def step(self, params: dict[str, Array], taken: Array, states: States, xp: Namespace) -> tuple[States, object]:
        (h,) = states
        z = taken + xp.matmul(h, params["recurrent_kernel"])
        a = self.activation.forward(z, xp)
        return (a,), (h, z, a)

    def step_backward(
        self, params: dict[str, Array], cache: tuple[Array, Array, Array], dstates: States, xp: Namespace
    ) -> Step:
        h, z, a = cache
        dz = self.activation.backward(dstates[0], z, a, xp)
        return dz, (xp.matmul(dz, params["recurrent_kernel"].T),), {"recurrent_kernel": xp.matmul(h.T, dz)}


@dataclass(eq=False, repr=False)
class _ForgetBias(Initializer):
    """``inner``, but ones for the forget gate, the second quarter (Jozefowicz, Zaremba, Sutskever, ICML 2015)."""

    inner: Initializer

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        quarter = shape[0] // 4
        drawn = self.inner.values(shape, key)
        return np.where(np.arange(shape[0]) // quarter == 1, 1.0, drawn)


@dataclass(eq=False, repr=False)
class LSTM(Recurrent):
    """Long short-term memory: a second state ``c`` that gates write, keep and read (Hochreiter and Schmidhuber, Neural
    Computation 9, 1997; forget gate: Gers, Schmidhuber, Cummins, 2000). Runs on the reference engine.

    With ``[i, f, g, o] = x W + h U + b`` and ``s`` the recurrent activation:
    ``c' = s(f) c + s(i) activation(g)``, ``h' = s(o) activation(c')``, beginning with zeros.

    Shapes: ``x`` (n, steps, inputs), ``W`` (inputs, 4 units), ``U`` the weight ``recurrent_kernel`` (units, 4 units),
    ``b`` (4 units,), output (n, units), the last ``h``, or all of them (n, steps, units). Gradients: as in
    :class:`SimpleRNN`, with ``dc`` carried from step to step beside ``dh``.

    Args:
        units: size of the states.
        activation: default ``"tanh"``.
        recurrent_activation: of the gates; default ``"sigmoid"``.
        use_bias: whether to add ``b``; default True.
        kernel_initializer, recurrent_initializer, bias_initializer: default ``"glorot_uniform"``, ``"orthogonal"`` and
            ``"zeros"``.
        unit_forget_bias: begin with a bias of 1 at the forget gate; default True.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalty on the weights; default None.
        return_sequences: return ``h`` at all steps; default False, the last.
        go_backwards: begin with the last step; default False. Sequences come out in the order of working.

    Raises:
        TypeError, ValueError: as for :class:`SimpleRNN`.

    Example:
        >>> [w.shape for w in LSTM(8).weight_specs((10, 3))]
        [(3, 32), (8, 32), (32,)]
    """

    gates = 4
    states = 2

    units: int
    activation: ActivationField = ActivationField("tanh")
    recurrent_activation: ActivationField = ActivationField("sigmoid")
    use_bias: bool = True
    kernel_initializer: InitializerField = InitializerField("glorot_uniform")
    recurrent_initializer: InitializerField = InitializerField("orthogonal")
    bias_initializer: InitializerField = InitializerField("zeros")
    unit_forget_bias: bool = True
    kernel_regularizer: RegularizerField = RegularizerField(None)
    recurrent_regularizer: RegularizerField = RegularizerField(None)
    bias_regularizer: RegularizerField = RegularizerField(None)
    return_sequences: bool = False
    go_backwards: bool = False

    def bias_spec(self, columns: int) -> Weight:
        initializer = _ForgetBias(self.bias_initializer) if self.unit_forget_bias else self.bias_initializer
        return Weight("bias", (columns,), initializer, self.bias_regularizer)

    def step(self, params: dict[str, Array], taken: Array, states: States, xp: Namespace) -> tuple[States, object]:
        h, c = states
        z = taken + xp.matmul(h, params["recurrent_kernel"])
        zs = [self.part(z, gate) for gate in range(4)]
        functions = [self.activation if gate == 2 else self.recurrent_activation for gate in range(4)]
        i, f, g, o = gates = [function.forward(z, xp) for function, z in zip(functions, zs, strict=True)]
        new_c = f * c + i * g
        a = self.activation.forward(new_c, xp)
        return (o * a, new_c), (h, c, zs, functions, gates, new_c, a)

    def step_backward(
        self,
        params: dict[str, Array],
        cache: tuple[Array, Array, list[Array], list[activations.Activation], list[Array], Array, Array],
        dstates: States,
        xp: Namespace,
    ) -> Step:
        h, c, zs, functions, gates, new_c, a = cache
        i, f, g, o = gates
        dh, dc = dstates
        dc = dc + self.activation.backward(dh * o, new_c, a, xp)
        dgates = (dc * g, dc * c, dc * i, dh * a)
        dz = xp.concat(
            [function.backward(d, z, s, xp) for function, d, z, s in zip(functions, dgates, zs, gates, strict=True)],
            axis=1,
        )
        dstates = (xp.matmul(dz, params["recurrent_kernel"].T), dc * f)
        return dz, dstates, {"recurrent_kernel": xp.matmul(h.T, dz)}


@dataclass(eq=False, repr=False)
class GRU(Recurrent):
    """Gated recurrent unit: one gate decides how much of the state is kept, one how much of it is used (Cho et al.,
    EMNLP 2014). Runs on the reference engine.

    With ``[z, r, g] = x W + b`` and ``s`` the recurrent activation, ``z' = s(z + h U_z)``, ``r' = s(r + h U_r)``,
    ``g' = activation(g + r' (h U_g))``, or ``activation(g + (r' h) U_g)`` where ``reset_after`` is False:
    ``h' = z' h + (1 - z') g'``, beginning with zeros.

    Shapes: ``x`` (n, steps, inputs), ``W`` (inputs, 3 units), ``U`` the weight ``recurrent_kernel`` (units, 3 units),
    ``b`` the bias (3 units,), or (2, 3 units) with ``reset_after``, the second row added to ``h U``; output (n, units),
    the last state, or all of them (n, steps, units). Gradients: as in :class:`SimpleRNN`.

    Args:
        units: size of the state.
        activation: default ``"tanh"``.
        recurrent_activation: of the gates; default ``"sigmoid"``.
        use_bias: whether to add ``b``; default True.
        kernel_initializer, recurrent_initializer, bias_initializer: default ``"glorot_uniform"``, ``"orthogonal"`` and
            ``"zeros"``.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalty on the weights; default None.
        return_sequences: return the states at all steps; default False, the last.
        go_backwards: begin with the last step; default False. Sequences come out in the order of working.
        reset_after: apply the second gate after the product with ``U``; default True.

    Raises:
        TypeError, ValueError: as for :class:`SimpleRNN`.

    Example:
        >>> [w.shape for w in GRU(8).weight_specs((10, 3))]
        [(3, 24), (8, 24), (2, 24)]
    """

    gates = 3

    units: int
    activation: ActivationField = ActivationField("tanh")
    recurrent_activation: ActivationField = ActivationField("sigmoid")
    use_bias: bool = True
    kernel_initializer: InitializerField = InitializerField("glorot_uniform")
    recurrent_initializer: InitializerField = InitializerField("orthogonal")
    bias_initializer: InitializerField = InitializerField("zeros")
    kernel_regularizer: RegularizerField = RegularizerField(None)
    recurrent_regularizer: RegularizerField = RegularizerField(None)
    bias_regularizer: RegularizerField = RegularizerField(None)
    return_sequences: bool = False
    go_backwards: bool = False
    reset_after: bool = True

    def bias_spec(self, columns: int) -> Weight:
        shape = (2, columns) if self.reset_after else (columns,)
        return Weight("bias", shape, self.bias_initializer, self.bias_regularizer)

    def input_bias(self, bias: Array) -> Array:
        return bias[0, ...] if self.reset_after else bias

    def named(self, total: dict[str, Array], dbias: Array, xp: Namespace) -> dict[str, Array]:
        recurrent = total.pop("recurrent_bias", None)
        return super().named(total, dbias if recurrent is None else xp.stack([dbias, recurrent]), xp)

    def step(self, params: dict[str, Array], taken: Array, states: States, xp: Namespace) -> tuple[States, object]:
        (h,), s, recurrent = states, self.recurrent_activation, params["recurrent_kernel"]
        inner = xp.matmul(h, recurrent if self.reset_after else recurrent[:, : 2 * self.units])
        if self.use_bias and self.reset_after:
            inner = inner + params["bias"][1, ...]
        zs = [self.part(taken, gate) + self.part(inner, gate) for gate in range(2)]
        z, r = (s.forward(pre, xp) for pre in zs)
        looked = self.part(inner, 2) if self.reset_after else r * h
        contribution = r * looked if self.reset_after else xp.matmul(looked, self.part(recurrent, 2))
        pre = self.part(taken, 2) + contribution
        g = self.activation.forward(pre, xp)
        return (z * h + (1 - z) * g,), (h, zs, z, r, looked, pre, g)

    def step_backward(
        self,
        params: dict[str, Array],
        cache: tuple[Array, list[Array], Array, Array, Array, Array, Array],
        dstates: States,
        xp: Namespace,
    ) -> Step:
        h, zs, z, r, looked, pre, g = cache
        (dh,), recurrent = dstates, params["recurrent_kernel"]
        dpre = self.activation.backward(dh * (1 - z), pre, g, xp)
        dlooked = dpre * r if self.reset_after else xp.matmul(dpre, self.part(recurrent, 2).T)
        dgates = (dh * (h - g), dpre * looked if self.reset_after else dlooked * h)
        pairs = zip(dgates, zs, (z, r), strict=True)
        dz = [self.recurrent_activation.backward(d, before, s, xp) for d, before, s in pairs]
        dtaken = xp.concat([*dz, dpre], axis=1)
        if self.reset_after:
            dinner = xp.concat([*dz, dlooked], axis=1)
            grads = {"recurrent_kernel": xp.matmul(h.T, dinner)}
            grads |= {"recurrent_bias": xp.sum(dinner, axis=0)} if self.use_bias else {}
            return dtaken, (dh * z + xp.matmul(dinner, recurrent.T),), grads
        both = xp.concat(dz, axis=1)
        dU = xp.concat([xp.matmul(h.T, both), xp.matmul(looked.T, dpre)], axis=1)
        before = dh * z + dlooked * r + xp.matmul(both, recurrent[:, : 2 * self.units].T)
        return dtaken, (before,), {"recurrent_kernel": dU}
