"""What a model is written as for programs other than Clarinet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from clarinet.names import nearest

if TYPE_CHECKING:
    from clarinet.trainable import Trainable


class ExportSettings(TypedDict, total=False):
    """Settings of :meth:`Exporting.export` by name."""

    raw: bool
    class_names: Iterable[str] | None
    largest: float | None
    name: str | None


def _c(model: Trainable, path: Path, settings: ExportSettings) -> None:
    from clarinet.exchange import export_c

    export_c(model, path, **settings)  # type: ignore[misc]  # a setting of another format is refused by its name


def _onnx(model: Trainable, path: Path, settings: ExportSettings) -> None:
    from clarinet.exchange import export_onnx

    export_onnx(model, path, **settings)  # type: ignore[misc]  # a setting of another format is refused by its name


def _html(model: Trainable, path: Path, settings: ExportSettings) -> None:
    from clarinet import page

    page.export_html(model, path, **settings)  # type: ignore[misc]  # a setting of another format is refused by its name


#: What writes each format.
_FORMATS: dict[str, Callable[[Trainable, Path, ExportSettings], None]] = {"c": _c, "html": _html, "onnx": _onnx}
#: Formats by the endings of their files.
_ENDINGS = {".h": "c", ".html": "html", ".onnx": "onnx"}


class Exporting:
    """A model's ways out."""

    def export(
        self: Trainable,
        filepath: str | Path,
        format: str | None = None,
        verbose: object = None,
        **settings: Unpack[ExportSettings],
    ) -> None:
        """Write the model for other programs: it predicts there, and does not train on.

        Args:
            filepath: of the file.
            format: ``"onnx"``, see :func:`clarinet.exchange.export_onnx`; ``"c"``, see
                :func:`clarinet.exchange.export_c`; ``"html"``, see :meth:`export_html`; default: what the file's name
                ends in.
            verbose: accepted for Keras programs; it changes nothing.
            settings: of those functions.

        Raises:
            ValueError: another format, or what the functions raise. TypeError: a setting that the format has not.

        Example:
            >>> import clarinet, pathlib, tempfile
            >>> path = pathlib.Path(tempfile.mkdtemp(), "net.onnx")
            >>> clarinet.Sequential([clarinet.Input((4,)), clarinet.layers.Dense(3)]).export(path, format="onnx")
            >>> path.exists()
            True
        """
        path = Path(filepath)
        name = _ENDINGS.get(path.suffix.lower()) if format is None else format
        if name not in _FORMATS:
            what = f"format {format!r}" if format is not None else f"ending {path.suffix!r}"
            close = f": {nearest(format, _FORMATS)}" if format is not None else f", one of {', '.join(_ENDINGS)}"
            raise ValueError(f"export: {filepath}: there is no {what}{close}; model.save writes files to go on with")
        _FORMATS[name](self, path, settings)

    def export_html(
        self: Trainable, path: str | Path, *, class_names: Iterable[str] | None = None, largest: float | None = None
    ) -> None:
        """Write one HTML file in which this model answers; it needs no network.

        A model of pictures gets paper to draw on and, but for MNIST's and Fashion-MNIST's, photos that are chosen,
        dropped or pasted; a model of a table a form with a field for each column, one that begins with
        TextVectorization a text box, any other of one input fields for its numbers. The weights are in the file and
        the forward pass is JavaScript, so it works in any browser, and what is drawn or filled in does not leave it. A
        model trained on MNIST gets drawings in MNIST's form: fitted into 20 × 20 pixels and placed on 28 × 28 by their
        centre of mass. Others get the whole sheet in their own size.

        Args:
            path: of the file, e.g. ``"digits.html"``.
            class_names: one for each class; default: those saved with the model, else numbers.
            largest: the value that a white pixel had in training, 1 or 255; default 255 for a model that begins with
                Rescaling or a normalisation, else 1.

        Raises:
            ValueError: several inputs or outputs; a layer that cannot run in a page (attention, your own), named; names
                that do not fit the output; ``largest`` of what is no picture. OSError: the file cannot be written.

        Example:
            >>> import clarinet, pathlib, tempfile
            >>> layers = [clarinet.Input((28, 28)), clarinet.layers.Flatten(), clarinet.layers.Dense(10, "softmax")]
            >>> path = pathlib.Path(tempfile.mkdtemp(), "digits.html")
            >>> clarinet.Sequential(layers).export_html(path)
            >>> path.stat().st_size > 4 * 7850
            True
        """
        from clarinet import page

        page.export_html(self, path, class_names=class_names, largest=largest)
