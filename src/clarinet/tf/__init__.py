"""Names of TensorFlow that programs for Keras use, over :mod:`clarinet.ops`.

``import clarinet as tf`` finds them here, so ``clarinet`` itself lists Keras's names alone.

Example:
    >>> import clarinet as tf
    >>> x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    >>> tf.reduce_mean(x, axis=0).numpy()
    array([2., 3.], dtype=float32)
    >>> tf.nn.softmax(tf.zeros(2))
    Tensor([0.5, 0.5], dtype=float32)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases
from clarinet.graph import Tensor as KerasTensor
from clarinet.names import public
from clarinet.ops import Tensor, TensorSpec
from clarinet.ops.texts import STRING
from clarinet.tensor_shape import TensorShape
from clarinet.tf import config, image, io, linalg, math, nn, random, signal, strings, summary, test, train
from clarinet.tf.adapting import functions
from clarinet.tf.arrays import (
    argmax,
    argmin,
    boolean_mask,
    cast,
    clip_by_global_norm,
    clip_by_norm,
    cond,
    constant,
    gather,
    gather_nd,
    is_tensor,
    map_fn,
    matmul,
    one_hot,
    pad,
    range,
    scatter_nd,
    sequence_mask,
    shape,
    split,
    tensor_scatter_nd_update,
    unique,
    where,
    while_loop,
)
from clarinet.tf.control import (
    device,
    executing_eagerly,
    function,
    get_logger,
    group,
    init_scope,
    name_scope,
    numpy_function,
    print,
    py_function,
)
from clarinet.tf.math import confusion_matrix
from clarinet.tf.tables import BOTH, TOP
from clarinet.tf.version import version

_DTYPES = (
    "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
    "uint64", "bool", "complex64", "complex128",
)  # fmt: skip

__all__ = [
    "KerasTensor",
    "Tensor",
    "TensorShape",
    "TensorSpec",
    "argmax",
    "argmin",
    "boolean_mask",
    "cast",
    "clip_by_global_norm",
    "clip_by_norm",
    "cond",
    "config",
    "confusion_matrix",
    "constant",
    "device",
    "executing_eagerly",
    "function",
    "gather",
    "gather_nd",
    "get_logger",
    "group",
    "image",
    "init_scope",
    "io",
    "is_tensor",
    "linalg",
    "map_fn",
    "math",
    "matmul",
    "name_scope",
    "newaxis",
    "nn",
    "numpy_function",
    "one_hot",
    "pad",
    "print",
    "py_function",
    "random",
    "range",
    "scatter_nd",
    "sequence_mask",
    "shape",
    "signal",
    "split",
    "string",
    "strings",
    "summary",
    "tensor_scatter_nd_update",
    "test",
    "train",
    "unique",
    "version",
    "where",
    "while_loop",
]
__all__ += list(BOTH) + list(TOP) + list(_DTYPES)
newaxis = None
string = STRING


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)
    globals().update(functions(BOTH | TOP), **{name: np.dtype(name) for name in _DTYPES})
