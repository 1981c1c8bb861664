"""Whether the network learns the rows by heart instead of the rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from clarinet.callbacks import EarlyStopping
from clarinet.doctor.experiments.trial import Trial
from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program import Program
from clarinet.doctor.remedies import dropout_everywhere
from clarinet.doctor.yardstick import Yardstick

KINDS = ("overfit", "too_little_data", "missing_regularisation")
BASIS = (
    "the validation loss at the end half as high again as at its lowest, and three times the training loss "
    "(Prechelt 1998, generalisation loss); fewer than five rows for each column leave the rule undetermined "
    "(Harrell 2015 asks for ten)"
)
#: The last validation loss against the lowest, and against the training loss; rows for each column.
RISE, GAP, ROWS_A_COLUMN = 1.5, 3.0, 5


def examine(trial: Trial) -> Iterator[Finding]:
    if trial.original.validation is None and not trial.original.fit.get("validation_split"):
        return
    if any(finding.where == "fit.validation" and finding.severity != "hint" for finding in trial.findings):
        return  # these rows are no fair exam
    held_out = trial.history.get("val_loss")
    if not held_out:
        return
    if not overfits(trial.history["loss"][-1], held_out, trial.yardstick):
        return
    yield finding(trial.history["loss"], held_out)
    if not _regularised(trial.original):
        yield Finding(
            "missing_regularisation",
            "model",
            "warning",
            0.75,
            f"nothing keeps {_weights(trial)} weights from learning {trial.original.rows} rows by heart",
            "Dropout, penalties on the weights and stopping at the best validation loss make learning by heart hard or "
            "cut it short. With more weights than rows at least one of them is needed.",
            {"weights": _weights(trial), "rows": trial.original.rows},
            Remedy(
                "Dropout(0.3) after each hidden layer, kernel_regularizer='l2', or EarlyStopping()", dropout_everywhere
            ),
        )
    columns = prod(trial.original.input_shape)
    if trial.original.rows < ROWS_A_COLUMN * columns:
        yield Finding(
            "too_little_data",
            "data.x",
            "warning",
            0.8,
            f"{trial.original.rows} rows to learn from, with {columns} columns each",
            "With few rows and many columns some columns fit the labels by pure chance, and nothing tells them "
            "from those that matter.",
            {"rows": trial.original.rows, "columns": columns},
            Remedy("more rows, or fewer columns"),
        )


def _regularised(program: Program) -> bool:
    """Whether anything in the program works against learning by heart."""
    callbacks = program.fit.get("callbacks") or ()
    stops = any(
        isinstance(c, EarlyStopping) for c in (callbacks if isinstance(callbacks, list | tuple) else [callbacks])
    )
    drops = any(layer.disturbs_by in ("dropout", "noise") for layer in program.layers)
    penal = any(getattr(layer, "kernel_regularizer", None) is not None for layer in program.layers)
    return stops or drops or penal or bool(program.optimizer.weight_decay)


def _weights(trial: Trial) -> int:
    model = trial.original.model()
    return sum(layer.count_params() for layer in model.layers)


def overfits(loss: float, held_out: Sequence[float], measure: Yardstick) -> bool:
    """Whether the validation loss of the last epoch is high above its lowest, and above the training loss."""
    loss, lowest, last = (measure.excess(value) for value in (loss, min(held_out), held_out[-1]))
    return min(loss, lowest) >= 0 and last >= RISE * lowest and last >= GAP * loss


def finding(losses: Sequence[float], held_out: Sequence[float]) -> Finding:
    """The sentence about the training and validation losses of every epoch."""
    loss, last, best = losses[-1], held_out[-1], min(held_out)
    evidence = {"loss": loss, "val_loss": last, "best_val_loss": best, "best_epoch": held_out.index(best) + 1}
    history = {"loss": list(losses), "val_loss": list(held_out)}
    return Finding(
        "overfit",
        "model",
        "warning",
        0.85,
        f"the loss on the validation rows rises from {best:.3g} (epoch {evidence['best_epoch']}) to {last:.3g}, "
        f"while on the training rows it falls to {loss:.3g}",
        "The network has enough weights to learn each row by heart. That makes the training loss perfect and does not "
        "help: what it has learned of single rows is noise for others.",
        evidence | {"history": history},
        Remedy("callbacks=[EarlyStopping()], fewer units, Dropout(0.3), kernel_regularizer='l2', or more rows"),
    )
