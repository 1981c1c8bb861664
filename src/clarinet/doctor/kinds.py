"""The kinds of fault as rows: what is wrong in plain words, what its remedy does, and how it may be judged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of fault.

    Attributes:
        wrong: what is wrong, as the end of "What was wrong: …".
        changed: what the automatic remedy does, as the end of "What was changed: …"; empty if only a person can help.
        certain: whether it is a fault for certain, or one that no score on rows held out can show; any other one is a
            finding only where its remedy is seen to help, if there is time to try it.
        arithmetic: whether an error of this kind (no warning) is one whatever the score: a loss that cuts off what it
            gets, answers that no label has.
        stops: whether it may keep a network from learning.
        fair: whether it is judged by the mean over classes, because common ones hide the others.
    """

    wrong: str
    changed: str = ""
    certain: bool = False
    arithmetic: bool = False
    fair: bool = False
    stops: bool = True


#: By name; kinds that are not here are refusals of ``fit``, which are said in its own words.
ROWS: dict[str, Kind] = {
    "batch_norm_statistics": Kind("the averages of batch normalisation have not settled"),
    "batch_size_too_large": Kind("the batches are so large that there are few updates", "batches of 32 rows"),
    "batch_size_too_small": Kind("the batches are so small that updates are noise", "batches of 32 rows"),
    "class_imbalance": Kind(
        "some classes have next to no rows", "each class counts the same in the loss", fair=True, stops=False,
    ),
    "constant_targets": Kind("all labels are the same", certain=True),
    "data_not_shuffled": Kind("the rows come sorted", "the rows are shuffled"),
    "double_softmax": Kind("the last activation is applied twice", "it is applied once"),
    "dropout_misplaced": Kind("dropout wipes out answers", "no dropout behind the last layer"),
    "dropout_too_high": Kind("dropout leaves too few units", "less dropout"),
    "dying_relu": Kind("units are off for all rows"),
    "exploding_gradient": Kind("gradients grow on their way"),
    "frozen_layers": Kind("layers that have learned nothing are frozen", "all layers learn", arithmetic=True),
    "label_encoding_mismatch": Kind(
        "the loss reads the labels in another form than they have",
        "last layer and loss that suit the labels, classes counted from 0", certain=True,
    ),
    "learning_rate_negative": Kind("the learning rate is negative", "a usual learning rate", certain=True),
    "learning_rate_too_high": Kind("the steps are too long", "a smaller learning rate"),
    "learning_rate_too_low": Kind("the steps are too short", "a larger learning rate"),
    "missing_hidden_activation": Kind("hidden layers have no activation", "ReLU in the hidden layers"),
    "missing_layer": Kind("there is no hidden layer", "a hidden layer of 32 units"),
    "missing_output_activation": Kind(
        "the loss gets raw scores for chances", "an activation on the last layer", arithmetic=True,
    ),
    "missing_regularisation": Kind("nothing keeps the network from learning by heart", "dropout after hidden layers"),
    "nan_in_data": Kind("the data hold NaN or infinity", "no training on these cells", certain=True),
    "optimizer_epsilon_too_low": Kind("the optimizer's epsilon protects no division", "an epsilon of 1e-7"),
    "output_units_mismatch": Kind(
        "the last layer has another number of units than the labels ask for", "as many units as classes", certain=True,
    ),
    "overfit": Kind("the network learns the rows by heart", stops=False),
    "over_regularised": Kind("penalties on the weights outweigh the loss", "penalties of a hundredth of the strength"),
    "over_scaled_inputs": Kind("the inputs are tiny", "a layer in front that brings them to one size"),
    "redundant_activation": Kind("two activations follow one another", "the first one alone"),
    "shuffled_labels": Kind("labels do not belong to their rows", certain=True),
    "softmax_on_single_unit": Kind("softmax over one unit always answers 1", "sigmoid on the last layer", certain=True),
    "targets_out_of_range": Kind("the loss reads chances; the targets are none", "a loss for amounts", certain=True),
    "too_few_epochs": Kind("the training is too short", "more epochs"),
    "too_few_units": Kind("a hidden layer is too narrow", "more units in it"),
    "too_little_data": Kind("there are too few rows", stops=False),
    "too_many_layers": Kind("there are too many layers for the signal to get through", "two hidden layers"),
    "train_test_preprocess_mismatch": Kind("validation rows are prepared otherwise than training rows", certain=True),
    "underfit": Kind("the training has not come far", stops=False),
    "unscaled_inputs": Kind("the inputs are far from size 1", "a layer in front that brings them to one size"),
    "unscaled_targets": Kind("the targets are far from size 1", "training on standardised targets"),
    "validation_leak": Kind("validation rows are training rows", certain=True, stops=False),
    "vanishing_gradient": Kind("gradients fade on their way"),
    "wrong_hidden_activation": Kind("an activation blocks the way", "ReLU in the hidden layers"),
    "wrong_loss": Kind(
        "the loss answers another question than the labels ask", "last layer and loss that suit them", arithmetic=True,
    ),
    "wrong_metric": Kind("the metric does not measure the task", "the mean distance as metric", certain=True),
    "wrong_optimizer": Kind("the optimizer does not suit this training", "Adam, or its usual settings"),
    "wrong_output_activation": Kind("the last layer cannot give the answers", "one that can", arithmetic=True),
    "wrong_weight_init": Kind("the initial weights stand in the way", "initial weights by default"),
}  # fmt: skip


def of(name: str) -> Kind:
    """The row of a kind; of a refusal by ``fit`` one that says so."""
    return ROWS.get(name) or Kind(name.replace("_", " "), certain=True)
