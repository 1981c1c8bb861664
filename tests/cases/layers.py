"""A row for every layer."""

from clarinet import layers, regularizers
from tests.cases.case import Case, rows
from tests.cases.containers import CONTAINERS
from tests.cases.convolutions import CONVOLUTIONS, IMAGES

LAYERS = [
    Case("dense", lambda: layers.Dense(4), lambda k: k.layers.Dense(4)),
    Case(
        "dense-tanh", lambda: layers.Dense(4, activation="tanh"), lambda k: k.layers.Dense(4, activation="tanh"), (2, 3)
    ),
    Case("dense-no-bias", lambda: layers.Dense(1, use_bias=False), lambda k: k.layers.Dense(1, use_bias=False)),
    Case(
        "dense-penalties",
        lambda: layers.Dense(4, kernel_regularizer="l2", bias_regularizer=regularizers.L1(0.02)),
        lambda k: k.layers.Dense(4, kernel_regularizer="l2", bias_regularizer=k.regularizers.L1(0.02)),
    ),
    Case(
        "dense-activity",
        lambda: layers.Dense(4, activation="relu", activity_regularizer=regularizers.L1L2(0.03, 0.02)),
        lambda k: k.layers.Dense(4, activation="relu", activity_regularizer=k.regularizers.L1L2(0.03, 0.02)),
    ),
    Case(
        "activity-regularization",
        lambda: layers.ActivityRegularization(l1=0.03, l2=0.02),
        lambda k: k.layers.ActivityRegularization(l1=0.03, l2=0.02),
        (2, 3),
    ),
    Case("activation", lambda: layers.Activation("gelu"), lambda k: k.layers.Activation("gelu"), (2, 3)),
    Case("relu", layers.ReLU, lambda k: k.layers.ReLU()),
    Case(
        "relu-all-settings",
        lambda: layers.ReLU(max_value=1.2, negative_slope=0.1, threshold=0.3),
        lambda k: k.layers.ReLU(max_value=1.2, negative_slope=0.1, threshold=0.3),
    ),
    *rows("LeakyReLU", (2, 3), ("", {}), ("slope", {"negative_slope": 0.1})),
    *rows("ELU", (2, 3), ("", {}), ("alpha", {"alpha": 0.3})),
    *rows("Softmax", (2, 3), ("", {})),
    *rows("PReLU", (2, 3, 2), ("", {"alpha_initializer": "he_normal"}), ("shared", {"shared_axes": [1, 2]})),
    Case("flatten", layers.Flatten, lambda k: k.layers.Flatten(), (2, 3, 2)),
    Case("reshape", lambda: layers.Reshape((3, -1)), lambda k: k.layers.Reshape((3, -1)), (2, 6)),
    *rows("Permute", (2, 3, 4), ("", {"dims": (3, 1, 2)})),
    Case("rescaling", lambda: layers.Rescaling(0.5, -0.25), lambda k: k.layers.Rescaling(0.5, -0.25)),
    Case("dropout", lambda: layers.Dropout(0.4), None, (6,)),
    Case("dropout-seed", lambda: layers.Dropout(0.4, seed=3), None, (6,)),
    Case("batch-normalization", layers.BatchNormalization, lambda k: k.layers.BatchNormalization()),
    Case(
        "batch-normalization-rank-3",
        lambda: layers.BatchNormalization(momentum=0.8, epsilon=1e-2),
        lambda k: k.layers.BatchNormalization(momentum=0.8, epsilon=1e-2),
        (2, 3),
    ),
    Case(
        "batch-normalization-plain",
        lambda: layers.BatchNormalization(center=False, scale=False),
        lambda k: k.layers.BatchNormalization(center=False, scale=False),
    ),
    Case(
        "batch-normalization-frozen",
        lambda: layers.BatchNormalization(trainable=False),
        lambda k: k.layers.BatchNormalization(trainable=False),
    ),
    *CONTAINERS,
    *CONVOLUTIONS,
    *IMAGES,
]
