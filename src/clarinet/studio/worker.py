"""The process that trains for one page: commands come in as lines of JSON, what has happened goes out as lines."""

from __future__ import annotations

import json
import os
import queue
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TextIO

from clarinet import files
from clarinet.runs import Runs, Store
from clarinet.runs.tracker import MODEL
from clarinet.studio import opened
from clarinet.studio.answering import parsed, plain
from clarinet.studio.choices import Choices
from clarinet.studio.consulting import Consultation, case_of
from clarinet.studio.pictures import Pictures
from clarinet.studio.stepping import Stepper
from clarinet.studio.trainer import Trainer
from clarinet.studio.words import Refusal, _, told

#: Seconds between two frames.
_FRAME = 0.1
#: Runs that can be chosen from, the newest.
_MOST_RUNS = 500
#: Paces by name: whether it goes by single steps, and how many a second (0: as fast as it can).
PACES: Mapping[str, tuple[bool, float]] = {
    "2 steps": (True, 2),
    "10 steps": (True, 10),
    "2 epochs": (False, 2),
    "20 epochs": (False, 20),
    "full": (False, 0),
}
#: Files that a model can be had as, by their formats.
EXPORTS: Mapping[str, str] = {"model": MODEL, "onnx": "model.onnx", "html": "model.html"}


class Worker:
    """Does what the page says, and tells what has come of it.

    Args:
        out: where it tells it.
        folder: of the files that pages have sent.
        store: of the runs that may be opened.
    """

    def __init__(self, out: TextIO, folder: Path, store: Path) -> None:
        self._out, self._folder, self._store = out, folder, store
        self.commands: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._trainer: Trainer | None = None
        self._pictures: Pictures | None = None
        self._training, self._visible = False, True
        self._until: int | None = None
        self._pace = PACES["20 epochs"]
        self._due = self._next_frame = 0.0
        self._before = (0.0, 0)
        self._stepper: Stepper | None = None
        self._consultation: Consultation | None = None
        self._work: Iterator[Mapping[str, object]] | None = None

    def run(self) -> None:
        """Work until there are no more commands."""
        while True:
            try:
                command = self.commands.get(timeout=self._patience())
            except queue.Empty:
                self._carefully(self._go_on if self._work is None else self._work_on)
                continue
            if command is None:
                return
            self._carefully(partial(self._command, command))

    def _carefully(self, act: Callable[[], None]) -> None:
        """Do something; what cannot be done is told, and nothing goes on."""
        try:
            act()
        except (ValueError, TypeError, OSError, ImportError, MemoryError) as error:
            self._work = None
            self._pause()
            short = Refusal(_("there is not enough memory for this"))
            self._tell({"kind": "refused", **told(error if str(error) else short)})

    def _command(self, line: str) -> None:
        given = parsed(line)
        rooms = {"step": self._step_through, "doctor": self._consult}
        rooms.get(str(given.get("room")), self._obey)(given)

    def _patience(self) -> float | None:
        """Seconds to wait for a command before the work goes on; None where nothing is to be done."""
        if self._work is not None:
            return 0.0
        return max(0.0, self._due - time.monotonic()) if self._training else None

    def _obey(self, command: Mapping[str, object]) -> None:
        what, trainer = command.get("do"), self._trainer
        if what == "set":
            self._set(command)
        elif what == "columns":
            self._tell({"kind": "columns", "columns": self._columns(str(command.get("file")))})
        elif what == "look":
            self._visible = bool(command.get("visible"))
            self._frame()
        elif trainer is None:
            raise Refusal(_("there is no network yet"))
        elif what == "train":
            self._train(command)
        elif what == "pause":
            self._pause()
        elif what == "keep":
            self._keep(trainer)
        elif what == "export":
            self._export(trainer, command.get("format"))
        elif what == "rate":
            trainer.set_rate(command.get("rate"))
            self._frame()
        elif what in ("step", "epoch"):
            self._training = False
            self._once(what)
        else:
            raise Refusal(_("unknown command {command}"), command=f"{what!r:.40}")

    # What is trained.

    def _set(self, command: Mapping[str, object]) -> None:
        """Begin anew with what was chosen."""
        given = command.get("chosen")
        if not isinstance(given, dict):
            raise Refusal(_("expected a JSON object"))
        chosen = Choices.read(given)
        if self._trainer is not None:
            self._trainer.close()
            self._trainer = None
        self._training, self._until = False, None
        self._trainer = Trainer(chosen, self._table_of(chosen))
        self._pictures = Pictures(self._trainer)
        self._tell({"kind": "made", **self._pictures.still()})
        self._frame()

    def _place(self, file: str) -> Path:
        """The path of a file that this studio's page has sent.

        Raises:
            ValueError: there is none.
        """
        parts = file.split("/")
        path = self._folder.joinpath(*parts)
        if len(parts) != 2 or not all(parts) or any(part.startswith(".") for part in parts) or not path.is_file():
            raise Refusal(_("the table's file is not here any more; choose it again"))
        return path

    def _table_of(self, chosen: Choices) -> Path | None:
        """The folder of the table that was chosen; None for other data."""
        return self._place(chosen.file).parent if chosen.data == "csv" else None

    def _keep(self, trainer: Trainer) -> None:
        """Put the model as it is now where another room finds it."""
        place = self._folder / secrets.token_hex(8)
        files.make_folder(place)
        trainer.model.save(place / MODEL)
        self._tell({"kind": "kept", "kept": f"{place.name}/{MODEL}", "steps": trainer.steps})

    def _export(self, trainer: Trainer, format: object) -> None:
        """Write the model as it is now to a file that the page fetches."""
        name = EXPORTS.get(str(format))
        if name is None:
            words = _("format: expected one of {known}, received {given}")
            raise Refusal(words, known=", ".join(EXPORTS), given=f"{format!r:.40}")
        place = self._folder / secrets.token_hex(8)
        files.make_folder(place)
        if name == MODEL:
            trainer.model.save(place / name)
        else:
            trainer.model.export(place / name)
        self._tell({"kind": "exported", "file": f"{place.name}/{name}"})

    # Stepping through, which has a page of its own.

    def _step_through(self, command: Mapping[str, object]) -> None:
        if command.get("do") == "open":
            self._stepper = None
            self._stepper = Stepper(self._opened(command), command.get("taken", ()))
            self._tell(self._stepper.about())
        elif command.get("do") == "runs":
            self._tell_runs()
        elif self._stepper is None:
            raise Refusal(_("there is no network yet"))
        else:
            for told in self._stepper.obey(command):
                self._tell(told)

    def _tell_runs(self) -> None:
        runs = Runs(Store(self._store)).entries(limit=_MOST_RUNS)
        self._tell({"kind": "runs", "runs": [{"id": run.id, "name": run.name} for run in runs]})

    # The doctor, who has a page of his own.

    def _consult(self, command: Mapping[str, object]) -> None:
        what = command.get("do")
        if what == "runs":
            self._tell_runs()
        elif what == "open":
            self._work = None
            given = command.get("chosen")
            chosen = Choices.read(given if isinstance(given, dict) else {})
            self._consultation = Consultation(case_of(chosen, command.get("epochs"), self._table_of(chosen)))
            self._work = self._consultation.examine()
        elif what == "rest":
            self._work = None
        elif what == "treat" and self._consultation is not None:
            self._work = self._consultation.treat()
        else:
            raise Refusal(_("unknown command {command}"), command=f"{what!r:.40}")

    def _work_on(self) -> None:
        """The next part of what the doctor does."""
        assert self._work is not None
        news = next(self._work, None)
        if news is None:
            self._work = None
        else:
            self._tell(news)

    def _opened(self, command: Mapping[str, object]) -> opened.Opened:
        """What a page wants to look into: a run, an example, or what was chosen in the room Train."""
        if "run" in command:
            return opened.of_run(Store(self._store), command["run"])
        if "example" in command:
            return opened.of_example(command["example"])
        given, kept = command.get("chosen"), command.get("kept")
        chosen = Choices.read(given if isinstance(given, dict) else {})
        try:
            file = self._place(kept) if isinstance(kept, str) and kept else None
        except ValueError:  # of an earlier studio: it is trained again
            file = None
        return opened.of_choices(chosen, command.get("steps", 0), self._table_of(chosen), file)

    def _columns(self, file: str) -> list[str]:
        from clarinet.datasets.table_files import read_table

        path = self._place(file)
        os.chdir(path.parent)  # messages name the file alone
        return [*read_table(path.name).columns]

    # How it goes on.

    def _train(self, command: Mapping[str, object]) -> None:
        pace, until = command.get("pace", "20 epochs"), command.get("until")
        if pace not in PACES:
            words = _("pace: expected one of {known}, received {given}")
            raise Refusal(words, known=", ".join(PACES), given=f"{pace!r:.40}")
        if until is not None and (not isinstance(until, int) or until < 0):
            raise Refusal(_("until: expected a number of steps, received {given}"), given=f"{until!r:.40}")
        self._pace, self._until = PACES[str(pace)], until
        self._training, self._due = True, time.monotonic()
        self._before = time.monotonic(), self._steps()

    def _pause(self) -> None:
        self._training, self._until = False, None
        self._frame()

    def _steps(self) -> int:
        return self._trainer.steps if self._trainer is not None else 0

    def _go_on(self) -> None:
        """The next part of a training that goes on."""
        trainer = self._trainer
        assert trainer is not None
        single, often = (False, 0) if self._until is not None else self._pace
        if self._until is not None and trainer.steps >= self._until:
            self._pause()
            return
        if self._until is not None:
            trainer.go_toward(self._until)
        elif single:
            trainer.take_step()
        elif often:
            self._epoch()
        else:
            trainer.take_chunk()
        if often:
            self._due = max(self._due + 1 / often, time.monotonic() - 1)
        if time.monotonic() >= self._next_frame:
            self._frame()

    def _once(self, what: object) -> None:
        assert self._trainer is not None
        if what == "step":
            self._trainer.take_step()
        else:
            self._epoch()
        self._frame()

    def _epoch(self) -> None:
        """To the end of this epoch; a command that comes meanwhile waits for it."""
        trainer = self._trainer
        assert trainer is not None
        before = trainer.epoch
        while trainer.epoch == before:
            trainer.take_chunk()

    # What is told.

    def _frame(self) -> None:
        """How it stands; without pictures where nobody sees them."""
        trainer, pictures = self._trainer, self._pictures
        if trainer is None or pictures is None:
            return
        now = time.monotonic()
        self._next_frame = now + _FRAME
        then, before = self._before
        told: dict[str, object] = {
            "kind": "frame",
            "training": self._training,
            "steps": trainer.steps,
            "epoch": trainer.epoch,
            "loss": trainer.loss,
            "rate": trainer.rate,
            "speed": (trainer.steps - before) / max(1e-9, now - then) if self._training else None,
            "program": trainer.program(),
            "curves": trainer.curves.news(),
        }
        self._tell({**told, **pictures.now()} if self._visible else told)

    def _tell(self, what: Mapping[str, object]) -> None:
        self._out.write(json.dumps(plain(what)) + "\n")
        self._out.flush()


def main() -> None:
    """Work for the program that has started this process, until it ends or closes the pipe."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else prints does not disturb what is told
    worker = Worker(out, Path(sys.argv[1]), Path(sys.argv[2]))

    def read() -> None:
        for line in sys.stdin:
            worker.commands.put(line)
        worker.commands.put(None)

    threading.Thread(target=read, daemon=True).start()
    worker.run()


if __name__ == "__main__":
    main()
