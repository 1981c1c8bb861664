"""A row for every convolution and pooling layer."""

from clarinet import layers
from tests.cases.case import Case


def _rows(name, kind, shape, *settings):
    """One row for each set of arguments, which are the same here and in Keras."""
    return [
        Case(
            f"{name}-{note}",
            lambda a=arguments: getattr(layers, kind)(**a),
            lambda k, a=arguments: getattr(k.layers, kind)(**a),
            shape,
        )
        for note, arguments in settings
    ]


CONVOLUTIONS = [
    *_rows(
        "conv2d",
        "Conv2D",
        (6, 5, 3),
        ("valid", {"filters": 4, "kernel_size": 3, "activation": "tanh"}),
        ("same-strides", {"filters": 2, "kernel_size": (2, 3), "strides": 2, "padding": "same", "use_bias": False}),
        ("dilation", {"filters": 2, "kernel_size": 2, "dilation_rate": (3, 2), "kernel_regularizer": "l2"}),
        ("groups", {"filters": 6, "kernel_size": (3, 1), "groups": 3, "activation": "relu"}),
    ),
    *_rows(
        "max-pooling2d",
        "MaxPooling2D",
        (5, 6, 2),
        ("valid", {}),
        ("same-overlapping", {"pool_size": (3, 2), "strides": (2, 1), "padding": "same"}),
        ("gaps", {"pool_size": (1, 2), "strides": 3}),
    ),
]
