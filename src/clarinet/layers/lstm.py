"""Long short-term memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clarinet import activations
from clarinet.activations import ActivationField
from clarinet.constraints import ConstraintField
from clarinet.initializers import InitializerField
from clarinet.initializers.base import Initializer
from clarinet.layers.cells import Cell
from clarinet.layers.recurrent import Hidden, Recurrent, States, StepGradients
from clarinet.params import Weight
from clarinet.philox import Key
from clarinet.regularizers import RegularizerField
from clarinet.types import Array, Namespace, Shape


@dataclass(eq=False, repr=False)
class ForgetBias(Initializer):
    """``inner``, but ones for the forget gate, the second quarter (Jozefowicz, Zaremba, Sutskever, ICML 2015)."""

    inner: Initializer

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        quarter = shape[0] // 4
        drawn = self.inner.values(shape, key)
        return np.where(np.arange(shape[0]) // quarter == 1, 1.0, drawn)


@dataclass(eq=False, repr=False)
class LSTM(Recurrent):
    """Long short-term memory: a second state ``c`` that gates write, keep and read (Hochreiter and Schmidhuber, Neural
    Computation 9, 1997; forget gate: Gers, Schmidhuber, Cummins, 2000).

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

    Raises:
        TypeError, ValueError: as for :class:`SimpleRNN`.

    Example:
        >>> [w.shape for w in LSTM(8).weight_specs((10, 3))]
        [(3, 32), (8, 32), (32,)]
    """

    gates = 4
    carried = ("h", "c")

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

    def bias_spec(self, columns: int) -> Weight:
        initializer = ForgetBias(self.bias_initializer) if self.unit_forget_bias else self.bias_initializer
        return Weight("bias", (columns,), initializer, self.bias_regularizer, self.bias_constraint)

    def step(
        self, params: dict[str, Array], taken: Array, hidden: Hidden, states: States, xp: Namespace
    ) -> tuple[States, object]:
        c = states[1]
        z = taken + self.through(hidden, params["recurrent_kernel"], xp)
        zs = [self.part(z, gate) for gate in range(4)]
        functions = [self.activation if gate == 2 else self.recurrent_activation for gate in range(4)]
        i, f, g, o = gates = [function.forward(z, xp) for function, z in zip(functions, zs, strict=True)]
        new_c = f * c + i * g
        a = self.activation.forward(new_c, xp)
        return (o * a, new_c), (hidden, c, zs, functions, gates, new_c, a)

    def step_backward(
        self,
        params: dict[str, Array],
        cache: tuple[Hidden, Array, list[Array], list[activations.Activation], list[Array], Array, Array],
        dstates: States,
        xp: Namespace,
    ) -> StepGradients:
        hidden, c, zs, functions, gates, new_c, a = cache
        i, f, g, o = gates
        dh, dc = dstates
        dc = dc + self.activation.backward(dh * o, new_c, a, xp)
        dgates = (dc * g, dc * c, dc * i, dh * a)
        dz = xp.concat(
            [function.backward(d, z, s, xp) for function, d, z, s in zip(functions, dgates, zs, gates, strict=True)],
            axis=1,
        )
        dhidden, dU = self.through_backward(hidden, params["recurrent_kernel"], dz, xp)
        return StepGradients(dz, dhidden, (xp.zeros_like(dh), dc * f), {"recurrent_kernel": dU})


class LSTMCell(Cell):
    """One step of :class:`LSTM`.

    Shapes: inputs (n, features), states ``[h, c]`` of (n, units); output ``h'``.

    Args:
        settings: as for :class:`LSTM`, but for what is about sequences.

    Raises:
        TypeError, ValueError: as for :class:`LSTM`.

    Example:
        >>> LSTMCell(8).state_size
        [8, 8]
    """

    over = LSTM
