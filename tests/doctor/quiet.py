"""Sound programs, of which the doctor has nothing to say: ``make doctor-quiet`` examines them all (some minutes).

The benchmark networks, the tutorials' programs, the trainings in the documentation, and configurations drawn at random
from what is sensible: widths, activations, optimizers, losses, on digits, on images of another kind, and on tables.
"""

from __future__ import annotations

import contextlib
import io
import re
import runpy
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import benchmarks.networks as networks
from clarinet import Input, Sequential, doctor, layers, losses, optimizers, utils
from clarinet.datasets import mnist

ROOT = Path(__file__).parents[2]
CONFIGURATIONS = 20
#: Scripts whose models are all sound.
SCRIPTS = ("tests/programs/tutorial_digits.py", "examples/first_network/first_network.py")
_ROWS = 3000


@dataclass(frozen=True)
class Sound:
    """A model with its data and its arguments of ``fit``."""

    name: str
    model: Callable[[], Sequential]
    x: Any
    y: Any
    fit: dict[str, Any]

    def __str__(self) -> str:
        return self.name

    def report(self) -> doctor.Report:
        """What the doctor says."""
        return doctor.examine(self.model(), self.x, self.y, **self.fit)


# Data.


def digits() -> tuple[Any, Any]:
    """MNIST between 0 and 1, (n, 28, 28)."""
    (x, y), _ = mnist.load_data()
    return (x[:_ROWS] / 255).astype(np.float32), y[:_ROWS].astype(np.int64)


def clothes() -> tuple[Any, Any]:
    """Images (n, 28, 28) of ten kinds: filled shapes with texture, as in Fashion-MNIST, not strokes."""
    rng = np.random.default_rng(0)
    coarse = rng.normal(size=(10, 7, 7))
    kinds = np.kron(coarse, np.ones((4, 4)))
    y = rng.integers(0, 10, _ROWS)
    x = (
        kinds[y]
        + 0.8 * np.kron(rng.normal(size=(_ROWS, 7, 7)), np.ones((4, 4)))
        + 0.3 * rng.normal(size=(_ROWS, 28, 28))
    )
    return (np.clip(0.4 + 0.25 * x, 0, 1)).astype(np.float32), y


def table(kind: str) -> tuple[Any, Any]:
    """Twelve standardised columns; an amount, a yes or no, or one of four classes made of some of them, with noise."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(_ROWS, 12))
    x[:, 6] = 0.8 * x[:, 0] + 0.6 * x[:, 6]
    amount = np.sin(1.5 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3] - 0.3 * x[:, 4] + 0.2 * rng.normal(size=_ROWS)
    y = {"amounts": amount / amount.std(), "yes": (amount > 0.3) * 1.0, "classes": np.digitize(amount, [-1, 0, 1])}[
        kind
    ]
    return x.astype(np.float32), y


# Configurations.


def configurations(seed: int = 0, count: int = CONFIGURATIONS) -> list[Sound]:
    """Drawn at random; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return [_configuration(rng, number) for number in range(count)]


def _configuration(rng: np.random.Generator, number: int) -> Sound:
    task = ("digits", "clothes", "amounts", "yes", "classes")[number % 5]
    x, y = {"digits": digits, "clothes": clothes}.get(task, lambda: table(task))()
    classes = {"digits": 10, "clothes": 10, "classes": 4}.get(task, 1)
    function = str(rng.choice(["relu", "tanh", "elu", "gelu", "silu", "leaky_relu"]))
    widths = [int(w) for w in rng.choice([16, 32, 64, 128, 256], size=rng.integers(1, 4))]
    rate = float(rng.choice([0.0, 0.2, 0.3]))
    normalised, dropping = bool(rng.random() < 0.25), [rate] * (rate > 0 and min(widths) >= 64)
    ending, loss = _ending(task, rng)
    build, told = _optimizer(rng)

    def model() -> Sequential:
        body: list[Any] = [Input(x.shape[1:])] + [layers.Flatten()] * (x.ndim > 2)
        for width in widths:
            body += [layers.Dense(width)] + [layers.BatchNormalization() for _ in range(normalised)]
            body += [layers.Activation(function), *map(layers.Dropout, dropping)]
        network = Sequential([*body, layers.Dense(classes, activation=ending)])
        network.compile(build(), loss, metrics=None if task == "amounts" else ["accuracy"])
        return network

    one_hot = isinstance(loss, str) and loss == "categorical_crossentropy"
    y = utils.to_categorical(y, classes) if one_hot else y
    fit = {"epochs": int(rng.choice([15, 20, 30])), "batch_size": int(rng.choice([16, 32, 64]))}
    return Sound(f"{number}: {task} {widths} {function} {told} {ending} {fit}", model, x, y, fit)


def _ending(task: str, rng: np.random.Generator) -> tuple[str | None, Any]:
    """The last activation and the loss."""
    logits = bool(rng.random() < 0.3)
    if task == "amounts":
        return None, str(rng.choice(["mse", "mae", "huber"]))
    if task == "yes":
        return (None, losses.BinaryCrossentropy(from_logits=True)) if logits else ("sigmoid", "binary_crossentropy")
    if logits:
        return None, losses.SparseCategoricalCrossentropy(from_logits=True)
    return "softmax", str(rng.choice(["sparse_categorical_crossentropy", "categorical_crossentropy"]))


def _optimizer(rng: np.random.Generator) -> tuple[Callable[[], Any], str]:
    choices: list[tuple[Any, dict[str, Any]]] = [
        (optimizers.Adam, {"learning_rate": 1e-3}),
        (optimizers.Adam, {"learning_rate": 5e-3}),
        (optimizers.SGD, {"learning_rate": 0.05}),
        (optimizers.SGD, {"learning_rate": 0.01, "momentum": 0.9}),
        (optimizers.SGD, {"learning_rate": 0.02, "momentum": 0.9, "nesterov": True}),
        (optimizers.RMSprop, {"learning_rate": 1e-3}),
        (optimizers.Nadam, {"learning_rate": 1e-3}),
        (optimizers.AdamW, {"learning_rate": 2e-3, "weight_decay": 0.004}),
    ]
    kind, settings = choices[int(rng.integers(len(choices)))]
    return lambda: kind(**settings), f"{kind.__name__}({settings})"


# Benchmark networks.


def benchmark_networks() -> list[Sound]:
    """The networks of ``make bench`` on MNIST, two epochs of them."""
    return [_benchmark(network) for network in networks.NETWORKS]


def _benchmark(network: Any) -> Sound:
    x, y = digits()
    flat = x.reshape(len(x), *network.inputs)

    def model() -> Sequential:
        kinds: dict[type, Callable[[Any], Any]] = {
            networks.Dense: lambda d: layers.Dense(d.units, activation=d.activation),
            networks.Conv: lambda d: layers.Conv2D(d.filters, d.size, activation="relu"),
            networks.Pool: lambda d: layers.MaxPooling2D(d.size),
            networks.Flatten: lambda d: layers.Flatten(),
        }
        built = Sequential([Input(network.inputs), *(kinds[type(d)](d) for d in network.layers)])
        made = {"adam": optimizers.Adam, "sgd": optimizers.SGD}[network.optimizer](network.learning_rate)
        built.compile(made, network.loss, metrics=["accuracy"])
        return built

    targets = {"binary_crossentropy": y % 2, "mean_squared_error": utils.to_categorical(y, 10)}.get(network.loss, y)
    return Sound(f"benchmark {network.name}", model, flat, targets, {"epochs": 10, "batch_size": network.batch})


# Scripts and documentation.


@contextlib.contextmanager
def watched() -> Iterator[list[doctor.Report]]:
    """Every ``fit`` in here is examined, then trains on a few rows."""
    reports: list[doctor.Report] = []
    train = Sequential.fit

    def instead(
        self: Sequential, x: Any = None, y: Any = None, batch_size: Any = None, epochs: int = 1, **more: Any
    ) -> Any:
        with patch.object(Sequential, "fit", train):
            if y is not None:
                reports.append(doctor.examine(self, x, y, batch_size=batch_size, epochs=epochs, **_looked_at(more)))
            return self.fit(x[:1000], None if y is None else y[:1000], batch_size, epochs, **more | {"verbose": 0})

    with patch.object(Sequential, "fit", instead), contextlib.redirect_stdout(io.StringIO()):
        yield reports


def _looked_at(arguments: dict[str, Any]) -> dict[str, Any]:
    names = "validation_data", "validation_split", "shuffle", "class_weight", "callbacks"
    return {name: arguments[name] for name in names if name in arguments}


def of_script(path: str) -> list[doctor.Report]:
    """What is said of the models that a script trains."""
    script = ROOT / path
    with watched() as reports, patch.object(sys, "argv", [str(script)]):
        sys.path.insert(0, str(script.parent))
        try:
            runpy.run_path(str(script), run_name="__main__")
        finally:
            sys.path.remove(str(script.parent))
    return reports


def documents() -> list[Path]:
    """Pages whose programs train."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [page for page in pages if any(map(_trains, _programs(page)))]


def _trains(code: str) -> bool:
    """Whether a program trains a model on what is there: on no files that its reader is to have."""
    return "Sequential(" in code and ".fit(" in code and '"data/' not in code


def _writes(code: str) -> bool:
    """Whether a program writes a file that a later one trains on."""
    return re.search(r'open\("[^"]*", "w"\)', code) is not None


def of_document(page: Path) -> list[doctor.Report]:
    """What is said of the models that a page's programs train; programs that need what is not there are left out."""
    with watched() as reports, tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for code in _programs(page):
            if _trains(code) or _writes(code):
                exec(compile(code, page.name, "exec"), {})
    return reports


def _programs(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


def main() -> int:
    """Examine everything; print what is said, and return 1 if anything is."""
    said = 0
    for sound in (*configurations(), *benchmark_networks()):
        report = sound.report()
        said += not report.healthy
        print(f"{'quiet' if report.healthy else 'SAYS'}  {report.seconds:5.2f} s  {sound}", flush=True)
        if not report.healthy:
            print(report)
    sources = [(path, of_script(path)) for path in SCRIPTS] + [(page.name, of_document(page)) for page in documents()]
    for path, reports in sources:
        said += sum(not report.healthy for report in reports)
        for report in reports:
            print(f"{'quiet' if report.healthy else 'SAYS'}  {path}{'' if report.healthy else chr(10) + str(report)}")
    return int(said > 0)


if __name__ == "__main__":
    raise SystemExit(main())
