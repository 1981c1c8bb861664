"""The progress bar. Driven by chunks, not by batches, so it costs nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, SupportsFloat

from clarinet.training.callback import Callback, Logs
from clarinet.training.limits import LIMITS

if TYPE_CHECKING:
    from clarinet.records import Chunk

_BAR_WIDTH, _LEAST_BAR_WIDTH = 24, 5
_SECONDS_BETWEEN_DRAWINGS = 0.1


class ProgressBar(Callback):
    """Show epochs, a bar, samples a second, the time left, loss, metrics and validation.

    Args:
        verbose: 1 draws a bar that moves, for terminals and notebooks; 2 prints a line an epoch, for files and logs.

    Example:
        >>> ProgressBar.resolve(0), ProgressBar.resolve(2)
        (0, 2)
    """

    def __init__(self, verbose: int = 1) -> None:
        self.verbose = verbose
        self._steps = self._samples = 0
        self._train_seconds = self._began = self._drawn = 0.0
        self._open = 0  # characters of an unfinished line

    @staticmethod
    def resolve(verbose: int | str) -> int:
        """0, 1 or 2 for the argument of ``fit``: ``"auto"`` is 1 in a terminal or a notebook and 2 elsewhere."""
        if verbose != "auto":
            return int(verbose)
        interactive = _is_interactive() if LIMITS.interactive is None else LIMITS.interactive
        return 1 if interactive else 2

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._steps = self._samples = 0
        self._train_seconds = self._drawn = 0.0
        self._began = time.perf_counter()
        if self.verbose == 1:
            self._write(f"Epoch {epoch + 1}/{self.params['epochs']}\n")

    def on_chunk(self, chunk: Chunk) -> None:
        self._steps += len(chunk)
        self._samples += int(chunk.samples.sum())
        self._train_seconds += chunk.seconds
        now = time.perf_counter()
        if self.verbose == 1 and now - self._drawn >= _SECONDS_BETWEEN_DRAWINGS:
            self._drawn = now
            line = self._with_bar(f"{self._speed()}{self._time_left()}  {format_logs(chunk.metrics)}")
            self._redraw(line[: _columns() - 1])  # a line that wraps could not be replaced

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        seconds = time.perf_counter() - self._began
        numbers = f"{format_seconds(seconds)}  {self._speed()}  {format_logs(logs or {})}"
        if self.verbose == 1:
            self._redraw(self._with_bar(numbers))
            self._close()
        else:
            self._write(f"Epoch {epoch + 1}/{self.params['epochs']}  {numbers}\n")

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()

    # The parts of a line.

    def _with_bar(self, numbers: str) -> str:
        """Steps done, a bar as wide as there is room for, and the numbers."""
        total = self.params.get("steps")
        if not total:
            return f"step {self._steps}  {numbers}"
        return self.bar(self._steps, total, numbers)

    @staticmethod
    def bar(done: int, total: int, numbers: str) -> str:
        """How much is done, a bar as wide as there is room for, and numbers."""
        count = f"{done:>{len(str(total))}}/{total}"
        width = min(_BAR_WIDTH, _columns() - len(count) - len(numbers) - 4)
        if width < _LEAST_BAR_WIDTH:
            return f"{count}  {numbers}"
        full, empty = ("━", "─") if _can_print("━─") else ("#", ".")
        filled = min(width, width * done // total)
        return f"{count} {full * filled}{empty * (width - filled)}  {numbers}"

    def _speed(self) -> str:
        return f"{self._samples / max(self._train_seconds, 1e-9):,.0f} samples/s"

    def _time_left(self) -> str:
        total = self.params.get("steps")
        if not total or not self._steps:
            return ""
        left = (total - self._steps) * (time.perf_counter() - self._began) / self._steps
        return f"  ETA {format_seconds(left)}"

    # Writing. ``sys.stdout`` is looked up each time, since notebooks and tests exchange it.

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    def _redraw(self, line: str) -> None:
        """Replace the unfinished line."""
        self._write("\r" + line.ljust(self._open))
        self._open = len(line)

    def _close(self) -> None:
        if self._open:
            self._write("\n")
        self._open = 0


class Progbar:
    """A progress bar for loops of one's own, with Keras's arguments.

    Args:
        target: how many steps there will be; None: not known.
        width: characters of the bar; default 20.
        verbose: 0 prints nothing, 1 (default) a bar that moves, 2 one line at the end.
        interval: seconds between two drawings at least; default 0.05.
        stateful_metrics: names of numbers that are shown as they come; others are averaged over steps. Default none.
        stateless_metrics: in its place, names of those that are averaged.
        unit_name: what a step is called; default ``"step"``.

    Raises:
        ValueError: both kinds of names.

    Example:
        >>> bar = Progbar(2, verbose=2)
        >>> bar.update(1, [("loss", 0.5)])
        >>> bar.values
        {'loss': 0.5}
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Progbar: give stateful_metrics or stateless_metrics, not both")
        self.target, self.width, self.verbose, self.interval = target, width, verbose, interval
        self.unit_name = unit_name
        self._averaged = None if stateless_metrics is None else set(stateless_metrics)
        self._shown = set(stateful_metrics or ())
        self._sums: dict[str, tuple[float, int]] = {}
        self._done = self._open = 0
        self._began, self._drawn = time.perf_counter(), 0.0

    @property
    def values(self) -> dict[str, float]:
        """The numbers as they are shown."""
        return {name: total / count for name, (total, count) in self._sums.items()}

    def update(
        self, current: int, values: Iterable[tuple[str, SupportsFloat]] | None = None, finalize: bool | None = None
    ) -> None:
        """Show that ``current`` steps are done.

        Args:
            current: steps so far.
            values: pairs of a name and its number in this step.
            finalize: whether this is the end; default where ``current`` reaches ``target``.
        """
        over = (self.target is not None and current >= self.target) if finalize is None else finalize
        steps = max(current - self._done, 1)
        for name, value in values or ():
            averaged = name not in self._shown if self._averaged is None else name in self._averaged
            total, count = self._sums.get(name, (0.0, 0)) if averaged and not over else (0.0, 0)
            self._sums[name] = (total + float(value) * steps, count + steps)
        self._done = current
        now = time.perf_counter()
        if self.verbose == 1 and (over or now - self._drawn >= self.interval):
            self._drawn = now
            self._draw(over, now)
        elif self.verbose == 2 and over:
            sys.stdout.write(self._line(now) + "\n")

    def add(self, n: int, values: Iterable[tuple[str, SupportsFloat]] | None = None) -> None:
        """Show that ``n`` more steps are done."""
        self.update(self._done + n, values)

    def _line(self, now: float) -> str:
        count = f"{self._done}/{'?' if self.target is None else self.target}"
        each = f"{format_seconds((now - self._began) / max(self._done, 1))}/{self.unit_name}"
        return f"{count}  {format_seconds(now - self._began)}  {each}  {format_logs(self.values)}".rstrip()

    def _draw(self, over: bool, now: float) -> None:
        line = self._line(now)
        if self.target:
            full, empty = ("━", "─") if _can_print("━─") else ("#", ".")
            filled = min(self.width, self.width * self._done // self.target)
            line = f"{full * filled}{empty * (self.width - filled)}  {line}"
        sys.stdout.write("\r" + line.ljust(self._open) + "\n" * over)
        sys.stdout.flush()
        self._open = 0 if over else len(line)


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size((120, 24)).columns


def in_notebook() -> bool:
    """Whether this runs in a Jupyter kernel, whose front end can show pictures."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return getattr(shell, "kernel", None) is not None


def _is_interactive() -> bool:
    if in_notebook():
        return True
    isatty = getattr(sys.stdout, "isatty", None)
    return bool(isatty and isatty())


def _can_print(text: str) -> bool:
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def format_logs(logs: Mapping[str, float]) -> str:
    """Names and numbers on one line.

    Example:
        >>> format_logs({"loss": 0.12345, "val_loss": 0.00001})
        'loss 0.1235  val_loss 1.0000e-05'
    """
    return "  ".join(f"{name} {_number(value)}" for name, value in logs.items())


def _number(value: float) -> str:
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e5 else f"{value:.4e}"


def format_seconds(seconds: float) -> str:
    """A length of time, e.g. ``0.41 s``, ``12.3 s``, ``2:05``, ``1:02:05``.

    Example:
        >>> format_seconds(0.412), format_seconds(125)
        ('0.41 s', '2:05')
    """
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
