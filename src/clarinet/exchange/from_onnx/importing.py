"""An ONNX file as a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from clarinet import files
from clarinet.exchange.from_onnx import protos
from clarinet.exchange.from_onnx.operators import OPERATORS
from clarinet.exchange.from_onnx.reading import Reader, clean
from clarinet.graph import Tensor
from clarinet.saving.container import ModelFileError
from clarinet.trainable import model_class

if TYPE_CHECKING:
    from onnx import GraphProto

    from clarinet.trainable import Trainable

ENDING = ".onnx"


def import_onnx(path: str | Path) -> Trainable:
    """Read an ONNX file, as PyTorch, scikit-learn, Keras or Clarinet write it, as a model that can be trained on.

    Products with constant matrices become Dense, convolutions, normalisations, lookups in tables and recurrent
    operators become the layers of these names with the file's weights, other operators operations of
    :mod:`clarinet.ops`. The first axis of inputs is that of the rows, whatever size the file says. Pictures keep their
    channels behind it.

    Nothing in the file is run, and nothing but its own bytes is read.

    Args:
        path: of the file.

    Raises:
        ModelFileError: no sound file; an operator or setting that there is not here, with its node; tensors in other
            files. ImportError: the package onnx is not installed.

    Example:
        >>> import clarinet, pathlib, tempfile
        >>> from clarinet.exchange import export_onnx, import_onnx
        >>> model = clarinet.Sequential([clarinet.Input((4,)), clarinet.layers.Dense(3, "softmax")])
        >>> path = pathlib.Path(tempfile.mkdtemp(), "net.onnx")
        >>> export_onnx(model, path)
        >>> import_onnx(path).count_params()
        15
    """
    path = Path(path)
    try:
        import onnx  # noqa: F401
    except ImportError:
        raise ImportError("ONNX files need the package onnx: pip install 'clarinet[onnx]'") from None
    try:
        return _model(protos.model_of(files.current(path).read_bytes()).graph, path.stem)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, ArithmeticError) as error:
        raise ModelFileError(f"{path}: {error}") from error


def is_name(path: str | Path) -> bool:
    """Whether a file is called as those of ONNX are."""
    return Path(path).suffix.lower() == ENDING


def _model(graph: GraphProto, name: str) -> Trainable:
    known = dict(protos.constants(graph))
    begins = [each for each in graph.input if each.name not in known]
    reader = Reader(known)
    inputs = [reader.begin(each.name, each.type) for each in begins]
    reader.run(protos.steps(graph.node), [each.name for each in graph.output], OPERATORS)
    outputs = [reader.values[each.name] for each in graph.output if reader.has(each.name)]
    numeric = [tensor for tensor in outputs if isinstance(tensor, Tensor) and tensor.spec.dtype.kind == "f"]
    if not numeric:
        raise ValueError("no output is computed from the inputs in floats")
    make: Callable[..., Trainable] = model_class("Model")
    ends: object = numeric[0] if len(numeric) == 1 else numeric
    found = make(inputs if len(inputs) > 1 else inputs[0], ends, name=clean(graph.name or name))
    reader.weigh()
    return found
