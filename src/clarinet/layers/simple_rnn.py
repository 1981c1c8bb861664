"""The plain recurrent layer."""

from __future__ import annotations

from dataclasses import dataclass

from clarinet.activations import ActivationField
from clarinet.constraints import ConstraintField
from clarinet.initializers import InitializerField
from clarinet.layers.cells import Cell
from clarinet.layers.recurrent import Hidden, Recurrent, States, StepGradients
from clarinet.regularizers import RegularizerField
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class SimpleRNN(Recurrent):
    """The plain recurrent layer: ``h' = activation(x W + h U + b)`` at every step, beginning with zeros (Elman,
    Cognitive Science 14, 1990).

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

    def step(
        self, params: dict[str, Array], taken: Array, hidden: Hidden, states: States, xp: Namespace
    ) -> tuple[States, object]:
        z = taken + self.through(hidden, params["recurrent_kernel"], xp)
        a = self.activation.forward(z, xp)
        return (a,), (hidden, z, a)

    def step_backward(
        self, params: dict[str, Array], cache: tuple[Hidden, Array, Array], dstates: States, xp: Namespace
    ) -> StepGradients:
        hidden, z, a = cache
        dz = self.activation.backward(dstates[0], z, a, xp)
        dhidden, dU = self.through_backward(hidden, params["recurrent_kernel"], dz, xp)
        return StepGradients(dz, dhidden, (xp.zeros_like(a),), {"recurrent_kernel": dU})


class SimpleRNNCell(Cell):
    """One step of :class:`SimpleRNN`: ``h' = activation(x W + h U + b)``.

    Shapes: inputs (n, features), states ``[h]`` of (n, units); output ``h'``.

    Args:
        settings: as for :class:`SimpleRNN`, but for what is about sequences.

    Raises:
        TypeError, ValueError: as for :class:`SimpleRNN`.

    Example:
        >>> import numpy
        >>> y, states = SimpleRNNCell(8)(numpy.ones((2, 3)), [numpy.zeros((2, 8))])
        >>> y.shape, len(states)
        ((2, 8), 1)
    """

    over = SimpleRNN
