"""``clarinet runs resume``, ``reproduce``, ``pack`` and ``unpack``."""

from __future__ import annotations

import argparse
import filecmp
import os
import tempfile
from pathlib import Path

from clarinet.cli import train
from clarinet.cli.output import Output
from clarinet.cli.recorded import options_of
from clarinet.runs import Run, Store, stored
from clarinet.runs.packing import pack
from clarinet.runs.reproducing import compare
from clarinet.runs.tracker import MODEL
from clarinet.runs.unpacking import unpack


def _resume(options: argparse.Namespace, output: Output) -> int:
    """Go on with a training of this command line."""
    found = Store().get(options.name)
    origin = found.document("unpacked")
    if origin is not None:
        raise ValueError(f"run {found.name!r} was unpacked from {_source(origin)}; resume it where it was made")
    again = options_of(found, f"--run={found.name}", "--resume")
    again.out = options.out or _own_file(found)
    again.json = options.json
    return train.run(again, output)


def _source(origin: object) -> str:
    return stored.name(origin.get("file")) if isinstance(origin, dict) else "a file"


def _own_file(found: Run) -> str:
    """The path of the run's model, unless another file than the one that this run wrote is there.

    Raises:
        FileExistsError: another file is there: the store may come from elsewhere, or the file have been replaced.
    """
    out, own = Path(str(found.config.get("out"))), found.file(MODEL)
    if os.path.lexists(out) and not (out.is_file() and own.is_file() and filecmp.cmp(out, own, shallow=False)):
        raise FileExistsError(
            f"run {found.name!r} saves its model as {stored.name(out)}, but there is a file that it did not "
            "write; choose another with --out FILE (a file of this name is overwritten)"
        )
    return str(out)


def _reproduce(options: argparse.Namespace, output: Output) -> int:
    """Repeat a run of this command line, and say whether the result is the same."""
    store = Store()
    first = store.get(options.name)
    with tempfile.TemporaryDirectory() as folder:  # the run keeps the model; the first one's file is left alone
        out = os.path.join(folder, "model.clarinet")
        again = options_of(first, f"--run={first.name[:80]}-again", f"--out={out}", "--checkpoint=never")
        again.json = options.json
        code, values = train.train(again, output)
    if code:
        return code
    assert values["run"] is not None
    verdict = compare(first, store.get(values["run"]))
    result = {"run": first.name, "again": verdict.again, "identical": verdict.identical}
    output.result({**result, "found": verdict.found, "reasons": verdict.reasons}, str(verdict))
    return 0 if verdict.identical else 1


def _pack(options: argparse.Namespace, output: Output) -> int:
    """Write a run to one file."""
    path = pack(Store().get(options.name), options.out)
    size = path.stat().st_size
    output.result({"file": str(path), "bytes": size}, f"Packed {options.name} in {path} ({size / 1e6:.1f} MB)")
    return 0


def _unpack(options: argparse.Namespace, output: Output) -> int:
    """Put a packed run into the store."""
    found = unpack(options.file, options.name)
    output.result({"run": found.name, "folder": str(found.folder)}, f"Unpacked as {found.name}")
    return 0


#: The sub-commands of ``runs`` that this module runs.
AGAIN = {"resume": _resume, "reproduce": _reproduce, "pack": _pack, "unpack": _unpack}
