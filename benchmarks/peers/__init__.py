"""The rows of the benchmark: which peers run, how they are called and what they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..networks import Network


@dataclass(frozen=True)
class Row:
    """One line of the table: a peer, run in one way.

    Args:
        name: short name for ``--only`` (its part before the first ``-`` selects the whole family).
        label: what the table calls it.
        module: module of this package whose class ``Peer`` does the work.
        distribution: what a user installs; its size and that of its dependencies is measured.
        imports: the module whose import is timed.
        options: keyword arguments of ``Peer``.
        environment: variables that must be set before the library is imported.
    """

    name: str
    label: str
    module: str
    distribution: str
    imports: str
    options: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


_TENSORFLOW = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}

ROWS = (
    Row("clarinet", "Clarinet, native engine", "clarinet_fit", "clarinet", "clarinet", {"engine": "native"}),
    Row("jax-scan", "JAX, one jitted scan an epoch (tuned)", "jax_scan", "jax", "jax"),
    Row("keras-jax", "Keras on JAX", "keras_fit", "keras,jax", "keras", {}, {"KERAS_BACKEND": "jax"}),
    Row(
        "keras-jax-tuned", "Keras on JAX, several steps a call (tuned)", "keras_fit", "keras,jax", "keras",
        {"tuned": True}, {"KERAS_BACKEND": "jax"},
    ),
    Row("torch", "PyTorch, DataLoader", "torch_loop", "torch", "torch"),
    Row("torch-fused", "PyTorch, eager, Adam(fused=True) (tuned)", "torch_loop", "torch", "torch", {"mode": "fused"}),
    Row("torch-compile", "PyTorch, torch.compile (tuned)", "torch_loop", "torch", "torch", {"mode": "compile"}),
    Row(
        "torch-compile-cuda", "PyTorch, torch.compile, on the GPU (tuned)", "torch_loop", "torch", "torch",
        {"mode": "compile", "device": "cuda"},
    ),
    Row("keras-tensorflow", "Keras on TensorFlow", "keras_fit", "keras,tensorflow-cpu", "keras", {}, _TENSORFLOW),
    Row(
        "keras-tensorflow-tuned", "Keras on TensorFlow, jit_compile, several steps a call (tuned)", "keras_fit",
        "keras,tensorflow-cpu", "keras", {"tuned": True}, _TENSORFLOW,
    ),
    Row("sklearn", "scikit-learn MLPClassifier", "sklearn_mlp", "scikit-learn", "sklearn.neural_network"),
    Row("numpy", "NumPy, the textbook's loop", "numpy_loop", "numpy", "numpy"),
    Row("numpy-online", "NumPy, the from-scratch tutorial's loop", "numpy_online", "numpy", "numpy"),
    Row(
        "clarinet-reference", "Clarinet, reference engine", "clarinet_fit", "clarinet", "clarinet",
        {"engine": "reference"},
    ),
    Row("clarinet-jax", "Clarinet, JAX engine", "clarinet_fit", "clarinet,jax", "clarinet", {"engine": "jax"}),
)  # fmt: skip


def select(names: str | None, network: Network) -> tuple[Row, ...]:
    """Of the rows that measure the network, those that ``--only`` names: exact names, or families such as ``keras``.

    Raises:
        ValueError: a name that no row has.
    """
    measured = tuple(row for row in ROWS if row.name in network.peers)
    if names is None:
        return measured
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if not any(_selected(row, name) for row in ROWS):
            known = ", ".join(row.name for row in ROWS)
            raise ValueError(f"--only names {name!r}, but no row is called so; expected some of: {known}")
    return tuple(row for row in measured if any(_selected(row, name) for name in wanted))


def _selected(row: Row, name: str) -> bool:
    return row.name == name or row.name.startswith(name + "-")
