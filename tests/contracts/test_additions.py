"""What one has to write to add something: a row in tests/cases/, and no more than four files.

Counted are the files of src, native and tests/cases whose code names it: not comments and docstrings, not the pages
that are made from the code, nor tests that choose it as an example.
"""

import ast
import re
from itertools import chain
from pathlib import Path

import pytest

from clarinet import activations, constraints, initializers, layers, losses, metrics, optimizers, regularizers
from clarinet.optimizers import schedules
from tests import cases

ROOT = Path(__file__).parents[2]
MOST = 4
#: Names that other frameworks have, and what pages run or offer as well: what is added here needs neither.
OF_OTHERS = (
    "src/clarinet/doctor/adapters/",
    "src/clarinet/aliases/",
    "src/clarinet/exchange/from_onnx/",
    "src/clarinet/page/",
    "src/clarinet/studio/choices.py",
)
#: For every kind of thing: where it is exported, its rows, and what else is exported there.
KINDS = {
    "activations": (activations, cases.ACTIVATIONS, {"Activation"}),
    "constraints": (constraints, cases.CONSTRAINTS, {"Constraint"}),
    "initializers": (initializers, cases.INITIALIZERS, {"Initializer"}),
    "layers": (layers, [*cases.LAYERS, *cases.AUTHORED], {"Layer"}),
    "losses": (losses, cases.LOSSES, {"Loss"}),
    "metrics": (metrics, cases.METRICS, {"Metric", "MeanMetric"}),
    "optimizers": (optimizers, cases.OPTIMIZERS, {"Optimizer", "OptimizerState"}),
    "regularizers": (regularizers, cases.REGULARIZERS, {"Regularizer"}),
    "schedules": (schedules, cases.SCHEDULES, {"LearningRateSchedule"}),
}


#: What has no row, for the rows' tests would have nothing to compare.
ROWLESS = {
    activations.Custom: "a user's function, which cannot be saved",
    layers.Input: "a tensor that a network begins with, no layer",
    layers.InputLayer: "where a network begins; it computes nothing",
    layers.Lambda: "a user's function, whose code is in no file",
    **dict.fromkeys(
        (layers.AdditiveAttention, layers.Attention, layers.GroupQueryAttention, layers.MultiHeadAttention),
        "of several tensors with masks between them, see test_attention",
    ),
    **dict.fromkeys(
        (
            layers.CategoryEncoding,
            layers.Discretization,
            layers.HashedCrossing,
            layers.Hashing,
            layers.IntegerLookup,
            layers.StringLookup,
        ),
        "works on the data, before an engine sees it, see tests/layers/test_categories.py",
    ),
    **dict.fromkeys(
        (layers.GRUCell, layers.LSTMCell, layers.SimpleRNNCell, layers.StackedRNNCells),
        "one step, which RNN takes; it has rows with each of them",
    ),
    **dict.fromkeys(
        (initializers.STFT, layers.MelSpectrogram, layers.STFTSpectrogram),
        "of sounds, see tests/layers/test_spectrograms.py",
    ),
    layers.Pipeline: "other layers, one after another",
    layers.Wrapper: "a base of layers around another one",
    layers.TextVectorization: "works on texts, before a model",
    losses.CTC: "of sequences, see test_losses_of_batches",
    losses.Circle: "of whole batches, see test_losses_of_batches",
    losses.Custom: "a user's function, which cannot be saved",
    losses.Function: "a user's function, which cannot be saved",
    metrics.Custom: "a user's function, which cannot be saved",
    metrics.MeanMetricWrapper: "a user's function, which cannot be saved",
    metrics.Mean: "takes values, not targets and predictions",
    metrics.Sum: "takes values, not targets and predictions",
    optimizers.BFGS: "minimises, and has no update of a weight by its gradient",
    optimizers.LBFGS: "minimises, and has no update of a weight by its gradient",
}


@pytest.mark.parametrize("kind", KINDS)
def test_everything_public_has_a_row(kind):
    room, rows, besides = KINDS[kind]
    public = {value for name in room.__all__ if isinstance(value := getattr(room, name), type) and name not in besides}
    made = {type(case.make()) for case in rows}
    assert public and made
    assert not public - made - set(ROWLESS), "give them rows in tests/cases/"
    assert not made & set(ROWLESS), "they have rows, and need no reason"


def _words_of_python(text: str) -> set[str]:
    """Names, and texts of one word, in the code of a module."""
    tree = ast.parse(text)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None
    }
    words: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            words.add(node.id)
        elif isinstance(node, ast.Attribute):
            words.add(node.attr)
        elif isinstance(node, ast.alias | ast.ClassDef | ast.FunctionDef):
            words.add(node.name.rpartition(".")[2])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            words.add(node.value)
    return words


def _words_of_cpp(text: str) -> set[str]:
    return set(re.findall(r"\w+", re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)))


@pytest.fixture(scope="module")
def words():
    """The words in the code of every file that counts."""
    found = {}
    for path in chain(*((ROOT / room).rglob("*") for room in ("src", "native", "tests/cases"))):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py" and not name.startswith(OF_OTHERS):
            found[name] = _words_of_python(path.read_text("utf-8"))
        elif path.suffix in (".cpp", ".hpp"):
            found[name] = _words_of_cpp(path.read_text("utf-8"))
    return found


#: What is added, and all words that it goes by.
ADDED = {
    "a layer": {"GlobalAveragePooling1D"},
    "another layer": {"AlphaDropout"},
    "a layer of others": {"SeparableConv2D"},
    "a loss": {"Huber", "huber"},
    "another loss": {"CategoricalFocalCrossentropy", "categorical_focal_crossentropy"},
    "an optimizer": {"Muon"},
    "an optimizer with a native form": {"Lion"},
    "a metric": {"F1Score"},
    "an initializer": {"Orthogonal"},
    "a schedule": {"OneCycle"},
    "a rule": {"wrong_metric"},
    "another rule": {"imbalance", "class_imbalance"},
    "a plot": {"boundary"},
    "another plot": {"calibration"},
}


@pytest.mark.parametrize("what", ADDED)
def test_an_addition_is_written_in_four_files(what, words):
    named = sorted(name for name, found in words.items() if found & ADDED[what])
    assert 2 <= len(named) <= MOST, f"{what} such as {sorted(ADDED[what])} is named in {named}"


def test_comments_and_docstrings_do_not_count():
    assert _words_of_python('"""Huber."""\ndef f():\n    """Huber."""  # Huber\n    return x.Relu("gelu")') == {
        "f",
        "x",
        "Relu",
        "gelu",
    }
    assert _words_of_cpp("a = b; // Huber\n/* huber */ c") == {"a", "b", "c"}
