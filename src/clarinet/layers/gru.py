"""The gated recurrent unit."""

from __future__ import annotations

from dataclasses import dataclass

from clarinet.activations import ActivationField
from clarinet.constraints import ConstraintField
from clarinet.initializers import InitializerField
from clarinet.layers.cells import Cell
from clarinet.layers.recurrent import Hidden, Recurrent, States, StepGradients
from clarinet.params import Weight
from clarinet.regularizers import RegularizerField
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class GRU(Recurrent):
    """Gated recurrent unit: one gate decides how much of the state is kept, one how much of it is used (Cho et al.,
    EMNLP 2014).

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
        kernel_constraint, recurrent_constraint, bias_constraint: projection after every update; default None.
        dropout: share of the inputs that is dropped in training, the same ones at all steps; default 0.
        recurrent_dropout: share of the state that the product with ``U`` does not see, the same at all steps; default
            0.
        seed: fixes what is dropped independently of the model's seed; default None.
        return_sequences: return the outputs at all steps; default False, the last.
        return_state: return a tuple of the output and of each state behind the last step; default False.
        go_backwards: begin with the last step; default False. Sequences come out in the order of working.
        stateful: go on, in row ``i`` of a batch, with the state that row ``i`` of the batch before ended with, until
            ``reset_state()``; default False. All batches have the number of rows that ``Input(batch_shape=...)`` says.
        unroll: accepted for Keras programs; it changes nothing.
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
    kernel_constraint: ConstraintField = ConstraintField(None)
    recurrent_constraint: ConstraintField = ConstraintField(None)
    bias_constraint: ConstraintField = ConstraintField(None)
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    seed: int | None = None
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    reset_after: bool = True

    def bias_spec(self, columns: int) -> Weight:
        shape = (2, columns) if self.reset_after else (columns,)
        return Weight("bias", shape, self.bias_initializer, self.bias_regularizer, self.bias_constraint)

    def input_bias(self, bias: Array) -> Array:
        return bias[0, ...] if self.reset_after else bias

    def named(self, total: dict[str, Array], dbias: Array, xp: Namespace) -> dict[str, Array]:
        recurrent = total.pop("recurrent_bias", None)
        return super().named(total, dbias if recurrent is None else xp.stack([dbias, recurrent]), xp)

    def step(
        self, params: dict[str, Array], taken: Array, hidden: Hidden, states: States, xp: Namespace
    ) -> tuple[States, object]:
        (h,), s, recurrent = states, self.recurrent_activation, params["recurrent_kernel"]
        own, columns = (hidden, recurrent) if self.reset_after else (hidden[:2], recurrent[:, : 2 * self.units])
        inner = self.through(own, columns, xp)
        if self.use_bias and self.reset_after:
            inner = inner + params["bias"][1, ...]
        zs = [self.part(taken, gate) + self.part(inner, gate) for gate in range(2)]
        z, r = (s.forward(pre, xp) for pre in zs)
        looked = self.part(inner, 2) if self.reset_after else r * hidden[-1]
        contribution = r * looked if self.reset_after else xp.matmul(looked, self.part(recurrent, 2))
        pre = self.part(taken, 2) + contribution
        g = self.activation.forward(pre, xp)
        return (z * h + (1 - z) * g,), (hidden, h, zs, z, r, looked, pre, g)

    def step_backward(
        self,
        params: dict[str, Array],
        cache: tuple[Hidden, Array, list[Array], Array, Array, Array, Array, Array],
        dstates: States,
        xp: Namespace,
    ) -> StepGradients:
        hidden, h, zs, z, r, looked, pre, g = cache
        (dh,), recurrent = dstates, params["recurrent_kernel"]
        dpre = self.activation.backward(dh * (1 - z), pre, g, xp)
        dlooked = dpre * r if self.reset_after else xp.matmul(dpre, self.part(recurrent, 2).T)
        dgates = (dh * (h - g), dpre * looked if self.reset_after else dlooked * hidden[-1])
        pairs = zip(dgates, zs, (z, r), strict=True)
        dz = [self.recurrent_activation.backward(d, before, s, xp) for d, before, s in pairs]
        dtaken = xp.concat([*dz, dpre], axis=1)
        if self.reset_after:
            dinner = xp.concat([*dz, dlooked], axis=1)
            dhidden, dU = self.through_backward(hidden, recurrent, dinner, xp)
            grads = {"recurrent_kernel": dU} | ({"recurrent_bias": xp.sum(dinner, axis=0)} if self.use_bias else {})
            return StepGradients(dtaken, dhidden, (dh * z,), grads)
        dhidden, dU = self.through_backward(hidden[:2], recurrent[:, : 2 * self.units], xp.concat(dz, axis=1), xp)
        dhidden = (*dhidden, dlooked * r) if len(hidden) > 1 else (dhidden[0] + dlooked * r,)
        dU = xp.concat([dU, xp.matmul(looked.T, dpre)], axis=1)
        return StepGradients(dtaken, dhidden, (dh * z,), {"recurrent_kernel": dU})


class GRUCell(Cell):
    """One step of :class:`GRU`.

    Shapes: inputs (n, features), states ``[h]`` of (n, units); output ``h'``.

    Args:
        settings: as for :class:`GRU`, but for what is about sequences.

    Raises:
        TypeError, ValueError: as for :class:`GRU`.

    Example:
        >>> GRUCell(8).state_size
        8
    """

    over = GRU
