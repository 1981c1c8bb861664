"""The command line: sub-commands, options, their help."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from clarinet.cli.doctor_options import add_doctor
from clarinet.cli.parsing import Parser
from clarinet.cli.runs_options import add_runs
from clarinet.cli.values import character, every, layer, place, port, rate, share, size, units, whole, yes_or_no

if TYPE_CHECKING:
    from clarinet.cli.parsing import Commands, Parser

_CODES = "exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted (training saves the model so far first)"

_DATA = """DATA is one of
  mnist, fashion_mnist, cifar10   a well-known data set
  houses.csv                      a table: text of any kind, an Excel workbook (.xlsx), Parquet
  photos/                         a folder with one sub-folder of pictures for each class
"""

_TRAIN = f"""{_DATA}
examples:
  clarinet train mnist --epochs 10 --hidden 128,64 --out digits.clarinet
  clarinet train mnist --preset cnn
  clarinet train houses.csv --target price
  clarinet train reviews.csv --target stars            a column of sentences is found too
  clarinet train maisons.csv --target prix --decimal , --encoding cp1252   where the message asks for it
  clarinet train photos/
  clarinet train photos/ --image-size 32,32 --augment --mirror
  clarinet train houses.csv --target price --cv 5
  clarinet train mnist --run digits

Ctrl-C stops training and saves the model as it is then.
{_CODES}"""

_SWEEP = f"""{_DATA}
or train.py, a program whose first fit is searched in its place: over learning rate and batch size; or over what its
function build(...) takes, if that has type hints such as units: Annotated[int, (8, 256, "log")].

examples:
  clarinet sweep houses.csv --target price --trials 60 --workers 2
  clarinet sweep houses.csv --target price --time 10m --cv 5
  clarinet sweep photos/ --trials 30 --metric val_accuracy
  clarinet sweep --trials 60 --workers 2 train.py
  clarinet sweep --trials 60 train.py -- --data mine.csv      the program's own arguments
  clarinet sweep houses.csv --target price --trials 100 --resume      after Ctrl-C, or to try more

Every trial is kept as a run: clarinet runs ls --where "group = houses"
{_CODES}"""

_EVALUATE = f"""{_DATA}
example:
  clarinet evaluate digits.clarinet mnist
{_CODES}"""

_PREDICT = f"""examples:
  clarinet predict digits.clarinet photo.png another.jpg
  clarinet predict photos.clarinet photos/            every picture in a folder
  clarinet predict houses.clarinet new-houses.csv --out predictions.csv
  clarinet predict digits.clarinet photo.png --top 3

A model trained on mnist reads photos of digits of any size, dark on light or light on dark.
{_CODES}"""

_PLOT = f"""{_DATA}
examples:
  clarinet plot weights digits.clarinet
  clarinet plot confusion digits.clarinet mnist --out confusion.svg
  clarinet plot predictions digits.clarinet mnist --n 20 --theme dark
  clarinet plot activations digits.clarinet mnist --layer conv2d --example 7
  clarinet plot importance houses.clarinet houses.csv
  clarinet plot history digits digits-2            names of runs in place of MODEL
  clarinet plot trials houses                      the name of a search, see clarinet sweep
{_CODES}"""

#: What ``clarinet plot`` draws of a search.
OF_SEARCHES = ("hyperparameter_importance", "parallel_coordinates", "slices", "trials")
#: What ``clarinet plot`` draws, functions of :mod:`clarinet.plots`; and which models it judges, if it does.
PLOTS = {
    "activations": "",
    "boundary": "",
    "calibration": "classes",
    "confusion": "classes",
    "gradient_flow": "",
    "history": "",
    "importance": "any",
    "learning_rate": "",
    "network": "",
    "predictions": "any",
    "samples": "",
    "weights": "",
    **dict.fromkeys(OF_SEARCHES, ""),
}

_DRAW = """examples:
  clarinet draw digits.clarinet
  clarinet draw digits.clarinet --html digits.html    a file that needs neither Clarinet nor a network

The page is for this machine's browsers alone. Ctrl-C ends the program.
exit codes: 0 done, 1 failed, 2 wrong usage"""

_STUDIO = """examples:
  clarinet studio
  clarinet studio --port 8000 --no-browser

Shows the runs that are kept here, including those still running, and trains networks that are put together in the page.
The pages are for this machine's browsers alone, and for those that know the address, which
holds a token. Ctrl-C ends the program; trainings elsewhere go on.
exit codes: 0 done, 1 failed, 2 wrong usage"""

_INFO = f"""examples:
  clarinet info
  clarinet info digits.clarinet
{_CODES}"""


_EXPORT = f"""examples:
  clarinet export houses.clarinet houses.onnx    for ONNX Runtime; takes the table's columns
  clarinet export digits.clarinet digits.h       one C99 file
  clarinet export digits.clarinet digits.html    a page that needs neither Clarinet nor a network
  clarinet export digits.clarinet digits.keras   for Keras
{_CODES}"""

_GLASS = """examples:
  clarinet glass digits.clarinet --example 7
  clarinet glass digits.clarinet mnist --example 7 --layer dense_1 --unit 3
  clarinet glass houses.clarinet houses.csv --film step.html

Shows the numbers of one training step on one row: inputs, weighted sums, activations, loss, deltas, gradients, updates.
The model is not changed. Rows of a well-known data set are those of its test set.
exit codes: 0 done, 1 failed, 2 wrong usage"""


def parser() -> Parser:
    """The parser of ``clarinet``; ``options.run(options, output)`` runs the command."""
    top = Parser(
        prog="clarinet",
        description="Train, evaluate and use neural networks.",
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=_version())
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_train(commands)
    _add_sweep(commands)
    evaluate = _command(commands, "evaluate", "measure a model on data", _EVALUATE)
    evaluate.add_argument("model", metavar="MODEL", help="file written by train or by model.save")
    evaluate.add_argument("data", metavar="DATA", help="what to measure it on")
    _add_reading(evaluate)
    predict = _command(commands, "predict", "use a model", _PREDICT)
    predict.add_argument("model", metavar="MODEL", help="file written by train or by model.save")
    predict.add_argument(
        "inputs", metavar="FILE", nargs="+", help="pictures, folders, or CSV files for a model of a table"
    )
    _add_reading(predict)
    predict.add_argument("--out", metavar="FILE.csv", help="write the answers to a file, instead of printing them")
    predict.add_argument(
        "--top", type=whole(1), default=1, metavar="N", help="print the N likeliest classes (default 1)"
    )
    predict.add_argument("--show", action="store_true", help="draw each picture as the network sees it")
    _add_plot(commands)
    _add_draw(commands)
    info = _command(commands, "info", "the installed versions, or a description of a model", _INFO)
    info.add_argument("model", metavar="MODEL", nargs="?", help="a model file")
    export = _command(commands, "export", "write a model for other programs", _EXPORT)
    export.add_argument("model", metavar="MODEL", help="file written by train or by model.save")
    export.add_argument("out", metavar="FILE", help="ends in .onnx, .h, .html or .keras")
    add_doctor(commands, _command, _add_reading)
    _add_glass(commands)
    _add_studio(commands)
    add_runs(commands, _command)
    return top


def _add_train(commands: Commands) -> None:
    train = _command(commands, "train", "train a network and save it", _TRAIN)
    train.add_argument("data", metavar="DATA", help="what to learn from")
    _add_reading(train)
    train.add_argument(
        "--epochs",
        type=whole(1),
        metavar="N",
        help="default 10 (20 for cnn-augmented); for your own data up to 100, stopping early",
    )
    train.add_argument(
        "--preset",
        choices=("table", "mlp", "cnn", "cnn-augmented"),
        help="several small networks whose answers are averaged (default for your own tables); dense layers (default); "
        "convolutions (default for your own pictures); convolutions, with pictures moved about by up to two pixels",
    )
    train.add_argument(
        "--batch-size", type=whole(1), metavar="N", help="rows per update (default 32; tables: by size; pictures: 64)"
    )
    train.add_argument(
        "--hidden", type=units, metavar="128,64", help="units of the hidden dense layers; 0 for none (default 128,64)"
    )
    _add_learning(train)
    train.add_argument("--engine", choices=("auto", "native", "reference", "jax"), default="auto", help="default auto")
    _add_keeping(train)
    _add_changes(train)
    _add_judging(train)
    train.add_argument("--out", metavar="FILE", help="where to save the model (default: DATA's name + .clarinet)")


def _add_sweep(commands: Commands) -> None:
    sweep = _command(commands, "sweep", "search the hyperparameters of a network", _SWEEP)
    sweep.add_argument("data", metavar="DATA|PROGRAM.py", help="what to learn from, or a program that trains a model")
    sweep.add_argument("rest", metavar="ARGUMENT", nargs="*", help="the program's arguments")
    _add_reading(sweep)
    sweep.add_argument("--trials", type=whole(1), metavar="N", help="how many in all (default 50, or as --time allows)")
    sweep.add_argument("--time", type=every, metavar="TIME", help="after which no trial is begun: 30s, 10m, 2h")
    sweep.add_argument("--workers", type=whole(0), default=1, metavar="N", help="processes side by side (default 1)")
    sweep.add_argument("--metric", metavar="NAME", help="what counts (default val_loss)")
    sweep.add_argument("--mode", choices=("auto", "min", "max"), default="auto", help="which is better (default auto)")
    sweep.add_argument("--epochs", type=whole(1), metavar="N", help="default: up to 30, stopping early; or a program's")
    sweep.add_argument("--seeds", type=whole(1), default=1, metavar="K", help="train each trial K times (default 1)")
    sweep.add_argument("--cv", type=whole(2), metavar="K", help="judge each trial on K parts of the rows in turn")
    sweep.add_argument("--preset", choices=("mlp", "cnn"), help="dense layers, or convolutions, as in train")
    sweep.add_argument("--no-pruning", action="store_true", help="train every trial to its end")
    sweep.add_argument("--seed", type=whole(0), metavar="N", help="of everything that is drawn (default 0)")
    sweep.add_argument("--name", metavar="NAME", help="of the search (default: DATA's name)")
    sweep.add_argument("--resume", action="store_true", help="go on with the search of this name, if it is there")
    sweep.add_argument("--out", metavar="FILE", help="where to save the best model (default: DATA's name + .clarinet)")


def _add_keeping(train: argparse.ArgumentParser) -> None:
    """Flags of the run that keeps a training."""
    train.add_argument("--run", dest="run_name", metavar="NAME", help="keep the training in the store of runs")
    train.add_argument(
        "--checkpoint",
        type=every,
        default="epoch",
        metavar="EVERY",
        help="of a run: how often to save a state to resume from: steps, epoch, 30s, 5m, never (default epoch)",
    )
    train.add_argument("--resume", action="store_true", help="go on with the run of this name, if it is there")
    train.add_argument("--watch", action="store_true", help="open the studio on it; kept in a run (default: watched)")


def _add_learning(train: argparse.ArgumentParser) -> None:
    """How it learns."""
    train.add_argument("--lr", type=rate, default=1e-3, metavar="RATE", help="Adam's learning rate (default 0.001)")
    train.add_argument(
        "--validation",
        type=share,
        metavar="SHARE",
        help="of the rows, held back to watch the training (default 0.1; tables: all in turn)",
    )
    train.add_argument("--seed", type=whole(0), metavar="N", help="the same seed gives the same network")


def _add_changes(train: argparse.ArgumentParser) -> None:
    """What is done to pictures while they are learnt."""
    train.add_argument(
        "--augment",
        action="store_true",
        help="pictures are moved, turned, zoomed, made lighter or darker a little, differently in every epoch",
    )
    train.add_argument(
        "--mirror", action="store_true", help="with --augment: every second one is mirrored (not for letters or digits)"
    )


def _add_judging(train: argparse.ArgumentParser) -> None:
    """How the model is judged, and what follows from that."""
    train.add_argument(
        "--cv", type=whole(2), metavar="K", help="first train K times, each time on all but one K-th of the rows"
    )
    train.add_argument(
        "--refit", type=yes_or_no, metavar="yes|no", help="train once more on all rows (default: yes with --cv)"
    )
    train.add_argument("--class-weight", choices=("balanced",), help="balanced: rare classes weigh as much as others")


def _add_reading(command: argparse.ArgumentParser) -> None:
    """How files are read: the same flags in every command that reads some."""
    table = command.add_argument_group("how a table is read (found out where not said; later commands ask the model)")
    table.add_argument("--target", metavar="COLUMN", help="the column to predict")
    table.add_argument("--header", type=yes_or_no, metavar="yes|no", help="whether the first line names the columns")
    table.add_argument("--delimiter", type=character, metavar="CHARACTER", help="between cells")
    table.add_argument("--decimal", choices=(".", ","), metavar="CHARACTER", help="the mark before decimals: . or ,")
    table.add_argument("--encoding", metavar="NAME", help="of the text, such as cp1252")
    table.add_argument("--comment", metavar="TEXT", help="what lines that are not rows begin with")
    table.add_argument("--date-order", choices=("dmy", "mdy", "ymd"), help="of day, month and year")
    table.add_argument("--sheet", metavar="NAME", help="of an Excel workbook")
    more = "; several times for more"
    table.add_argument("--missing", action="append", metavar="TEXT", help=f"a cell that means no value{more}")
    table.add_argument("--categorical", action="append", metavar="COLUMN", help=f"a column of names, not numbers{more}")
    table.add_argument("--text", action="append", metavar="COLUMN", help=f"a column of sentences{more}")
    table.add_argument("--keep", action="append", metavar="COLUMN", help=f"numbers that seem to name rows{more}")
    table.add_argument("--drop", action="append", metavar="COLUMN", help=f"a column to leave out{more}")
    table.add_argument("--task", choices=("classification", "regression"), help="what the target is")
    table.add_argument("--max-categories", type=whole(1), metavar="N", help="names that a column keeps (default 50)")
    table.add_argument("--max-words", type=whole(1), metavar="N", help="words of sentences (default 2000)")
    folder = command.add_argument_group("how a folder of pictures is read")
    folder.add_argument(
        "--image-size",
        type=size,
        metavar="H,W",
        help="bring pictures to this height and width (default: chosen and reported)",
    )
    both = command.add_argument_group("of both")
    both.add_argument("--skip-damaged", action="store_true", help="leave out rows and pictures that cannot be read")


def _add_plot(commands: Commands) -> None:
    plot = _command(commands, "plot", "draw a picture of a model, of data, or of a training", _PLOT)
    plot.add_argument("kind", metavar="KIND", choices=PLOTS, help=f"one of {', '.join(PLOTS)}")
    plot.add_argument(
        "model", metavar="MODEL", help="a model file; for history the name of a run; for a search its name"
    )
    plot.add_argument(
        "data", metavar="DATA", nargs="*", help="needed but for weights and history; network works without"
    )
    plot.add_argument("--out", metavar="FILE", help="ends in .svg, .pdf or .png (default KIND.png)")
    plot.add_argument("--theme", choices=("light", "dark"), default="light", help="default light")
    plot.add_argument("--layer", type=layer, metavar="LAYER", help="of weights and activations: index or name")
    plot.add_argument("--n", type=whole(1), metavar="N", help="how many samples, predictions or units")
    plot.add_argument("--example", type=whole(0), default=0, metavar="I", help="the first row to use (default 0)")
    _add_reading(plot)


def _add_draw(commands: Commands) -> None:
    draw = _command(commands, "draw", "draw a picture and watch a model read it", _DRAW)
    draw.add_argument("model", metavar="MODEL", help="file written by train or by model.save, of a model of pictures")
    draw.add_argument("--port", type=port, default=0, metavar="N", help="of the page's address (default: a free one)")
    draw.add_argument("--no-browser", action="store_true", help="print the page's address, open nothing")
    draw.add_argument("--html", metavar="FILE", help="write the page, with the model in it, to a file and exit")
    draw.add_argument(
        "--white", type=float, choices=(1, 255), metavar="1|255", help="a white pixel in training (default: guessed)"
    )


def _add_studio(commands: Commands) -> None:
    studio = _command(commands, "studio", "watch and compare trainings in a browser", _STUDIO)
    studio.add_argument("--port", type=port, default=0, metavar="N", help="of the page's address (default: a free one)")
    studio.add_argument("--no-browser", action="store_true", help="print the page's address, open nothing")
    studio.add_argument("--show", type=whole(1), metavar="ID", help="open it on this run")
    studio.add_argument("--until-idle", type=whole(1), metavar="N", help="end after N seconds without an open page")


def _add_glass(commands: Commands) -> None:
    glass = _command(commands, "glass", "see every number of a training step", _GLASS)
    glass.add_argument("model", metavar="MODEL", help="file written by train or by model.save")
    glass.add_argument("data", metavar="DATA", nargs="?", help="default: the data set that it was trained on")
    glass.add_argument("--example", type=whole(0), default=0, metavar="N", help="which row, from 0 (default 0)")
    glass.add_argument("--layer", metavar="LAYER", help="explain a unit of this layer: its name, or its number from 0")
    glass.add_argument("--unit", type=place, default=(0,), metavar="U", help="which unit: 3, or 0,2,5 (default 0)")
    glass.add_argument("--film", metavar="FILE", help="write a film of the step: .mp4, .gif, .svg or .html")
    _add_reading(glass)


def _command(commands: Commands, name: str, about: str, epilog: str) -> Parser:
    command = commands.add_parser(
        name,
        help=about,
        description=f"{about[0].upper()}{about[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    command.set_defaults(run=_runner(name), command=command)
    return command


def _runner(name: str) -> Callable[[argparse.Namespace, object], int]:
    """Import a command's module only when it is run, so that ``--help`` is quick."""

    def run(options: argparse.Namespace, output: object) -> int:
        from importlib import import_module

        return int(import_module(f"clarinet.cli.{name}").run(options, output))

    return run


def _version() -> str:
    from clarinet._native import version

    return f"clarinet {version}"
