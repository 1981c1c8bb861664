"""The loop over epochs that a step is taken in: how often it turns, and which turn this is."""

from __future__ import annotations

import ast
import operator
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

#: Names that loops over epochs mostly give to their variable.
_EPOCHS = ("epoch", "ep", "e", "t", "i", "it", "iteration", "step", "_")


_SIGNS = {"Add": operator.add, "Sub": operator.sub}


@dataclass(frozen=True)
class EpochLoop:
    """A ``for … in range(…)``.

    Attributes:
        frame: that it runs in. variable: its variable. turns: how often it turns; 0 where that is not known.
    """

    frame: FrameType
    variable: str
    turns: int

    def turn(self) -> object:
        """The variable's value."""
        return self.frame.f_locals.get(self.variable)


def epoch_loop() -> EpochLoop | None:
    """The loop over epochs around whoever calls, through functions of the script.

    The outermost loop over a range whose variable is called as an epoch is; else the outermost one over a range.
    """
    found: list[EpochLoop] = []
    frame: Any = sys._getframe(1)
    while frame is not None:
        found = [*_loops(frame), *found]
        frame = frame.f_back
    named = [loop for loop in found if "epoch" in loop.variable.lower()]
    usual = named or [loop for loop in found if loop.variable in _EPOCHS]
    return usual[0] if usual else None


def _loops(frame: FrameType) -> list[EpochLoop]:
    """The loops over ranges of a frame that are running, from the outermost to the innermost."""
    around = (
        (loop, name)
        for loop, name in _ranges(frame.f_code.co_filename)
        if loop.lineno <= frame.f_lineno <= (loop.end_lineno or 0) and name in frame.f_locals
    )
    return [EpochLoop(frame, name, _turns(loop.iter, frame)) for loop, name in around]


def _ranges(path: str) -> tuple[tuple[ast.For, str], ...]:
    if "site-packages" in path or not path.endswith(".py"):
        return ()
    try:
        tree = ast.parse(Path(path).read_text("utf-8"))
    except (OSError, SyntaxError, ValueError):
        return ()
    loops = (node for node in ast.walk(tree) if isinstance(node, ast.For) and _range(node.iter))
    return tuple((loop, loop.target.id) for loop in loops if isinstance(loop.target, ast.Name))


def _range(node: ast.expr) -> ast.Call | None:
    """The call of ``range`` in it, which a progress bar may be around."""
    if not isinstance(node, ast.Call):
        return None
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name in ("range", "trange"):
        return node
    return _range(node.args[0]) if name in ("tqdm", "track", "progress_bar") and node.args else None


def _turns(node: ast.expr, frame: FrameType) -> int:
    """How often it turns, where its arguments are numbers, names, attributes, and sums of these."""
    call = _range(node)
    assert call is not None
    try:
        given = [_value(each, frame) for each in call.args]
    except (KeyError, AttributeError, TypeError, ValueError):
        return 0
    return len(range(*given))


def _value(node: ast.expr, frame: FrameType) -> Any:
    """The value of an expression that only names things."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return frame.f_locals[node.id] if node.id in frame.f_locals else frame.f_globals[node.id]
    if isinstance(node, ast.Attribute):
        return getattr(_value(node.value, frame), node.attr)
    if isinstance(node, ast.BinOp):
        return _SIGNS[type(node.op).__name__](_value(node.left, frame), _value(node.right, frame))
    if isinstance(node, ast.Subscript):
        return _value(node.value, frame)[_value(node.slice, frame)]
    raise ValueError(ast.dump(node))
