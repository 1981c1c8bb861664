"""``clarinet doctor``: examine a model on data, or every model that a script trains."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

from clarinet import saving
from clarinet.cli import sources
from clarinet.cli.output import Output
from clarinet.cli.reading import Reading
from clarinet.cli.seen import trained_on
from clarinet.doctor import Report, examine, page
from clarinet.doctor.script import examine_script

HEALTHY, SICK = 0, 1


def run(options: argparse.Namespace, output: Output) -> int:
    """Print the findings; 0 if there are none."""
    reports = _script(options, output) if Path(options.subject).suffix == ".py" else [_model(options, output)]
    output.result([{"model": name, **json.loads(report.to_json())} for name, report in reports])
    if options.html:
        page.write(page.page(reports), Path(options.html))
        output.say(f"Written: {options.html}")
    if not reports:
        output.say(f"{options.subject} fitted no model")
    return HEALTHY if all(report.healthy for _, report in reports) else SICK


def _script(options: argparse.Namespace, output: Output) -> list[tuple[str, Report]]:
    output.say(
        f"Running {options.subject}; in place of every fit the model is examined, and of a loop in PyTorch what its "
        "first epoch shows. What the program writes is held back: no file changes."
    )
    with redirect_stdout(sys.stderr) if output.as_json else nullcontext():  # the script's own output is not JSON
        return examine_script(
            options.subject,
            options.rest,
            everything=options.all,
            heard=lambda name, report: _say(output, name, report),
            said=output.say,
        )


def _model(options: argparse.Namespace, output: Output) -> tuple[str, Report]:
    if not options.rest:
        raise argparse.ArgumentTypeError("a model needs data: clarinet doctor digits.clarinet mnist")
    model = saving.load(options.subject)
    source = sources.load_for(model, options.rest[0], Reading.of(options))
    trained_on(source, output)
    fit: dict[str, Any] = {"epochs": options.epochs, "batch_size": options.batch_size}
    report = examine(model, source.x, source.y, **fit)
    _say(output, model.name, report)
    return model.name, report


def _say(output: Output, name: str, report: Report) -> None:
    output.say(f"{name}: {report}" if report.healthy and not report.findings else f"{name}:\n\n{report}")
