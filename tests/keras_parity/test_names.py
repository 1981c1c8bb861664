"""Every public name of the installed Keras is here, with its defaults, or is listed with what to use instead."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import clarinet
from clarinet.aliases import advice_for
from clarinet.aliases.absent import ABSENT
from clarinet.aliases.absent_tensorflow import ABSENT_TENSORFLOW

#: Whole parts of Keras that may be missing.
PARTS = ("applications", "distribution", "quantizers", "distillation", "export", "dtype_policies")
#: How many other names may be missing at most. It shrinks with what is added.
MOST_ABSENT = 50
#: Modules that are there, and listed for what they lack.
LACKING = (
    "data.experimental", "tf.config", "tf.distribute", "tf.experimental", "tf.image", "tf.io", "tf.linalg", "tf.math",
    "tf.nn", "tf.ragged", "tf.random", "tf.signal", "tf.sparse", "tf.train", "tf.types",
)  # fmt: skip
#: Defaults that differ on purpose, and why.
OTHER_DEFAULTS = {
    ("callbacks.EarlyStopping", "restore_best_weights"): "what nearly everybody wants",
    ("layers.InputLayer", "dtype"): "None means float32",
}


def names(module: ModuleType, path: str = "") -> Iterator[tuple[str, Any]]:
    """The public names of Keras, those of its public modules too."""
    for name in sorted(vars(module)):
        value, dotted = getattr(module, name), f"{path}.{name}".lstrip(".")
        if isinstance(value, ModuleType):
            if value.__name__ == f"keras.{dotted}" and name not in ("src", "_tf_keras"):
                yield dotted, value
                yield from names(value, dotted)
        elif not name.startswith("_"):
            yield dotted, value


def found(dotted: str) -> Any:
    """What the name is here; AttributeError where it is nothing."""
    value: Any = clarinet
    for part in dotted.split("."):
        value = getattr(value, part)
    return value


@pytest.fixture(scope="module")
def public() -> dict[str, Any]:
    import keras

    return dict(names(keras))


def test_every_name_is_there_or_listed(public: dict[str, Any]) -> None:
    missing = [name for name in public if advice_for(name) is None and not is_there(name)]
    assert not missing, f"neither here nor in clarinet.aliases.absent: {missing}"


def is_there(name: str) -> bool:
    try:
        found(name)
    except AttributeError:
        return False
    return True


def test_no_listed_name_is_there(public: dict[str, Any]) -> None:
    wrong = [name for name in [*ABSENT, *ABSENT_TENSORFLOW] if is_there(name)]
    wrong = [name for name in wrong if name not in LACKING]
    assert not wrong, f"these exist; take them out of clarinet.aliases.absent: {wrong}"
    unknown = [name for name in ABSENT if name not in public]
    assert not unknown, f"Keras has no such names: {unknown}"


def test_few_names_are_missing(public: dict[str, Any]) -> None:
    missing = [
        n
        for n in public
        if not n.startswith(PARTS)
        and not n.startswith(("ops.numpy.", "ops.nn.", "ops.linalg."))
        and advice_for(n) is not None
    ]
    assert len(missing) <= MOST_ABSENT, f"{len(missing)} are listed"


def defaults(value: Any) -> dict[str, Any]:
    """The defaults of a function's or a class's arguments."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):  # a class of Python's own, such as a context
        return {}
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def test_defaults_are_those_of_keras(public: dict[str, Any]) -> None:
    wrong = []
    for name, theirs in public.items():
        if isinstance(theirs, ModuleType) or advice_for(name) is not None or not callable(theirs):
            continue
        ours = defaults(found(name))
        wrong += [
            f"{name}({argument}={value!r}), here {ours[argument]!r}"
            for argument, value in defaults(theirs).items()
            if argument in ours
            and argument != "name"
            and not same(ours[argument], value)
            and (name, argument) not in OTHER_DEFAULTS
        ]
    assert not wrong, "\n".join(wrong)


def same(ours: Any, theirs: Any) -> bool:
    """Whether two defaults mean the same: a name of Keras may be an object here."""
    if theirs in ((ours, ours), (ours, ours, ours)):  # the same along each axis
        return True
    if ours == theirs or (ours in ((), "", None) and theirs in ((), "", None)):
        return True
    return isinstance(theirs, str) and re.sub(r"\W|_", "", theirs).lower() in repr(ours).replace("_", "").lower()


def test_every_sentence_says_what_to_do() -> None:
    assert all(len(sentence.split()) > 3 for sentence in [*ABSENT.values(), *ABSENT_TENSORFLOW.values()])


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("import clarinet.keras.distribution", "clarinet has no distribution: one process trains one model"),
        (
            "from clarinet.keras.applications.nasnet import NASNetMobile",
            "clarinet.applications has no nasnet: it is not there yet; MobileNetV2",
        ),
        ("from clarinet.keras.layers import Dens", "did you mean 'Dense'?"),
        ("import clarinet as tf; tf.distribute.Server", "clarinet.tf.distribute has no Server: one process trains one"),
        ("import clarinet as tf; tf.compat.v1.Session", "clarinet has no Session: rewrite programs of TensorFlow 1"),
        ("from clarinet import backend; backend.conv3d", "clarinet.backend has no conv3d: use the layer of that name"),
        ("from clarinet.keras import backend as K; K.function", "clarinet.backend has no function: call the model"),
        ("import clarinet; clarinet.nothing", "module 'clarinet' has no attribute 'nothing'"),
    ],
)
def test_what_is_not_there_says_what_to_use(statement: str, message: str) -> None:
    with pytest.raises((AttributeError, ImportError)) as caught:
        exec(statement)
    assert message in str(caught.value)


def test_modules_of_keras_are_loaded_once() -> None:
    program = (
        "import clarinet.keras.layers as layers, clarinet.keras.optimizers.legacy as legacy, clarinet\n"
        "from clarinet.tf.keras.utils import pad_sequences\n"
        "from clarinet.keras import backend as K, utils\n"
        "import clarinet.keras.ops.numpy\n"
        "assert layers is clarinet.layers and legacy is clarinet.optimizers and clarinet.keras is clarinet\n"
        "assert K is clarinet.backend and pad_sequences is clarinet.utils.pad_sequences\n"
        "assert clarinet.layers.__spec__.name == 'clarinet.layers' and clarinet.ops.numpy is clarinet.ops\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_a_module_that_is_not_there_is_said_so_anywhere() -> None:
    with pytest.raises(ImportError, match=r"'clarinet.engines.lowering' has no attribute 'nowhere'"):
        importlib.import_module("clarinet.engines.lowering.nowhere")
