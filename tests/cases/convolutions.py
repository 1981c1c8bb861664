"""A row for every layer with sliding windows, and for those that change the size of images."""

from dataclasses import replace

from tests.cases.case import rows

WINDOWS = [
    ("", {"pool_size": 2}),
    ("same-overlapping", {"pool_size": (3, 2), "strides": (2, 1), "padding": "same"}),
    ("gaps", {"pool_size": (1, 2), "strides": 3}),
]
WINDOWS_1D = [("", {"pool_size": 2}), ("same-overlapping", {"pool_size": 3, "strides": 2, "padding": "same"})]
GLOBAL = [("", {}), ("keepdims", {"keepdims": True})]
#: A row of each kind; Keras on JAX has no such convolutions on CPUs.
FIRST = {"data_format": "channels_first"}


def alone(name, shape, *settings):
    """Rows that Keras cannot compute here."""
    return [replace(case, keras=None) for case in rows(name, shape, *settings)]


CONVOLUTIONS = [
    *rows(
        "Conv2D",
        (6, 5, 3),
        ("", {"filters": 4, "kernel_size": 3, "activation": "tanh"}),
        ("same-strides", {"filters": 2, "kernel_size": (2, 3), "strides": 2, "padding": "same", "use_bias": False}),
        ("dilation", {"filters": 2, "kernel_size": 2, "dilation_rate": (3, 2), "kernel_regularizer": "l2"}),
        ("groups", {"filters": 6, "kernel_size": (3, 1), "groups": 3, "activation": "relu"}),
    ),
    *rows(
        "Conv1D",
        (7, 2),
        ("", {"filters": 4, "kernel_size": 3, "strides": 2}),
        ("same", {"filters": 2, "kernel_size": 4, "padding": "same", "groups": 2}),
        ("causal", {"filters": 3, "kernel_size": 2, "padding": "causal", "dilation_rate": 3, "activation": "tanh"}),
    ),
    *rows(
        "Conv2DTranspose",
        (4, 5, 3),
        ("", {"filters": 4, "kernel_size": 3, "activation": "tanh"}),
        ("same-strides", {"filters": 2, "kernel_size": (2, 3), "strides": 2, "padding": "same", "use_bias": False}),
        ("longer", {"filters": 2, "kernel_size": 3, "strides": (2, 3), "output_padding": (1, 0), "padding": "same"}),
        ("gaps", {"filters": 2, "kernel_size": (1, 2), "strides": 3, "kernel_regularizer": "l2"}),
    ),
    *rows(
        "Conv1DTranspose",
        (6, 2),
        ("", {"filters": 4, "kernel_size": 3, "strides": 2, "activation": "relu"}),
        ("same-dilated", {"filters": 3, "kernel_size": 2, "padding": "same", "dilation_rate": 3}),
    ),
    *rows(
        "DepthwiseConv2D",
        (5, 6, 3),
        ("", {"kernel_size": 3, "activation": "tanh"}),
        ("same-multiplied", {"kernel_size": (2, 3), "strides": 2, "padding": "same", "depth_multiplier": 2}),
        ("plain", {"kernel_size": 2, "dilation_rate": 2, "use_bias": False, "depthwise_regularizer": "l2"}),
    ),
    *rows(
        "SeparableConv2D",
        (5, 6, 3),
        ("", {"filters": 4, "kernel_size": 3, "activation": "tanh", "pointwise_regularizer": "l2"}),
        (
            "same-multiplied",
            {
                "filters": 2,
                "kernel_size": (2, 3),
                "strides": 2,
                "padding": "same",
                "depth_multiplier": 2,
                "use_bias": False,
            },
        ),
    ),
    *rows("DepthwiseConv1D", (7, 3), ("", {"kernel_size": 3, "strides": 2, "depth_multiplier": 2})),
    *rows("SeparableConv1D", (7, 3), ("", {"filters": 4, "kernel_size": 3, "padding": "same", "activation": "tanh"})),
    *rows(
        "Conv3D",
        (4, 5, 3, 2),
        ("", {"filters": 3, "kernel_size": (2, 3, 1), "strides": (1, 2, 1), "activation": "relu"}),
        ("same", {"filters": 2, "kernel_size": 2, "padding": "same", "groups": 2}),
    ),
    *rows("Conv3DTranspose", (3, 4, 3, 2), ("", {"filters": 3, "kernel_size": 2, "strides": (1, 2, 1)})),
    *alone("Conv2D", (3, 6, 5), ("first", {"filters": 4, "kernel_size": 3, "activation": "softmax", **FIRST})),
    *alone("Conv1DTranspose", (2, 4), ("first", {"filters": 3, "kernel_size": 3, "strides": 2, **FIRST})),
    *alone("SeparableConv2D", (3, 5, 4), ("first", {"filters": 4, "kernel_size": 3, **FIRST})),
    *rows("MaxPooling2D", (2, 5, 6), ("first", {"pool_size": 2, **FIRST})),
    *rows("GlobalMaxPooling2D", (3, 4, 2), ("first", FIRST), ("first-keepdims", {"keepdims": True, **FIRST})),
    *rows(
        "MaxPooling3D",
        (4, 5, 3, 2),
        ("", {"pool_size": 2}),
        ("same", {"pool_size": (2, 3, 2), "strides": 2, "padding": "same"}),
    ),
    *rows(
        "AveragePooling3D",
        (4, 5, 3, 2),
        ("", {"pool_size": 2}),
        ("same", {"pool_size": (2, 3, 2), "strides": 1, "padding": "same"}),
    ),
    *rows("GlobalAveragePooling3D", (2, 3, 2, 3), *GLOBAL),
    *rows("GlobalMaxPooling3D", (2, 3, 2, 3), *GLOBAL),
    *rows("Flatten", (3, 2, 4), ("first", FIRST)),
    *rows("SpatialDropout2D", (6, 3, 2), ("first", {"rate": 0.4, **FIRST}), random=True),
    *rows("SpatialDropout3D", (2, 1, 3, 6), ("", {"rate": 0.4}), random=True),
    *rows("MaxPooling2D", (5, 6, 2), *WINDOWS),
    *rows("AveragePooling2D", (5, 6, 2), *WINDOWS),
    *rows("MaxPooling1D", (7, 2), *WINDOWS_1D),
    *rows("AveragePooling1D", (7, 2), *WINDOWS_1D),
    *rows("GlobalAveragePooling1D", (4, 3), *GLOBAL),
    *rows("GlobalAveragePooling2D", (4, 2, 3), *GLOBAL),
    *rows("GlobalMaxPooling1D", (4, 3), *GLOBAL),
    *rows("GlobalMaxPooling2D", (4, 2, 3), *GLOBAL),
]

IMAGES = [
    *rows(
        "ZeroPadding2D", (2, 3, 2), ("", {}), ("sides", {"padding": ((1, 0), (2, 3))}), ("pair", {"padding": (0, 2)})
    ),
    *rows("ZeroPadding2D", (2, 3, 2), ("first", {"padding": (0, 2), **FIRST})),
    *rows("ZeroPadding1D", (3, 2), ("", {}), ("ends", {"padding": (0, 2)})),
    *rows("ZeroPadding3D", (2, 1, 3, 2), ("", {"padding": ((1, 0), (0, 2), (1, 1))})),
    *rows("Cropping1D", (5, 2), ("", {"cropping": (1, 2)})),
    *rows("Cropping2D", (4, 5, 2), ("", {"cropping": ((1, 0), (2, 1))}), ("pair", {"cropping": (1, 2)})),
    *rows("Cropping3D", (3, 4, 5, 2), ("", {})),
    *rows("UpSampling1D", (3, 2), ("", {"size": 3})),
    *rows("UpSampling3D", (2, 1, 3, 2), ("", {"size": (1, 3, 2)})),
    *rows("UpSampling2D", (2, 3, 4), ("first", FIRST)),
    *rows(
        "UpSampling2D",
        (2, 3, 2),
        ("", {}),
        ("bilinear", {"size": (3, 2), "interpolation": "bilinear"}),
        ("bicubic", {"size": (2, 3), "interpolation": "bicubic"}),
        ("lanczos3", {"interpolation": "lanczos3"}),
    ),
    *rows(
        "Resizing",
        (5, 4, 2),
        ("", {"height": 3, "width": 6}),
        ("nearest", {"height": 3, "width": 7, "interpolation": "nearest"}),
        ("cropped", {"height": 4, "width": 2, "crop_to_aspect_ratio": True}),
        ("antialias", {"height": 2, "width": 3, "antialias": True}),
    ),
    *rows("CenterCrop", (5, 6, 2), ("", {"height": 2, "width": 3}), ("larger", {"height": 6, "width": 4})),
]

AUGMENTATION = [
    *rows("RandomFlip", (3, 2, 2), ("", {}), ("horizontal", {"mode": "horizontal", "seed": 3}), random=True),
    *rows("RandomRotation", (4, 3, 1), ("", {"factor": 0.4}), random=True),
    *rows(
        "RandomTranslation",
        (4, 3, 2),
        ("", {"height_factor": 0.4, "width_factor": (0, 0.3), "fill_mode": "constant", "fill_value": 0.5}),
        random=True,
    ),
    *rows("RandomZoom", (4, 3, 6), ("", {"height_factor": 0.4, "fill_mode": "wrap"}), random=True),
    *rows(
        "RandomZoom",
        (4, 3, 1),
        ("nearest", {"height_factor": 0.4, "width_factor": 0.2, "fill_mode": "nearest", "interpolation": "nearest"}),
        random=True,
    ),
]
