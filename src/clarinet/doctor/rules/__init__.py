"""The rules, one file each: what a rule looks for, where its threshold comes from, and what it says.

A rule is a module with ``KINDS`` (what it can find), ``BASIS`` (the source of its threshold) and ``examine(patient)``,
which yields findings. All of them look at a :class:`clarinet.doctor.patient.Patient` and never train.
"""

from clarinet.doctor.rules import (
    association,
    batch_size,
    constant,
    double_softmax,
    dropout,
    epsilon,
    frozen_layers,
    hidden_activation,
    imbalance,
    input_scale,
    label_encoding,
    learning_rate,
    non_finite,
    order,
    output_activation,
    output_units,
    redundant_activation,
    regularisation,
    softmax_on_single_unit,
    target_scale,
    validation,
    weight_init,
    width,
    wrong_loss,
)

RULES = (
    non_finite,
    constant,
    softmax_on_single_unit,
    output_units,
    output_activation,
    double_softmax,
    wrong_loss,
    label_encoding,
    hidden_activation,
    redundant_activation,
    weight_init,
    dropout,
    regularisation,
    frozen_layers,
    width,
    learning_rate,
    epsilon,
    batch_size,
    input_scale,
    target_scale,
    imbalance,
    order,
    association,
    validation,
)

__all__ = ["RULES"]
