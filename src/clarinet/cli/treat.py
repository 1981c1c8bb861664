"""``clarinet treat``: correct a model, or the first one that a script fits, and prove what that brings."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path

from clarinet import saving
from clarinet.cli import sources
from clarinet.cli.output import Output
from clarinet.cli.reading import Reading
from clarinet.cli.seen import trained_on
from clarinet.doctor import Treatment, treat
from clarinet.doctor.treated_script import treat_script

CURED, SICK = 0, 1


def run(options: argparse.Namespace, output: Output) -> int:
    """Print what was wrong, what was changed and what it brought; 0 if that is proved, or nothing was wrong."""
    if Path(options.subject).suffix == ".py":
        treated = _script(options, output)
        if treated is None:
            output.say(
                f"{options.subject} fitted no model of Clarinet, and only those can be treated; models of Keras and "
                f"PyTorch can be examined: clarinet doctor {options.subject}"
            )
            return SICK
    else:
        treated = _model(options, output)
    output.say(str(treated))
    if options.out and treated.model is not None:
        saving.save(treated.model, options.out)
        output.say(f"Written: {options.out}")
    output.result(_numbers(treated))
    return CURED if treated.proved or treated.comparison is None else SICK


def _script(options: argparse.Namespace, output: Output) -> Treatment | None:
    output.say(f"Running {options.subject} up to its first fit; the files that it writes are held back.")
    with redirect_stdout(sys.stderr) if output.as_json else nullcontext():  # the script's own output is not JSON
        return treat_script(options.subject, options.rest, seeds=options.seeds)


def _model(options: argparse.Namespace, output: Output) -> Treatment:
    if not options.rest:
        raise argparse.ArgumentTypeError("a model needs data: clarinet treat digits.clarinet mnist")
    model = saving.load(options.subject)
    source = sources.load_for(model, options.rest[0], Reading.of(options))
    trained_on(source, output)
    return treat(model, source.x, source.y, seeds=options.seeds, epochs=options.epochs, batch_size=options.batch_size)


def _numbers(treated: Treatment) -> dict[str, object]:
    """The treatment as JSON."""
    scores = treated.comparison
    return {
        "proved": treated.proved,
        "score": treated.score,
        "applied": [finding.as_dict() for finding in treated.applied],
        "left_out": treated.left_out,
        "scores": None if scores is None else {name: getattr(scores, name) for name in _SCORES},
        "code": treated.code,
    }


_SCORES = ("scores", "sick", "longer", "constant")
