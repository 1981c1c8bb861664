"""A row for every layer that is written with operations: it has a ``call``, and no ``forward`` of its own.

Their contracts are in tests/contracts/test_authored.py; the networks around their rows are those of any other row.
"""

from __future__ import annotations

from typing import Any

from tests.cases.case import Case, rows
from tests.cases.recurrent import wrapped

IMAGE = (4, 5, 3)


def images(name: str, *settings: tuple[str, dict[str, Any]], random: bool = True) -> list[Case]:
    """A layer for images, whose numbers are around zero; what it draws is no draw of Keras."""
    return rows(name, IMAGE, *settings, random=random)


RANGED = {"value_range": (-4.0, 4.0)}
#: Everything that may be set, with numbers that leave something of the image.
COLOURS = [
    *images("AutoContrast", ("", RANGED), random=False),
    *images("RandomBrightness", ("", {"factor": 0.3} | RANGED)),
    *images("RandomColorDegeneration", ("", {"factor": 0.7} | RANGED)),
    *images(
        "RandomColorJitter",
        ("", {"brightness_factor": 0.2, "contrast_factor": 0.3, "saturation_factor": 0.4} | RANGED),
    ),
    *images("RandomContrast", ("", {"factor": 0.3} | RANGED)),
    *images("RandomGrayscale", ("", {"factor": 0.5})),
    *images("RandomHue", ("", {"factor": 0.3} | RANGED)),
    *images("RandomInvert", ("", {"factor": 0.5} | RANGED)),
    *images("RandomSaturation", ("", {"factor": 0.3} | RANGED)),
    *images("RandomSharpness", ("", {"factor": 0.7} | RANGED)),
    *images("Solarization", ("", {"addition_factor": 0.2, "threshold_factor": 0.7} | RANGED)),
]
PLACES = [
    *images("RandomCrop", ("", {"height": 3, "width": 4})),
    *images("RandomElasticTransform", ("", {"scale": 0.5} | RANGED)),
    *images("RandomErasing", ("", {"scale": (0.2, 0.4)} | RANGED)),
    *images("RandomGaussianBlur", ("", {"kernel_size": 3, "sigma": 0.8} | RANGED)),
    *images("RandomPerspective", ("", {"scale": 0.3})),
    *images("RandomShear", ("", {"x_factor": (0.1, 0.2), "y_factor": (0.0, 0.1)})),
]
MIXED = [
    *images("CutMix", ("", {})),
    *images("MixUp", ("", {"alpha": 0.8})),
    *images("AugMix", ("", {"num_chains": 1, "chain_depth": 1} | RANGED)),
    *images("RandAugment", ("", {"num_ops": 1} | RANGED)),
]
#: Piecewise constant: what they give has no derivative that would teach.
TONES = [
    *images("RandomPosterization", ("", {"factor": (3, 4)} | RANGED)),
    *images("Equalization", ("", {"bins": 8} | RANGED), random=False),
    *images(
        "ContrastLimitedAdaptiveHistogramEqualization",
        ("", {"tile_grid_size": (2, 2)} | RANGED),
        random=False,
    ),
]
ADAPTIVE = [
    row
    for kind in ("Average", "Max")
    for row in (
        *rows(f"Adaptive{kind}Pooling1D", (5, 2), ("", {"output_size": 3})),
        *rows(f"Adaptive{kind}Pooling2D", (4, 3, 2), ("", {"output_size": (3, 2)})),
        *rows(f"Adaptive{kind}Pooling2D", (2, 4, 3), ("first", {"output_size": 2, "data_format": "channels_first"})),
        *rows(f"Adaptive{kind}Pooling3D", (3, 2, 3, 2), ("", {"output_size": 2})),
    )
]
CONV_LSTM = [
    *rows(
        "ConvLSTM1D",
        (3, 4, 2),
        ("", {"filters": 2, "kernel_size": 2}),
        ("sequences", {"filters": 2, "kernel_size": 2, "padding": "same", "return_sequences": True, "strides": 2}),
    ),
    *rows(
        "ConvLSTM2D",
        (2, 3, 3, 2),
        ("", {"filters": 2, "kernel_size": 2, "padding": "same", "recurrent_regularizer": "l2"}),
        ("plain", {"filters": 1, "kernel_size": 2, "use_bias": False, "go_backwards": True, "activation": "elu"}),
    ),
    *rows("ConvLSTM3D", (2, 2, 2, 2, 1), ("", {"filters": 1, "kernel_size": 2, "padding": "same"})),
]
SPECTRAL = [
    wrapped("spectral-normalization", lambda k: k.SpectralNormalization(k.Dense(3, activation="tanh"), 2)),
    wrapped("spectral-normalization-settled", lambda k: k.SpectralNormalization(k.Dense(2), power_iterations=20)),
    wrapped("spectral-normalization-conv1d", lambda k: k.SpectralNormalization(k.Conv1D(2, 2))),
    wrapped(
        "spectral-normalization-depthwise",
        lambda k: k.SpectralNormalization(k.DepthwiseConv2D(2, depth_multiplier=2, padding="same")),
        (3, 3, 2),
    ),
]
NORMALIZATIONS = [
    *rows("RMSNormalization", (2, 3), ("", {}), ("epsilon", {"epsilon": 0.1})),
    *rows("UnitNormalization", (2, 3), ("", {}), ("axes", {"axis": [1, 2]})),
]
CELLS = [
    wrapped("rnn", lambda k: k.RNN(k.SimpleRNNCell(2))),
    wrapped("rnn-gru", lambda k: k.RNN(k.GRUCell(2), return_sequences=True, go_backwards=True)),
    wrapped("rnn-stacked", lambda k: k.RNN(k.StackedRNNCells([k.LSTMCell(2), k.GRUCell(2)]))),
]
AUTHORED = [
    *NORMALIZATIONS,
    *ADAPTIVE,
    *CONV_LSTM,
    *CELLS,
    *SPECTRAL,
    *COLOURS,
    *PLACES,
    *MIXED,
    *TONES,
]
