"""Names of TensorFlow that programs for Keras use and that are not here, each with what to use instead."""

from __future__ import annotations

#: Names by sentence, each below ``clarinet``.
_TABLE: dict[str, tuple[str, ...]] = {
    "one process trains one model; take what is inside `with strategy.scope():` out of it": (
        "tf.distribute", "tf.tpu",
),
    "use tf.strings.regex_replace, which does it": ("tf.regex_replace",),
    "read files with Python: open, pathlib, np.load; pictures with clarinet.preprocessing.image.load_img": (
        "tf.train.Example", "tf.train.Feature", "tf.train.Features", "tf.data.TFRecordDataset",
        "tf.data.FixedLengthRecordDataset", "tf.io.TFRecordWriter",
        "tf.io.FixedLenFeature", "tf.io.VarLenFeature", "tf.io.parse_example", "tf.io.parse_single_example",
        "tf.io.parse_tensor", "tf.io.serialize_tensor", "tf.io.decode_raw", "tf.io.encode_jpeg", "tf.io.encode_png",
),
    "model.save and clarinet.models.load_model write and read model files": ("tf.saved_model", "tf.lite"),
    "fit(callbacks=[callbacks.TensorBoard()]) writes what TensorBoard shows": ("tf.summary", "tf.profiler"),
    "tensors are dense; pad rows to one length with clarinet.utils.pad_sequences": (
        "tf.RaggedTensor", "tf.ragged", "tf.SparseTensor", "tf.sparse",
),
    "keep a list of Python's, then tf.stack it": ("tf.TensorArray",),
    "programs of TensorFlow 1 are written anew: operations run at once, and fit trains": (
        "tf.compat", "tf.Session", "tf.placeholder", "tf.get_variable", "tf.contrib", "tf.flags",
        "tf.global_variables_initializer", "tf.estimator", "tf.feature_column", "tf.app", "tf.logging",
        "tf.get_default_graph", "tf.reset_default_graph", "tf.Graph", "tf.gradients",
),
    "write an assert of Python's": ("tf.debugging", "tf.Assert"),
    "functions run as they are; there is nothing to convert": ("tf.autograph",),
    "tensors hold real numbers": ("tf.complex", "tf.complex64", "tf.complex128", "tf.bfloat16"),
    "write a class of Python's, or a subclass of clarinet.layers.Layer": ("tf.Module",),
    "a shape is a tuple": ("tf.TensorShape",),
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
    "call the model with training=True or training=False": ("tf.backend.set_learning_phase",),
    "use the layer of that name, called on the tensor": (
        "tf.backend.conv2d_transpose", "tf.backend.conv3d", "tf.backend.pool3d", "tf.backend.rnn",
),
    "draw with clarinet.random, with a seed": (
        "tf.random.Generator", "tf.random.get_global_generator", "tf.random.experimental",
),
    "compute it with NumPy on the data before training": (
        "tf.image", "tf.nn", "tf.math", "tf.linalg", "tf.quantization",
    ),
}  # fmt: skip

ABSENT_TENSORFLOW: dict[str, str] = {name: sentence for sentence, names in _TABLE.items() for name in names}
