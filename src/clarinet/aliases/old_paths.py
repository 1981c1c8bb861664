"""Modules of earlier versions of Keras and TensorFlow, by the module that has their names today."""

from __future__ import annotations

#: Names of modules, with dots, below each module of today; ``""`` is the root.
_TABLE: dict[str, str] = {
    "": (
        "engine engine.base_layer engine.base_layer_utils engine.functional engine.input_layer engine.input_spec "
        "engine.keras_tensor engine.network engine.sequential engine.topology engine.training engine.data_adapter "
        "compat compat.v1 compat.v2 v1 v2 python python.framework python.ops python.client python.platform python.data "
        "legacy base_layers"
    ),
    "activations": "layers.activations",
    "callbacks": "callbacks.callbacks callbacks.experimental",
    "config": "mixed_precision mixed_precision.experimental",
    "initializers": "initializations initializers.initializers_v1 initializers.initializers_v2",
    "layers": (
        "layers.advanced_activations layers.convolutional layers.convolutional_recurrent layers.core "
        "layers.core.dense layers.cudnn_recurrent layers.dense_attention layers.embeddings layers.experimental "
        "layers.experimental.preprocessing layers.kernelized layers.local layers.locally_connected layers.noise "
        "layers.preprocessing layers.recurrent_v2 layers.regularization layers.reshaping layers.serialization "
        "layers.wrappers layers.normalization.batch_normalization layers.normalization.layer_normalization"
        "layers.rnn.lstm"
    ),
    "losses": "objectives",
    "models": "saving.save saving.saved_model saving.hdf5_format",
    "optimizers": (
        "optimizers.experimental optimizers.legacy optimizers.optimizer_v1 optimizers.optimizer_v2 optimizers.adam_v2 "
        "optimizers.gradient_descent_v2 optimizers.rmsprop_v2 optimizers.adagrad_v2 optimizers.adadelta_v2 "
        "optimizers.adamax_v2 optimizers.nadam_v2"
    ),
    "optimizers.schedules": (
        "experimental optimizers.learning_rate_schedule optimizers.schedules.learning_rate_schedule "
        "optimizers.optimizer_v2.learning_rate_schedule"
    ),
    "preprocessing": "preprocessing.image_dataset preprocessing.text_dataset",
    "random": "python.ops.random_ops",
    "tf": "dtypes",
    "utils": (
        "utils.np_utils utils.vis_utils utils.visualize_util utils.data_utils utils.generic_utils utils.layer_utils "
        "utils.conv_utils utils.io_utils utils.training_utils utils.tf_utils utils.all_utils utils.image_utils "
        "utils.losses_utils utils.metrics_utils utils.version_utils utils.dataset_utils utils.text_dataset"
    ),
}

OLD_PATHS: dict[str, str] = {old: today for today, names in _TABLE.items() for old in names.split()}
