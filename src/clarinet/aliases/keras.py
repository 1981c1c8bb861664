"""Other names of what there is: ``"layers.MaxPool2D"`` -> ``"MaxPooling2D"`` of the same module, or ``"module:name"``.

All names are below ``clarinet``. A test walks those of the installed Keras.
"""

from __future__ import annotations

from clarinet.aliases.old_names import STILL
from clarinet.aliases.old_paths import OLD_PATHS
from clarinet.aliases.tensorflow import TENSORFLOW

#: Modules of networks for pictures.
_APPLICATIONS = (
    "densenet", "efficientnet", "efficientnet_v2", "imagenet_utils", "inception_v3", "mobilenet", "mobilenet_v2",
    "mobilenet_v3", "resnet", "resnet50", "resnet_v2", "vgg16", "vgg19", "xception",
)  # fmt: skip

#: Modules of ``tf`` that are loaded when they are first used.
_OWN_FILES = ("audio", "autograph", "debugging", "distribute", "lookup", "ragged", "sparse")

#: Parts of the package that are loaded when they are first used, and other names of modules.
MODULES: dict[str, str] = {
    **{
        name: name
        for name in (
            *(f"applications{part}" for part in ("", *(f".{name}" for name in _APPLICATIONS))),
            "backend", "config", "data", "doctor", "estimators", "glass", "plots", "preprocessing",
            "preprocessing.image", "preprocessing.sequence", "preprocessing.text", "runs", "saving", "search",
            "tf", "tree",
        )
    },
    **{name: f"tf.{name}" for name in _OWN_FILES},
    **{f"tf.{name}": f"tf.{name}" for name in _OWN_FILES},
    "keras": "",
    "ops.numpy": "ops",
    "wrappers": "estimators.wrappers",
    "utils.legacy": "saving",
    **OLD_PATHS,
}  # fmt: skip

#: Where a module's names may be found besides.
ALSO: dict[str, tuple[str, ...]] = {
    "": ("tf",),
    "backend": ("tf.backend",),
    "config": ("tf.config",),
    "ops.linalg": ("ops",),
    "ops.nn": ("ops",),
    "random": ("tf.random",),
    "tf": ("",),
    "tf.math": ("tf",),
}

_SERIALIZED = (
    "activations", "constraints", "initializers", "layers", "losses", "metrics", "optimizers", "optimizers.schedules",
    "regularizers",
)  # fmt: skip
_OF_LAYERS = {
    **{f"AvgPool{n}D": f"AveragePooling{n}D" for n in (1, 2, 3)},
    **{f"MaxPool{n}D": f"MaxPooling{n}D" for n in (1, 2, 3)},
    **{f"GlobalAvgPool{n}D": f"GlobalAveragePooling{n}D" for n in (1, 2, 3)},
    **{f"GlobalMaxPool{n}D": f"GlobalMaxPooling{n}D" for n in (1, 2, 3)},
    **{f"Convolution{n}D": f"Conv{n}D" for n in (1, 2, 3)},
    **{f"Convolution{n}DTranspose": f"Conv{n}DTranspose" for n in (1, 2, 3)},
    **{f"SeparableConvolution{n}D": f"SeparableConv{n}D" for n in (1, 2)},
}
_CLASSES_OF_INITIALIZERS = (
    "constant", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity", "lecun_normal",
    "lecun_uniform", "ones", "orthogonal", "random_normal", "random_uniform", "truncated_normal", "variance_scaling",
    "zeros",
)  # fmt: skip
_OF_INITIALIZERS = {
    **{name: "".join(map(str.capitalize, name.split("_"))) for name in _CLASSES_OF_INITIALIZERS},
    "STFTInitializer": "STFT",
    "stft": "STFT",
    "IdentityInitializer": "Identity",
    "OrthogonalInitializer": "Orthogonal",
}
#: Losses that are functions among the metrics as well, under these names.
_FUNCTIONS = (
    "binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy", "categorical_focal_crossentropy",
    "categorical_hinge", "hinge", "huber", "kl_divergence", "log_cosh", "mean_absolute_error",
    "mean_absolute_percentage_error", "mean_squared_error", "mean_squared_logarithmic_error", "poisson",
    "sparse_categorical_crossentropy", "squared_hinge", "mse", "mae", "mape", "msle", "kld", "MSE", "MAE", "MAPE",
    "MSLE", "KLD",
)  # fmt: skip
#: Activations that are operations.
_ACTIVATIONS = (
    "glu", "hard_shrink", "hard_tanh", "log_sigmoid", "soft_shrink", "sparse_plus", "sparse_sigmoid", "sparsemax",
    "squareplus", "tanh_shrink", "threshold",
)  # fmt: skip
_SHORT = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
}
_OF_ROOT = {
    "Initializer": "initializers.base:Initializer",
    "InputSpec": "layers.input_spec:InputSpec",
    "KerasTensor": "graph:Tensor",
    "Layer": "layers:Layer",
    "Loss": "losses:Loss",
    "Metric": "metrics:Metric",
    "Operation": "ops:Operation",
    "Optimizer": "optimizers:Optimizer",
    "Regularizer": "regularizers:Regularizer",
    "device": "tf.control:device",
    "name_scope": "tf.control:name_scope",
    "version": "tf.version:version",
}
_OF_UTILS = {
    "Config": "config:Config",
    "Progbar": "training.progress:Progbar",
    "get_source_inputs": "backend:get_source_inputs",
    **{f"{verb}_interactive_logging": f"config:{verb}_interactive_logging" for verb in ("disable", "enable")},
    "is_interactive_logging_enabled": "config:is_interactive_logging_enabled",
    "clear_session": "backend:clear_session",
    "get_file": "fetching:get_file",
    "is_keras_tensor": "backend:is_keras_tensor",
    "model_to_dot": "plots.model_plot:model_to_dot",
    "plot_model": "plots.model_plot:plot_model",
    "standardize_dtype": "backend:standardize_dtype",
    **{name: f"preprocessing.image:{name}" for name in ("array_to_img", "img_to_array", "load_img", "save_img")},
    "FeatureSpace": "preprocessing.feature_space:FeatureSpace",
    "audio_dataset_from_directory": "preprocessing.sounds:audio_dataset_from_directory",
    "image_dataset_from_directory": "preprocessing:image_dataset_from_directory",
    "text_dataset_from_directory": "preprocessing:text_dataset_from_directory",
    "timeseries_dataset_from_array": "preprocessing:timeseries_dataset_from_array",
}
_OF_SAVING = {
    name: f"saving.objects:{name}"
    for name in (
        "CustomObjectScope", "custom_object_scope", "deserialize_keras_object", "get_custom_objects",
        "get_registered_name", "get_registered_object", "register_keras_serializable", "serialize_keras_object",
)
}  # fmt: skip
_CHANGES = ("brightness", "contrast", "crop", "flip_left_right", "flip_up_down", "hue", "saturation")
_BY_MODULE: dict[str, dict[str, str]] = {
    "": _OF_ROOT,
    "tf.image": {
        f"{kind}_{name}": f"tf.chance:{kind}_{name}" for kind in ("random", "stateless_random") for name in _CHANGES
    },
    **{f"{module}": {"serialize": "configurable:serialize", "deserialize": f"{module}:get"} for module in _SERIALIZED},
}


def _merged(module: str, *tables: dict[str, str]) -> None:
    for table in tables:
        _BY_MODULE.setdefault(module, {}).update(table)


_merged("layers", _OF_LAYERS, {"InputSpec": "layers.input_spec:InputSpec"})
_merged("backend", {"name_scope": "tf.control:name_scope", "logsumexp": "ops:logsumexp"})
_merged("callbacks", {"ProgbarLogger": "ProgressBar"})
_merged("config", {"global_policy": "dtype_policy", "set_global_policy": "set_dtype_policy"})
_merged("config", dict.fromkeys(("DTypePolicy", "Policy"), "tf.scaling:DTypePolicy"))
_merged("config", {"LossScaleOptimizer": "tf.scaling:LossScaleOptimizer"})
_merged("", dict.fromkeys(("DTypePolicy", "FloatDTypePolicy"), "tf.scaling:DTypePolicy"))
_merged("optimizers", {"LossScaleOptimizer": "tf.scaling:LossScaleOptimizer"})
_merged("initializers", _OF_INITIALIZERS, {"Initializer": "initializers.base:Initializer"})
_merged("activations", {name: f"ops:{name}" for name in _ACTIVATIONS})
_merged("losses", _SHORT, {name.upper(): target for name, target in _SHORT.items()})
_merged("tf", {"custom_gradient": "ops:custom_gradient", "Module": "tf.module:Module"})
_merged("tf", {f"{name}_initializer": f"initializers:{kind}" for name, kind in _OF_INITIALIZERS.items() if "_" in name})
_merged("tf", {f"{name}_initializer": f"initializers:{name.capitalize()}" for name in ("constant", "ones", "zeros")})
_merged("metrics", {name: f"losses:{name}" for name in _FUNCTIONS})
_merged("utils", _OF_UTILS, _OF_SAVING)

ALIASES: dict[str, str] = (
    {f"{module}.{name}".lstrip("."): target for module, table in _BY_MODULE.items() for name, target in table.items()}
    | STILL
    | TENSORFLOW
)
