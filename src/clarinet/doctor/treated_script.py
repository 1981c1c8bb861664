"""Treating the first model that a script fits, in place of its training."""

from __future__ import annotations

import runpy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clarinet import data_adapters, files
from clarinet.doctor.script import as_main, replaced
from clarinet.doctor.script_files import all_held_back
from clarinet.doctor.treatment import SEEDS, Treatment, treat
from clarinet.settings import FitSettings
from clarinet.training import trainer

if TYPE_CHECKING:
    from clarinet.events import Event
    from clarinet.trainable import Trainable

#: Arguments of ``fit`` that the treatment has under names of its own.
_DATA = ("x", "y", "validation_data")


class _Treated(BaseException):
    """Ends the script after its first fit; not an Exception, so that the script does not catch it."""


def treat_script(path: str | Path, arguments: Sequence[str] = (), *, seeds: int = SEEDS) -> Treatment | None:
    """Run a script as ``__main__`` up to its first ``fit``, and treat that model on that data.

    Files that the script writes, through the library or by itself, are held back, as for ``examine_script``.

    Args:
        path: of the script.
        arguments: its ``sys.argv[1:]``.
        seeds: paired trainings, 5 to 10.

    Returns:
        The treatment; None if the script fits no model.

    Raises:
        OSError: the script cannot be read. TypeError: its ``fit`` gets a source of batches. Whatever it itself raises.
    """
    found: list[Treatment] = []

    def instead(self: Trainable, *given: object, **named: object) -> None:
        with replaced(trainer.fit, trainer.fit_events):  # the trials do train
            found.append(_treat_call(self, trainer.settings_of(*given, **named), seeds))
        raise _Treated

    def no_events(self: Trainable, *given: object, **named: object) -> Iterator[Event]:
        instead(self, *given, **named)
        return iter(())

    with (
        files.held_back() as held,
        replaced(instead, no_events),
        as_main(path, arguments),
        all_held_back(held),
    ):
        try:
            runpy.run_path(str(path), run_name="__main__")
        except _Treated:
            pass
        except SystemExit:
            return None
    return found[0] if found else None


def _treat_call(model: Trainable, settings: FitSettings, seeds: int) -> Treatment:
    if data_adapters.is_batches(settings.x):
        raise TypeError("doctor: fit gets a source of batches; the doctor treats arrays: pass some rows")
    rows, labels, _ = data_adapters.as_rows(settings.x, settings.y, None)
    others = {name: value for name, value in vars(settings).items() if name not in _DATA}
    return treat(model, rows, labels, validation_data=settings.validation_data, seeds=seeds, **others)
