"""What Keras lets a program set for everything, by its names. Clarinet has one value of each, and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases
from clarinet.arrays import EPSILON
from clarinet.configurable import check_whole
from clarinet.names import nearest, public
from clarinet.training.limits import LIMITS

__all__ = [
    "backend",
    "disable_flash_attention",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_flash_attention",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_flash_attention_enabled",
    "is_interactive_logging_enabled",
    "is_nnx_enabled",
    "is_traceback_filtering_enabled",
    "max_epochs",
    "max_steps_per_epoch",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def backend() -> str:
    """What computes outside of models: ``"numpy"``. A model says in ``model.engine_reason`` what computes it."""
    return "numpy"


def floatx() -> str:
    """The dtype of weights and of what models compute, unless a model has another one: ``"float32"``."""
    return "float32"


def epsilon() -> float:
    """What keeps logarithms and quotients away from 0: 1e-7."""
    return EPSILON


def image_data_format() -> str:
    """Which axis of pictures holds the channels: ``"channels_last"``."""
    return "channels_last"


def set_floatx(value: str) -> None:
    """Accepts ``"float32"``.

    Raises:
        ValueError: another dtype.
    """
    if value != floatx():
        raise ValueError(
            f"set_floatx: models are made in float32, received {value!r}; compile(dtype='float64') changes one model"
        )


def set_epsilon(value: float) -> None:
    """Accepts 1e-7.

    Raises:
        ValueError: another number.
    """
    if not np.isclose(value, EPSILON, rtol=1e-6, atol=0):
        raise ValueError(
            f"set_epsilon: it is {EPSILON} everywhere, received {value!r}; the layers and optimizers that have an "
            "argument epsilon take another one"
        )


def set_image_data_format(data_format: str) -> None:
    """Accepts ``"channels_last"``.

    Raises:
        ValueError: ``"channels_first"``, or another word.
    """
    if data_format != image_data_format():
        raise ValueError(
            f"set_image_data_format: the last axis holds the channels, received {data_format!r}; np.moveaxis(x, 1, -1) "
            "brings them there"
        )


def dtype_policy() -> str:
    """The dtype in which models compute: ``"float32"``."""
    return floatx()


def set_dtype_policy(policy: object) -> None:
    """Accepts ``"float32"``; of mixed precision it warns that float32 is what is computed in.

    Raises:
        ValueError: something else.
    """
    name = getattr(policy, "name", policy)
    if name in ("mixed_float16", "mixed_bfloat16"):
        import warnings

        from clarinet.problems import ClarinetWarning

        sentence = f"{name}: models compute in float32, which no processor computes slower; leave the policy out"
        warnings.warn(sentence, ClarinetWarning, stacklevel=2)
    elif name != floatx():
        raise ValueError(
            f"set_dtype_policy: models compute in float32, received {policy!r}; leave the policy out, or have "
            "one model in float64 by compile(dtype='float64')"
        )


def enable_flash_attention() -> None:
    """Nothing: it is for graphics processors."""


def disable_flash_attention() -> None:
    """Nothing: there is none."""


def is_flash_attention_enabled() -> bool:
    """False."""
    return False


def enable_traceback_filtering() -> None:
    """Nothing: errors are shown as they are."""


def disable_traceback_filtering() -> None:
    """Nothing: no part of an error is hidden."""


def is_traceback_filtering_enabled() -> bool:
    """False: errors are shown as they are."""
    return False


def is_nnx_enabled() -> bool:
    """False."""
    return False


def enable_interactive_logging() -> None:
    """Have ``verbose="auto"`` mean a bar that moves, also where there is no terminal."""
    LIMITS.interactive = True


def disable_interactive_logging() -> None:
    """Have ``verbose="auto"`` mean a line an epoch, also in a terminal."""
    LIMITS.interactive = False


def is_interactive_logging_enabled() -> bool:
    """Whether nobody has disabled it."""
    return LIMITS.interactive is not False


def max_epochs() -> int | None:
    """How many epochs ``fit`` trains at most; None (default) sets no limit."""
    return LIMITS.epochs


def set_max_epochs(max_epochs: int | None) -> None:
    """Limit the epochs of every ``fit`` that follows, e.g. to try a program; None takes the limit away.

    Raises:
        TypeError, ValueError: no positive whole number.
    """
    LIMITS.epochs = None if max_epochs is None else check_whole(max_epochs, "set_max_epochs", low=1)


def max_steps_per_epoch() -> int | None:
    """How many batches ``fit`` takes an epoch at most; None (default) sets no limit."""
    return LIMITS.steps


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limit the batches an epoch of every ``fit`` that follows; None takes the limit away.

    Raises:
        TypeError, ValueError: no positive whole number.
    """
    limit = max_steps_per_epoch
    LIMITS.steps = None if limit is None else check_whole(limit, "set_max_steps_per_epoch", low=1)


class Config(dict[str, object]):
    """A dictionary whose entries are attributes as well, and which may be frozen; ``utils.Config``.

    Args:
        settings: the entries, by name.

    Raises:
        AttributeError: an entry that is not there. ValueError: a change of a frozen one.

    Example:
        >>> settings = Config(rate=0.1)
        >>> settings.steps = 3
        >>> settings.rate, settings["steps"], settings.as_dict()
        (0.1, 3, {'rate': 0.1, 'steps': 3})
    """

    def __init__(self, **settings: object) -> None:
        object.__setattr__(self, "_frozen", False)
        super().__init__(settings)

    @property
    def frozen(self) -> bool:
        """Whether it may not change."""
        return bool(self.__dict__["_frozen"])

    def freeze(self) -> None:
        """Refuse changes from now on."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Allow changes again."""
        object.__setattr__(self, "_frozen", False)

    def as_dict(self) -> dict[str, object]:
        """A plain dictionary of the entries."""
        return dict(self)

    def to_json(self) -> str:
        """The entries as JSON."""
        import json

        return json.dumps(self)

    def __getattr__(self, name: str) -> object:
        if name in self:
            return self[name]
        raise AttributeError(f"Config has no entry {name!r}; {nearest(name, list(self))}")

    def __setattr__(self, name: str, value: object) -> None:
        self[name] = value

    def _may_change(self) -> None:
        if self.frozen:
            raise ValueError("Config: it is frozen, so entries cannot change; unfreeze() allows it")

    def __setitem__(self, name: str, value: object) -> None:
        self._may_change()
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        self._may_change()
        super().__delitem__(name)
