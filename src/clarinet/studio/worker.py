"""The process that trains for one page: commands come in as lines of JSON, what has happened goes out as lines."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from clarinet.studio.answering import parsed, plain
from clarinet.studio.choices import Choices
from clarinet.studio.pictures import Pictures
from clarinet.studio.trainer import Trainer
from clarinet.studio.words import Refusal, _, told

#: Seconds between two frames.
_FRAME = 0.1
#: Paces by name: whether it goes by single steps, and how many a second (0: as fast as it can).
PACES: Mapping[str, tuple[bool, float]] = {
    "2 steps": (True, 2),
    "10 steps": (True, 10),
    "2 epochs": (False, 2),
    "20 epochs": (False, 20),
    "full": (False, 0),
}


class Worker:
    """Does what the page says, and tells what has come of it.

    Args:
        out: where it tells it.
        folder: of the files that pages have sent.
    """

    def __init__(self, out: TextIO, folder: Path) -> None:
        self._out, self._folder = out, folder
        self.commands: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._trainer: Trainer | None = None
        self._pictures: Pictures | None = None
        self._training, self._visible = False, True
        self._until: int | None = None
        self._pace = PACES["20 epochs"]
        self._due = self._next_frame = 0.0
        self._before = (0.0, 0)

    def run(self) -> None:
        """Work until there are no more commands."""
        while True:
            try:
                command = self.commands.get(timeout=self._patience())
            except queue.Empty:
                self._go_on()
                continue
            if command is None:
                return
            try:
                self._obey(parsed(command))
            except (ValueError, TypeError, OSError, ImportError, MemoryError) as error:
                self._pause()
                short = Refusal(_("there is not enough memory for this"))
                self._tell({"kind": "refused", **told(error if str(error) else short)})

    def _patience(self) -> float | None:
        """Seconds to wait for a command before the training goes on; None while it is paused."""
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
        folder = self._place(chosen.file).parent if chosen.data == "csv" else None
        self._trainer = Trainer(chosen, folder)
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
        single, often = self._pace
        if self._until is not None:
            left, epoch = self._until - trainer.steps, trainer.length.epoch
            single, often = left < epoch - trainer.steps % epoch, 0  # a chunk may go on to the end of the epoch
            if left <= 0:
                self._pause()
                return
        if single:
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
    worker = Worker(out, Path(sys.argv[1]))

    def read() -> None:
        for line in sys.stdin:
            worker.commands.put(line)
        worker.commands.put(None)

    threading.Thread(target=read, daemon=True).start()
    worker.run()


if __name__ == "__main__":
    main()
