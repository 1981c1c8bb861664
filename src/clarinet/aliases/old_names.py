"""Names of earlier versions of Keras: those that lead to what there is, and those that lead nowhere, with advice."""

from __future__ import annotations

#: Other names of what there is, by module: ``old:today`` of the same module, or ``old:module:today``.
_STILL: dict[str, str] = {
    "": "CustomObjectScope:utils:CustomObjectScope get_source_inputs:backend:get_source_inputs",
    "backend": "random_binomial:random_bernoulli",
    "callbacks": "BaseLogger:Callback",
    "constraints": "maxnorm:max_norm nonneg:non_neg unitnorm:unit_norm",
    "config": "set_policy:set_dtype_policy",
    "initializers": (
        "normal:RandomNormal uniform:RandomUniform one:Ones zero:Zeros random_normal_initializer:RandomNormal "
        "random_uniform_initializer:RandomUniform"
    ),
    "layers": (
        "Deconvolution2D:Conv2DTranspose Deconvolution3D:Conv3DTranspose CuDNNLSTM:LSTM CuDNNGRU:GRU "
        "SyncBatchNormalization:BatchNormalization Model:models:Model Sequential:models:Sequential "
        "Container:models:Model"
    ),
    "losses": (
        "kullback_leibler_divergence:kl_divergence logcosh:log_cosh kld:kl_divergence KLD:kl_divergence "
        "cosine_proximity:cosine_similarity Reduction:losses.reductions:Reduction"
    ),
    "metrics": (
        "kullback_leibler_divergence:losses:kl_divergence logcosh:losses:log_cosh "
        "cosine_proximity:losses:cosine_similarity"
    ),
    "models": "Layer:layers:Layer Input:layers:Input",
    "regularizers": "l1l2:l1_l2 WeightRegularizer:Regularizer",
    "utils": "plot:plots.model_plot:plot_model",
}

_CHANNELS = "the last axis holds the channels; np.moveaxis(x, 1, -1) brings them there"
_MERGED = "use layers.Add, Multiply, Average, Maximum, Dot or Concatenate, or the functions add, multiply, …"
_OWN = "write it as a layer of your own: class ...(layers.Layer) with build and call"
_COLUMNS = "use StringLookup, CategoryEncoding, Discretization and Normalization, or clarinet.datasets.load_table"

#: Names of no use today, by module and sentence.
_GONE: dict[str, dict[str, str]] = {
    "": {
        "import Layer, Input and Model from clarinet": "interfaces topology",
        "make Model(inputs, outputs), which is such a network": "Network Container",
        "a linear model is Sequential([layers.Dense(1)]); a wide one beside a deep one is made with layers.add": (
            "premade LinearModel WideDeepModel"
        ),
        "use clarinet.datasets.mnist.load_data()": "examples",
        "tf.config.list_physical_devices lists what there is to compute on": "device_lib",
    },
    "applications": {"it is not there; load_model reads a file of it": "music_tagger_crnn MusicTaggerCRNN"},
    "backend": {
        f"image_data_format gives 'channels_last': {_CHANNELS}": "image_dim_ordering set_image_dim_ordering",
        "backend.backend() says what computes": "_BACKEND",
        "make an Input(shape), and a model of what you compute with it": "placeholder is_placeholder",
        "a call with training=True or training=False says which; in a layer of your own: if training: ...": (
            "in_train_phase in_test_phase"
        ),
        "variables have values as soon as they are made": "manual_variable_initialization",
        "use layers.BatchNormalization, or ops.moments and ops.batch_normalization": "normalize_batch_in_training",
        "use layers.Conv1D or Conv2D, whose places share a kernel": "local_conv1d local_conv2d",
        "tensors are dense as they are": "to_dense",
        "use ops.scan instead": "foldl foldr",
        "names of layers are unique in a model; leave it out": "reset_uids",
        "print(x) shows the numbers of a tensor; in a call use a print of Python's": "print_tensor",
    },
    "callbacks": {"write it as a Callback of your own": "ProgbarLoggerV1"},
    "layers": {
        "use a layer of clarinet.layers, called on the tensor": (
            "dense dropout conv2d max_pooling2d batch_normalization"
        ),
        "give Conv2D or Conv1D dilation_rate": (
            "AtrousConv1D AtrousConv2D AtrousConvolution1D AtrousConvolution2D"
        ),
        _MERGED: "Merge merge _Merge",
        "use layers.TimeDistributed(layers.Dense(units))": "TimeDistributedDense",
        "a Dense(units * k), a Reshape and ops.max over the k do it": "MaxoutDense",
        f"gates are Dense layers and layers.Multiply; {_OWN}": "Highway",
        "train a model on its own inputs as labels": "AutoEncoder",
        f"there are LSTM, GRU, SimpleRNN, and RNN with a cell of your own: {_OWN}": "Recurrent AbstractRNNCell",
        f"use Conv1D or Conv2D, whose places share a kernel; or {_OWN}": "LocallyConnected1D LocallyConnected2D",
        _COLUMNS: "DenseFeatures SequenceFeatures",
        "use layers.ReLU(threshold=...)": "ThresholdedReLU",
        "use layers.RandomZoom instead": "RandomHeight RandomWidth",
        f"a Dense layer that is not trained, then ops.cos, does it; {_OWN}": "RandomFourierFeatures",
    },
    "estimators.wrappers": {
        "use clarinet.wrappers.SKLearnClassifier(model=function, model_kwargs={...}), or estimators.MLPClassifier": (
            "scikit_learn KerasClassifier"
        ),
        "use SKLearnRegressor(model=function, model_kwargs={...}) of clarinet.wrappers": "KerasRegressor",
    },
    "metrics": {
        "use metrics.F1Score instead": "f1score fmeasure f1_score",
        "use metrics.FBetaScore instead": "fbeta_score",
    },
    "models": {
        "to_json and model_from_json do it": "model_from_yaml",
        "Model(inputs, outputs) is made of tensors": "Graph",
    },
    "optimizers": {
        "use an optimizer of clarinet.optimizers, or a class of your own with build and update_step": (
            "TFOptimizer OptimizerV2"
        ),
    },
    "optimizers.schedules": {
        "a linear model is Sequential([layers.Dense(1)])": "LinearModel WideDeepModel",
        "use layers.Embedding instead": "SequenceFeatures",
        "model.save and clarinet.models.load_model do it": "export_saved_model load_from_saved_model",
    },
    "preprocessing.image": {
        "use layers.RandomRotation, RandomTranslation, RandomShear, RandomZoom, …, called with training=True": (
            "random_rotation random_shift random_shear random_zoom random_channel_shift random_brightness "
            "apply_affine_transform apply_channel_shift apply_brightness_shift transform_matrix_offset_center"
        ),
        "a flow of ImageDataGenerator is one; of your own write a clarinet.utils.Sequence": "Iterator",
    },
    "regularizers": {
        "give the layer activity_regularizer='l1' or 'l2'": "activity_l1 activity_l2 activity_l1l2 ActivityRegularizer",
    },
    "utils": {
        "read the file with h5py, and give fit the arrays": "HDF5Matrix",
        "one process trains one model, on all cores": "multi_gpu_model",
        "layer.count_params() and model.summary() count weights": "count_params print_summary",
        "layer.compute_output_shape(shape) says the sizes": "conv_output_length conv_input_length",
        "Input makes symbolic tensors; isinstance(x, clarinet.KerasTensor) asks": "is_symbolic_tensor",
        "write a class, and give it to load_model in custom_objects": "func_dump func_load",
    },
}  # fmt: skip

STILL: dict[str, str] = {}
for _module, _names in _STILL.items():
    for _entry in _names.split():
        _old, *_place, _today = _entry.split(":")
        STILL[f"{_module}.{_old}".lstrip(".")] = f"{_place[0] if _place else _module}:{_today}"

GONE: dict[str, str] = {
    f"{module}.{name}".lstrip("."): sentence
    for module, table in _GONE.items()
    for sentence, names in table.items()
    for name in names.split()
}
