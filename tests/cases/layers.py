"""A row for every layer."""

from clarinet import layers, regularizers
from tests.cases.case import Case, rows
from tests.cases.containers import CONTAINERS
from tests.cases.convolutions import AUGMENTATION, CONVOLUTIONS, IMAGES
from tests.cases.merging import MERGING
from tests.cases.recurrent import RECURRENT

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
    Case(
        "dense-orthogonal",
        lambda: layers.Dense(4, kernel_regularizer="orthogonal_regularizer"),
        lambda k: k.layers.Dense(4, kernel_regularizer="orthogonal_regularizer"),
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
    *rows("Softmax", (2, 3), ("", {}), ("axis", {"axis": 1})),
    *rows("PReLU", (2, 3, 2), ("", {"alpha_initializer": "he_normal"}), ("shared", {"shared_axes": [1, 2]})),
    Case("identity", layers.Identity, lambda k: k.layers.Identity(), (2, 3)),
    Case("flatten", layers.Flatten, lambda k: k.layers.Flatten(), (2, 3, 2)),
    Case("reshape", lambda: layers.Reshape((3, -1)), lambda k: k.layers.Reshape((3, -1)), (2, 6)),
    *rows("Permute", (2, 3, 4), ("", {"dims": (3, 1, 2)})),
    *rows(
        "Rescaling",
        (2, 3),
        ("", {"scale": 0.5, "offset": -0.25}),
        ("vectors", {"scale": (0.5, 1.5, -1.0), "offset": (0.5, 0, -0.5)}),
    ),
    *rows(
        "Normalization",
        (2, 3),
        ("", {"mean": (0.5, 0.1, -1.0), "variance": (1.0, 0.5, 4.0)}),
        ("everything", {"axis": None, "mean": 0.5, "variance": 1.5, "invert": True}),
        ("axes", {"axis": (1, 2), "mean": ((1, 2, 3), (4, 5, 6)), "variance": ((4,) * 3, (9,) * 3)}),
    ),
    Case("normalization-learned", layers.Normalization),  # against Keras in tests/layers: it looks at its weights once
    *rows("Dropout", (6,), ("", {"rate": 0.4}), ("seed", {"rate": 0.4, "seed": 3}), random=True),
    *rows(
        "Dropout",
        (2, 6),
        ("samples", {"rate": 0.4, "noise_shape": (None, 1, 1)}),
        ("steps", {"rate": 0.4, "noise_shape": (None, 2, 1)}),
        random=True,
    ),
    *rows("SpatialDropout1D", (2, 6), ("", {"rate": 0.4}), ("seed", {"rate": 0.4, "seed": 3}), random=True),
    *rows("SpatialDropout2D", (2, 3, 6), ("", {"rate": 0.4}), random=True),
    *rows("GaussianNoise", (6,), ("", {"stddev": 0.4}), ("seed", {"stddev": 0.4, "seed": 3}), random=True),
    *rows("GaussianDropout", (6,), ("", {"rate": 0.4}), ("seed", {"rate": 0.4, "seed": 3}), random=True),
    *rows("AlphaDropout", (6,), ("", {"rate": 0.4}), ("seed", {"rate": 0.4, "seed": 3}), random=True),
    *rows(
        "LayerNormalization",
        (4, 3),
        ("", {"epsilon": 0.1}),
        ("axes", {"axis": [1, 2], "gamma_initializer": "he_normal", "beta_regularizer": "l2"}),
        ("plain", {"axis": 1, "center": False, "scale": False, "epsilon": 0.3}),
    ),
    *rows(
        "GroupNormalization",
        (2, 3, 4),
        ("", {"groups": 2, "epsilon": 0.1}),
        ("instances", {"groups": -1, "scale": False, "epsilon": 0.3}),
        ("axis", {"groups": 2, "axis": 1, "epsilon": 0.1}),
    ),
    *rows("LayerNormalization", (2, 3, 4), ("around", {"axis": [1, 3], "epsilon": 0.1})),
    *rows("GroupNormalization", (4,), ("flat", {"groups": 2, "center": False, "epsilon": 1.0})),
    *rows(
        "Embedding",
        (4,),
        ("", {"input_dim": 7, "output_dim": 3}),
        ("penalty", {"input_dim": 9, "output_dim": 2, "embeddings_regularizer": "l2"}),
        inputs="ids",
    ),
    *rows(
        "EinsumDense", (3,), ("", {"equation": "ab,bc->ac", "output_shape": 4, "bias_axes": "c", "activation": "tanh"})
    ),
    *rows(
        "EinsumDense",
        (2, 3),
        ("heads", {"equation": "abc,cde->abde", "output_shape": (None, 2, 4), "bias_axes": "de"}),
        ("ellipsis", {"equation": "...x,xy->...y", "output_shape": 2, "kernel_regularizer": "l2"}),
        ("turned", {"equation": "abc,dbc->adb", "output_shape": (4, 2), "bias_axes": "d", "activation": "relu"}),
        ("behind", {"equation": "ab...,bc->ac...", "output_shape": 4, "bias_axes": "c"}),
    ),
    *rows(
        "EinsumDense", (2, 3, 2), ("joined", {"equation": "abcd,cde->abe", "output_shape": (2, 3), "bias_axes": "e"})
    ),
    *rows("Masking", (3, 2), ("", {}), ("value", {"mask_value": 1.0})),
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
    *rows(
        "BatchNormalization",
        (2, 3, 2),
        ("axis", {"axis": 1, "epsilon": 0.1}),
        ("axis-between", {"axis": -2, "scale": False}),
        ("axis-named", {"axis": 3}),
    ),
    *CONTAINERS,
    *MERGING,
    *CONVOLUTIONS,
    *IMAGES,
    *RECURRENT,
    *AUGMENTATION,
]
