"""What counts: when a variant is faulty, and which kinds are right answers. Fixed before anything was measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.doctor.mutation.operators import Operator

SEEDS, SOUND_SEEDS = range(5), range(6)
#: Standard errors, and score, that a faulty variant is worse by; a variant is harmless below the third number.
ERRORS, WORSE, HARMLESS = 3.0, 0.05, 0.02

#: Groups of kinds whose remedies undo each other's effects: where one is true, the others are acceptable.
GROUPS: tuple[frozenset[str], ...] = (
    # too little movement
    frozenset((
        "learning_rate_too_low", "too_few_epochs", "wrong_optimizer", "batch_size_too_large", "over_scaled_inputs",
    )),
    # too much of it
    frozenset((
        "learning_rate_too_high", "unscaled_inputs", "unscaled_targets", "wrong_weight_init", "exploding_gradient",
        "outliers", "batch_size_too_small", "dying_relu", "wrong_hidden_activation",
    )),
    # what the last layer says, what the loss hears, how labels are written
    frozenset((
        "softmax_on_single_unit", "wrong_output_activation", "missing_output_activation", "double_softmax",
        "wrong_loss", "output_units_mismatch", "label_encoding_mismatch", "targets_out_of_range", "unscaled_targets",
        "label_shape_mismatch", "constant_targets",
    )),
    # what the layers between can draw
    frozenset((
        "missing_layer", "missing_hidden_activation", "too_few_units", "wrong_hidden_activation",
        "redundant_activation",
    )),
    # what gets through them
    frozenset((
        "wrong_hidden_activation", "redundant_activation", "too_many_layers", "wrong_weight_init",
        "vanishing_gradient", "too_few_units",
    )),
    # what holds the weights back
    frozenset(("over_regularised", "dropout_too_high", "dropout_misplaced", "frozen_layers", "too_few_units")),
    # rows that do not suffice
    frozenset((
        "too_little_data", "overfit", "missing_regularisation", "too_few_epochs", "class_imbalance",
        "constant_targets",
    )),
    # rows that are unlike one another
    frozenset((
        "class_imbalance", "data_not_shuffled", "validation_leak", "train_test_preprocess_mismatch", "overfit",
        "too_little_data",
    )),
    frozenset(("nan_in_data", "refused")),
    frozenset(("batch_size_too_large", "too_few_epochs", "data_not_shuffled")),
)  # fmt: skip
#: Descriptions of a state, which every fault may cause.
STATES = frozenset((
    "vanishing_gradient", "exploding_gradient", "dying_relu", "overfit", "cannot_fit_few_rows", "ignores_input",
    "initial_loss_too_high", "loss_not_falling", "underfit", "saturated_activation",
))  # fmt: skip


def acceptable(faults: Sequence[Operator]) -> frozenset[str]:
    """Kinds that are no false answers for a variant with these faults."""
    true = {kind for fault in faults for kind in fault.kinds}
    return frozenset(true) | STATES | {kind for group in GROUPS if group & true for kind in group}


def verdict(sound: Sequence[float], changed: Sequence[float | None], evident: bool) -> str:
    """``"faulty"``, ``"harmless"`` or ``"undecided"``, by scores on the same seeds; None: ``fit`` refused."""
    if evident or any(score is None for score in changed):
        return "faulty"
    worse = np.subtract(sound, np.array(changed, float))
    mean, error = float(worse.mean()), float(worse.std(ddof=1)) / np.sqrt(len(worse))
    if mean > WORSE and mean > ERRORS * error:
        return "faulty"
    return "harmless" if mean < HARMLESS else "undecided"
