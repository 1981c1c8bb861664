"""What code wants to know of a layer, loss, … is said by its class: nowhere else are there tests for classes or lists.

So a class of a user's own, made from one of these or from none, is treated like the library's.
"""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
import pytest

import clarinet
from clarinet import activations, initializers, layers, losses, metrics, optimizers, regularizers

SOURCE = Path(clarinet.__file__).parent
ROOMS = (activations, initializers, layers, losses, metrics, optimizers, regularizers)
#: Files that define the classes, and may know each other.
OWN = tuple(room.__name__.removeprefix("clarinet.") for room in ROOMS)
#: What all things of a kind are made from: whether something is a layer at all is a question of its kind.
BASES = {"Activation", "Initializer", "Layer", "Loss", "Metric", "Optimizer", "Regularizer", "Handle"}
#: Tables with a row for each class in a form that its class knows nothing of: everything in them is keyed by class.
TABLES = ("engines/lowering/", "exchange/", "glass/loss_text.py", "page/sequences.py", "studio/choices.py")
#: Things of other frameworks are known by their names alone.
FOREIGN = ("doctor/adapters/",)
#: Tests that stay, each for a reason.
ALLOWED = {
    ("engines/lowering/__init__.py", "Recurrent"): "its states are kept outside of a step, which engines see to",
    ("exchange/keras_models.py", "InputLayer"): "Keras's files have it among the layers",
    ("exchange/keras_models.py", "TakesStates"): "Keras's files have states among the inputs",
    ("exchange/keras_weights.py", "Cell"): "Keras's files have its weights without its loop",
    ("layer_stack.py", "InputLayer"): "it computes nothing: where a network begins",
    ("exchange/keras_parts.py", "Parallel"): "Keras's files have its parts alone",
    ("exchange/keras_parts.py", "Residual"): "Keras's files have its parts alone",
    ("exchange/keras_state.py", "Muon"): "Keras's files have its state in an order of its own",
}


#: What travels with them, which code may tell from other things.
RECORDS = {"Context", "Leaf", "OptimizerState", "Part", "BuildSpec", "Shares"}


#: Classes of other rooms that an initializer or a loss shares its name with: a number in a graph, any function.
OTHERS = {"Constant", "Function", "Variable", "Operation", "Update", "Choice"}


def _names() -> set[str]:
    """Of all classes of the rooms, public or not; without those of bases, whose namesakes count as bases."""
    found: set[str] = set()
    for room in ROOMS:
        inner = [i.name for i in iter_modules(room.__path__)] if hasattr(room, "__path__") else []
        for module in (room, *(import_module(f"{room.__name__}.{name}") for name in inner)):
            classes = [value for value in vars(module).values() if inspect.isclass(value)]
            found |= {c.__name__ for c in classes if c.__module__.startswith(room.__name__)}
    return found - BASES - RECORDS - OTHERS


NAMES = _names()


def _named(node: ast.AST) -> set[str]:
    """Classes of the rooms that an expression names, or whose names it holds as texts."""
    words = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            words.add(part.id)
        elif isinstance(part, ast.Attribute):
            words.add(part.attr)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            words.add(part.value)
    return words & NAMES


def _layer_activation(node: ast.AST) -> bool:
    """Whether ``layers.Activation``, or a name imported from there, is meant."""
    return any(isinstance(p, ast.Attribute) and ast.unparse(p) == "layers.Activation" for p in ast.walk(node))


def _tests(tree: ast.AST) -> Iterator[tuple[int, set[str], str]]:
    """Line, classes and text of every test for a class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass"):
            named = _named(node.args[1]) | ({"Activation"} if _layer_activation(node.args[1]) else set())
            if named:
                yield node.lineno, named, ast.unparse(node)
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            about = {w for s in sides for w in ("type(", ".__name__", ".kind", "loss_name") if w in ast.unparse(s)}
            named = set().union(*map(_named, sides))
            if about and named:
                yield node.lineno, named, ast.unparse(node)
        elif isinstance(node, ast.MatchClass) and _named(node.cls):
            yield node.lineno, _named(node.cls), ast.unparse(node)


def _members(node: ast.AST) -> list[ast.expr]:
    """What a list, set, table or union of classes holds."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_members(node.left), *_members(node.right)] or [node.left, node.right]
    members = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
    return [
        m for m in members if isinstance(m, (ast.Name, ast.Constant)) or isinstance(getattr(m, "value", 0), ast.Name)
    ]


def _lists(tree: ast.AST) -> Iterator[tuple[int, set[str], str]]:
    """Line, classes and text of every list of classes, or of their names; one class is a list where it is kept."""
    for node in ast.walk(tree):
        kept = isinstance(node, ast.Assign) and not isinstance(node.value, ast.Dict)
        named = {word for m in _members(node.value if kept else node) for word in _named(m)}
        if len(named) > (0 if kept else 1):
            yield node.lineno, named, ast.unparse(node)


@cache
def _files() -> dict[str, ast.AST]:
    paths = {path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.py"))}
    return {n: ast.parse(path.read_text("utf-8")) for n, path in paths.items() if not n.startswith((*OWN, *FOREIGN))}


@cache
def _all_tests() -> list[tuple[str, int, set[str], str]]:
    return [(name, *test) for name, tree in _files().items() for test in _tests(tree)]


def test_nobody_tests_for_classes():
    found = [
        f"{name}:{line}: {text}"
        for name, line, named, text in _all_tests()
        if any((name, one) not in ALLOWED for one in named)
    ]
    assert not found, f"ask the class instead, see e.g. Loss.labels or Layer.weighted_sum: {found}"


def test_nobody_lists_classes_but_the_tables():
    found = [
        f"{name}:{line}: {text[:80]}"
        for name, tree in _files().items()
        if not name.startswith(TABLES) and not name.endswith("__init__.py")
        for line, _, text in _lists(tree)
    ]
    assert not found, f"let the classes say it: {found}"


def test_what_is_allowed_is_there():
    there = {(name, one) for name, _, named, _ in _all_tests() for one in named}
    assert set(ALLOWED) <= there


@pytest.mark.parametrize(
    "text",
    [
        "isinstance(loss, losses.MeanSquaredError)",
        "isinstance(layer, (Dense, Flatten))",
        "type(optimizer).__name__ == 'SGD'",
        "type(loss) is losses.Huber",
        "op.kind == 'Dense'",
        "isinstance(spec, layers.Activation)",
    ],
)
def test_such_a_test_is_seen(text):
    assert list(_tests(ast.parse(text)))


@pytest.mark.parametrize(
    "text",
    ["name in ('SGD', 'Ftrl')", "_PLAIN = (activations.Linear,)", "A = Softmax | Sigmoid", "{'SGD': 1, 'Adam': 2}"],
)
def test_such_a_list_is_seen(text):
    assert list(_lists(ast.parse(text)))
    assert not list(_lists(ast.parse("pair: tuple[Layer, Dense] = (layers.Dense(1), layers.Flatten())")))


# What the facts are, for classes that are made from the library's.


def test_a_loss_made_from_another_takes_the_same_labels():
    class Doubled(losses.SparseCategoricalCrossentropy):
        pass

    class Own(losses.Loss):
        def values(self, y_true, y_pred, xp=np):
            return xp.mean(abs(y_true - y_pred), axis=-1)

        def gradient(self, y_true, y_pred, xp=np):
            return xp.sign(y_pred - y_true) / y_pred.shape[-1]

    assert (Doubled.labels, Doubled.likelihood, Doubled().of_classes) == ("ids", "categorical", True)
    assert (Own.labels, Own.likelihood, Own().of_classes) == ("numbers", "", False)


def test_an_optimizer_made_from_another_is_of_its_kind():
    class Slower(optimizers.SGD):
        pass

    assert not Slower.adaptive and Slower.precedes_adam and optimizers.LBFGS.full_batch
    assert optimizers.Optimizer.adaptive and not optimizers.Optimizer.full_batch


def test_a_layer_made_from_another_computes_alike():
    class Narrow(layers.Dense):
        pass

    assert (Narrow.weighted_sum, layers.DepthwiseConv2D.weighted_sum, layers.Flatten.weighted_sum) == (
        "dense",
        "window",
        "",
    )
    assert layers.Activation("relu").pure_activation == activations.relu
    assert layers.Dense(2, activation="relu").pure_activation is None


@pytest.mark.parametrize(
    ("fact", "room", "values"),
    [
        ("labels", losses, {"ids", "one-hot", "binary", "signs", "numbers", "any"}),
        ("likelihood", losses, {"", "bernoulli", "categorical", "laplace", "normal", "poisson"}),
        ("outputs", activations, {"values", "probability", "distribution", "log-distribution"}),
        ("weighted_sum", layers, {"", "dense", "window", "windows"}),
        ("passes_through", layers, {"", "identity", "reshape", "permute"}),
        ("rescales_by", layers, {"", "constants", "data", "batch", "sample"}),
        ("disturbs_by", layers, {"", "dropout", "noise", "augmentation"}),
    ],
)
def test_facts_have_the_values_that_are_documented(fact, room, values):
    kinds = [getattr(room, name) for name in room.__all__]
    found = {getattr(kind, fact) for kind in kinds if isinstance(kind, type) and hasattr(kind, fact)}
    assert found == values
