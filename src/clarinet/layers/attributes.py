"""What an author keeps on a layer or model of his own: any name will do, also one that the library uses there.

``self.network = ...`` in an author's class is his network: his code reads it back, and the library reads its own
``network``. Names that Keras has as well mean in both the same.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import FrameType
from typing import Any, Final

#: Names that layers and models of Keras have too; what is assigned to them is for the library.
_SHARED = """
add_loss add_metric add_variable add_weight build built call compile compile_from_config compute_loss compute_mask
compute_metrics compute_output_shape count_params dtype evaluate export fit from_config get_config get_layer
get_metrics_result get_weights history input input_shape input_spec jit_compile layers load_weights loss losses
metrics metrics_names name non_trainable_variables non_trainable_weights optimizer output path predict
predict_on_batch predict_step reset_metrics run_eagerly save save_weights set_weights stop_training summary
supports_masking test_on_batch test_step to_json train_on_batch train_step trainable trainable_variables
trainable_weights variables weights
"""
#: What the library alone keeps on layers and models, some of it only from a certain moment on.
_LIBRARYS = """
_arguments _attributes _batch_size _began _build_spec _called _calls _compile_metrics _compiled_losses _core
_device _done _draws _eagerly _engine _frozen _holders _input_form _is_loop _judging_later _layers _loss_order
_loss_tracker _loss_weights _losses _metrics _network _nodes _output_form _own _preparation _prepares _requested_engine
_sample_shape _says_shape _seed _specs _store _trackers _trainable _trained_by _untraceable _variables _within_build
doctor_report epochs_trained metadata optimizer_state target
"""
SHARED: Final = frozenset(_SHARED.split())
LIBRARYS: Final = frozenset(_LIBRARYS.split())
#: What a program may set on any model, by the kind of its value.
_SETTABLE: Final[Mapping[str, type]] = {"seed": int, "metadata": Mapping}
#: Before the names of an author's values that stand beside one of the library's.
_BESIDE: Final = "author's "


def attributes_of(holder: object) -> dict[str, object]:
    """What a layer or model has as attributes by the author's names, in the order of their assignment."""
    authored = not type(holder).__module__.startswith("clarinet.")
    kept = {n: v for n, v in [*vars(holder).items()] if (n[:1] != "_" or authored) and n not in LIBRARYS}
    return {name.removeprefix(_BESIDE): value for name, value in kept.items()}


def keep(holder: object, name: str, value: object, frame: FrameType) -> bool:
    """Keep a value that a method of the author's assigns under a name of the library's, beside what that has.

    Args:
        holder: the layer or model.
        name, value: of the attribute.
        frame: where it is assigned.

    Returns:
        False where nothing is to be minded, and nothing was done.
    """
    if _librarys(frame) or not _clashes(type(holder), name, value) or not _method_of(holder, frame):
        return False
    meet(holder, name)
    vars(holder)[_BESIDE + name] = value
    return True


def meet(holder: object, *names: str) -> None:
    """Have these names mean the author's values in his code; default: those of which the holder has values."""
    kind = type(holder)
    for name in names or [key.removeprefix(_BESIDE) for key in vars(holder) if key.startswith(_BESIDE)]:
        if not isinstance(vars(kind).get(name), Both):
            setattr(kind, name, Both(kind, name))


class Both:
    """An attribute of a class of the author's that is the library's too: who asks gets his own.

    Args:
        kind: the class.
        name: of the attribute.
    """

    def __init__(self, kind: type, name: str) -> None:
        self._kind, self._name = kind, name
        self._before: Any = vars(kind).get(name)  # what a class with a ``call`` gets

    def __get__(self, holder: object, kind: type | None = None) -> object:
        beside = _BESIDE + self._name
        if holder is not None and beside in vars(holder) and not _librarys(sys._getframe(1)):
            return vars(holder)[beside]
        if holder is not None and self._name in vars(holder):
            return vars(holder)[self._name]
        if self._before is not None:
            return self._before.__get__(holder, kind) if hasattr(self._before, "__get__") else self._before
        return getattr(super(self._kind, self._kind if holder is None else holder), self._name)

    def __set__(self, holder: object, value: object) -> None:
        above = next((vars(c)[self._name] for c in self._kind.__mro__[1:] if self._name in vars(c)), self._before)
        setter = getattr(above, "__set__", None)
        if setter is not None:
            setter(holder, value)
        else:
            vars(holder)[self._name] = value

    def __delete__(self, holder: object) -> None:
        beside = _BESIDE + self._name
        own = beside in vars(holder) and not _librarys(sys._getframe(1))
        vars(holder).pop(beside if own else self._name)


def _librarys(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).startswith("clarinet.")


def _method_of(holder: object, frame: FrameType) -> bool:
    """Whether it is a function whose first argument is the layer or model."""
    code = frame.f_code
    return code.co_argcount > 0 and frame.f_locals.get(code.co_varnames[0]) is holder


def _clashes(kind: type, name: str, value: object) -> bool:
    """Whether the library uses the name for something else in a class of the author's."""
    if name in SHARED or kind.__module__.startswith("clarinet.") or isinstance(value, _SETTABLE.get(name, ())):
        return False
    owner = next((base for base in kind.__mro__ if name in vars(base)), object)
    if name in LIBRARYS or isinstance(vars(owner).get(name), Both):
        return True
    field = name[:1] != "_" and is_dataclass(kind) and any(own.name == name for own in fields(kind))
    given = getattr(kind, "authoring", {}).get(name)
    ours = owner.__module__.startswith("clarinet.") or (given is not None and vars(owner)[name] is given)
    return ours and not field
