"""What Keras lets a program set for everything, by its names. Clarinet has one value of each, and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases
from clarinet.arrays import EPSILON
from clarinet.names import public

__all__ = [
    "backend",
    "disable_flash_attention",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_flash_attention",
    "enable_traceback_filtering",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_flash_attention_enabled",
    "is_nnx_enabled",
    "is_traceback_filtering_enabled",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
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
