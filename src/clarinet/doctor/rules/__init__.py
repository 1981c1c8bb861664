"""The rules, one file each: its kinds, the source of its threshold, and its findings.

A rule is a module with ``KINDS`` (what it can find), ``BASIS`` (the source of its threshold) and ``examine(facts)``,
which yields findings. All of them look at a :class:`clarinet.doctor.program_facts.ProgramFacts` and never train.
"""

from clarinet.doctor.rules import (
    association,
    batch_normalization,
    batch_size,
    constant,
    double_softmax,
    dropout,
    duplicates,
    epsilon,
    frozen_layers,
    gradient_flow,
    hidden_activation,
    imbalance,
    initial_loss,
    input_scale,
    label_encoding,
    learning_rate,
    non_finite,
    optimizer_settings,
    order,
    outliers,
    output_activation,
    output_units,
    redundant_activation,
    refusals,
    regularisation,
    softmax_on_single_unit,
    target_scale,
    validation,
    weight_init,
    width,
    wrong_loss,
    wrong_metric,
)

#: They look for causes.
RULES = (
    non_finite,
    constant,
    softmax_on_single_unit,
    output_units,
    output_activation,
    double_softmax,
    wrong_loss,
    wrong_metric,
    label_encoding,
    hidden_activation,
    redundant_activation,
    weight_init,
    dropout,
    regularisation,
    frozen_layers,
    width,
    learning_rate,
    optimizer_settings,
    epsilon,
    batch_size,
    batch_normalization,
    input_scale,
    target_scale,
    imbalance,
    order,
    association,
    duplicates,
    outliers,
    validation,
)
#: They describe a state that has a cause, mostly one of the above.
CONDITIONS = (initial_loss, gradient_flow)

__all__ = ["CONDITIONS", "RULES", "refusals"]
