"""What notebooks show, tried in one."""

import base64
import warnings
from typing import Any

import numpy as np
import pytest

from clarinet import Input, Sequential, glass
from clarinet.callbacks import LivePlot
from clarinet.callbacks import live as live_module
from clarinet.layers import Dense, Residual
from clarinet.problems import ClarinetWarning

CELLS = [
    """
import numpy as np, clarinet
from clarinet import glass, plots
model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)], name="<script>")
model.compile("sgd", "mse")
x = np.random.default_rng(0).normal(size=(64, 2))
""",
    "model",
    "history = model.fit(x, x.sum(axis=1), epochs=6, validation_split=0.25, verbose=0, plot=True)",
    "history",
    "glass.trace(model, x[:1], [1.0])",
    "plots.network(model)",
    "plots.history(history).axes[0].lines",
]


@pytest.fixture(scope="module")
def outputs() -> list[list[Any]]:
    """What every cell shows, and the messages that the front end got for the third one."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("matplotlib")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the client's own packages
        nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
    return [cell.outputs for cell in book.cells]


def data(outputs: list[Any]) -> dict[str, str]:
    """The only thing that a cell shows."""
    (output,) = outputs
    return dict(output.data)


def test_a_notebook_shows_models_histories_and_traces_as_tables(outputs: list[list[Any]]) -> None:
    for cell, words in ((1, "Param #"), (3, "over epochs"), (4, "dense/kernel/gradient")):
        html = data(outputs[cell])["text/html"]
        assert "<table>" in html and words in html
    assert "<script>" not in data(outputs[1])["text/html"]


def test_a_notebook_shows_figures_as_pictures(outputs: list[list[Any]]) -> None:
    shown = data(outputs[5])
    assert base64.b64decode(shown["image/png"]).startswith(b"\x89PNG")
    (size,) = (output.metadata["image/png"] for output in outputs[5])
    assert size["width"] > 200 and size["height"] > 100


def test_live_curves_are_one_picture_that_stays(outputs: list[list[Any]]) -> None:
    assert base64.b64decode(data(outputs[2])["image/png"]).startswith(b"\x89PNG")


def test_tables_have_no_colours_of_their_own() -> None:
    model = Sequential([Input((2,)), Residual([Dense(2)]), Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(np.ones((4, 2)), np.ones(4), epochs=2, verbose=0)
    for thing in (model, history, glass.trace(model, np.ones((4, 2)), np.ones(4))):
        assert "color" not in thing._repr_html_() and "background" not in thing._repr_html_()
    assert "\u2003dense" in model._repr_html_()  # set in
    history.history["loss"] = [2.0, np.nan, 1.0]
    assert "<td" in history._repr_html_() and "nan" not in history._repr_html_()
    assert "unbuilt" in Sequential([Dense(1)])._repr_html_()


def test_outside_of_a_notebook_live_curves_say_so() -> None:
    model = Sequential([Input((1,)), Dense(1)])
    model.compile("sgd", "mse")
    with pytest.warns(ClarinetWarning, match=r"plots\.history\(model\)"):
        model.fit([[0.0], [1.0]], [0.0, 1.0], epochs=1, verbose=0, plot=True)
    with pytest.raises(ValueError, match="plot"):
        model.fit([[0.0], [1.0]], [0.0, 1.0], plot="blue")


class Screen:
    """A front end that counts what it is shown."""

    def __init__(self) -> None:
        self.shown: list[int] = []

    def __call__(self, figure: Any, display_id: bool) -> "Screen":
        self.update(figure)
        return self

    def update(self, figure: Any) -> None:
        self.shown.append(len(figure.axes[0].lines[0].get_xdata()))


def test_drawing_never_takes_much_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    display = pytest.importorskip("IPython.display")
    screen, clock = Screen(), [0.0]

    def now() -> float:  # every look at the clock takes an eighth of a second, so every picture does
        clock[0] += 0.125
        return clock[0]

    monkeypatch.setattr(live_module, "in_notebook", lambda: True)
    monkeypatch.setattr(live_module.time, "perf_counter", now)
    monkeypatch.setattr(display, "display", screen)
    live = LivePlot("dark", seconds=0)
    live.on_train_begin()
    for epoch in range(40):
        live.on_epoch_end(epoch, {"loss": 1 / (epoch + 1)})
    live.on_train_end()
    assert screen.shown == [1, 10, 19, 28, 37, 40]


def test_live_curves_go_on_where_training_is_resumed() -> None:
    model = Sequential([Input((1,)), Dense(1)])
    model.compile("sgd", "mse")
    live = LivePlot()
    live.model = model
    model.fit([[0.0], [1.0]], [0.0, 1.0], epochs=2, verbose=0)
    live.on_epoch_begin(2)
    live.on_epoch_end(2, {"loss": 0.5})
    assert live.epoch == [0, 1, 2] and len(live.history["loss"]) == 3
