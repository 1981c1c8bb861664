"""Names of TensorFlow that programs for Keras use and that are not here, each with what to use instead."""

from __future__ import annotations

#: Names by sentence, each below ``clarinet``.
_TABLE: dict[str, tuple[str, ...]] = {
    "one process trains one model; fit(distribute='mpi') shares the rows of a batch out among several": (
        "tf.tpu", "tf.distribute.MultiWorkerMirroredStrategy", "tf.distribute.ParameterServerStrategy",
        "tf.distribute.Server",
),
    "use tf.strings.regex_replace, which does it": ("tf.regex_replace",),
    "read files with Python: open, pathlib, np.load; pictures with clarinet.preprocessing.image.load_img": (
        "tf.train.Example", "tf.train.Feature", "tf.train.Features", "tf.data.TFRecordDataset",
        "tf.data.FixedLengthRecordDataset", "tf.io.TFRecordWriter",
        "tf.io.FixedLenFeature", "tf.io.VarLenFeature", "tf.io.parse_example", "tf.io.parse_single_example",
        "tf.io.parse_tensor", "tf.io.serialize_tensor", "tf.io.decode_raw", "tf.io.encode_jpeg", "tf.io.encode_png",
),
    "model.save and clarinet.models.load_model write and read model files": ("tf.saved_model", "tf.lite"),
    "fit(callbacks=[callbacks.TensorBoard()]) writes what TensorBoard shows": (
        "tf.summary.FileWriter", "tf.summary.merge_all", "tf.profiler",
    ),
    "tensors are dense; pad rows to one length with clarinet.utils.pad_sequences, or take to_tensor() of tf.ragged": (
        "tf.ragged", "tf.sparse",
),
    "rewrite programs of TensorFlow 1: operations run at once, and fit trains": (
        "tf.Session", "tf.InteractiveSession", "tf.placeholder", "tf.placeholder_with_default",
        "tf.trainable_variables", "tf.global_variables", "tf.local_variables_initializer",
        "tf.initialize_all_variables", "tf.get_collection", "tf.variable_scope", "tf.assign", "tf.ConfigProto",
        "tf.GPUOptions", "tf.Print", "tf.variables_initializer", "tf.get_variable", "tf.contrib", "tf.flags",
        "tf.global_variables_initializer", "tf.estimator", "tf.python_io", "tf.disable_v2_behavior",
        "tf.enable_v2_behavior", "tf.disable_eager_execution", "tf.nn.rnn_cell", "tf.nn.dynamic_rnn",
        "tf.nn.static_rnn", "tf.feature_column", "tf.app", "tf.logging", "tf.get_default_graph",
        "tf.reset_default_graph", "tf.Graph", "tf.gradients",
),
    "functions run as they are; there is nothing to convert": ("tf.autograph.trace",),
    "one device trains a model; compile(device=) names it": ("tf.distribute",),
    "tensors hold real numbers": ("tf.bfloat16",),
    "GradientTape.gradient takes a target of one number; call it once for each entry": (
        "tf.hessians", "tf.autodiff",
),
    "use a GradientTape: with clarinet.GradientTape() as tape: ...; tape.gradient(loss, variables)": (
        "tf.backend.gradients",
),
    "call the model, or make a clarinet.Model(inputs, outputs) of the tensors, and call it": ("tf.backend.function",),
    "operations run at once; there is no session": (
        "tf.backend.get_session", "tf.backend.set_session", "tf.backend.tensorflow_backend",
),
    "operations run at once as it is; leave it out": ("tf.enable_eager_execution",),
    "use an optimizer of clarinet.optimizers, with learning_rate": (
        "tf.train.AdamOptimizer", "tf.train.GradientDescentOptimizer", "tf.train.RMSPropOptimizer",
        "tf.train.MomentumOptimizer", "tf.train.AdagradOptimizer",
),
    "use a schedule of clarinet.optimizers.schedules": ("tf.train.exponential_decay", "tf.train.piecewise_constant"),
    "use tf.train.Checkpoint, or model.save": ("tf.train.Saver", "tf.train.import_meta_graph"),
    "call the model with training=True or training=False": ("tf.backend.set_learning_phase",),
    "use the layer of that name, called on the tensor": (
        "tf.backend.conv2d_transpose", "tf.backend.conv3d", "tf.backend.pool3d", "tf.backend.rnn",
),
    "draw with clarinet.random, with a seed": (
        "tf.random.Generator", "tf.random.get_global_generator", "tf.random.experimental",
),
    "compute it with NumPy on the data before training": (
        "tf.image", "tf.nn", "tf.math", "tf.linalg", "tf.quantization", "tf.signal",
    ),
    "read and write files with Python: open, pathlib, np.load; model.save and tf.train.Checkpoint keep models": (
        "tf.io", "tf.train",
    ),
    "there is nothing to set: a model runs on all cores, or on the device that compile(device=) names": ("tf.config",),
    "use the method of a Dataset that is called so, such as batch, map, shuffle or bucket_by_sequence_length": (
        "data.experimental",
    ),
    "draw with another function of clarinet.random, or with NumPy on the data before training": ("tf.random",),
    "errors are those of Python: ValueError, TypeError, IndexError, RuntimeError": ("tf.errors",),
    "use functions of tf, tf.math or clarinet.ops": ("tf.raw_ops", "tf.experimental", "tf.types"),
    "nothing was built here; clarinet.__version__ says the version": ("tf.sysconfig",),
}  # fmt: skip

#: Names of TensorFlow 1, each with that of today.
_RENAMED = {
    "mul": "multiply", "sub": "subtract", "neg": "negative", "div": "divide", "log": "math.log", "pack": "stack",
    "unpack": "unstack", "to_float": "cast", "to_int32": "cast", "to_int64": "cast", "to_double": "cast",
    "arg_max": "argmax", "arg_min": "argmin", "matrix_inverse": "linalg.inv", "matrix_determinant": "linalg.det",
    "py_func": "py_function", "set_random_seed": "random.set_seed", "random_normal": "random.normal",
    "random_uniform": "random.uniform", "random_shuffle": "random.shuffle", "log1p": "math.log1p",
    "multinomial": "random.categorical", "truncated_normal": "random.truncated_normal", "lgamma": "math.lgamma",
    "batch_matmul": "matmul",
    "image.resize_images": "image.resize", "image.resize_image_with_crop_or_pad": "image.resize_with_crop_or_pad",
    "nn.softmax_cross_entropy_with_logits_v2": "nn.softmax_cross_entropy_with_logits", "VERSION": "__version__",
    "random.set_random_seed": "random.set_seed", "is_nan": "math.is_nan", "erf": "math.erf",
    "sparse_to_dense": "scatter_nd",
    "select": "where", "concat_v2": "concat", "reverse_v2": "reverse", "initialize_variables": "Variable",
    "diag": "linalg.diag", "trace": "linalg.trace", "matrix_band_part": "linalg.band_part", "cross": "linalg.cross",
}  # fmt: skip

ABSENT_TENSORFLOW: dict[str, str] = {name: sentence for sentence, names in _TABLE.items() for name in names} | {
    f"tf.{old}": f"this is the name in TensorFlow 1; use tf.{today}" for old, today in _RENAMED.items()
}
