"""Devices of the reference engine's arrays: NumPy, or another array library, perhaps on a GPU."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np

from clarinet.names import nearest
from clarinet.types import Array, Namespace

#: Functions of the array API that create arrays, and so need the device.
_MAKERS = frozenset({"arange", "asarray", "empty", "eye", "full", "linspace", "ones", "zeros"})
_LIBRARIES = {"torch": "torch", "cupy": "cupy-cuda12x", "array_api_strict": "array-api-strict"}


class Device:
    """NumPy, in the processor's memory; the other devices have its methods.

    Attributes:
        xp: the array namespace that layers, losses and optimizers compute with.
        shares: whether :meth:`put` returns the array itself, so that nothing has to be copied back.
    """

    xp: Namespace = np
    shares = True

    def put(self, array: Array) -> Array:
        """The device's array with these numbers."""
        return array

    def get(self, array: object) -> Array:
        """The numbers of one of the device's arrays."""
        return np.asarray(array)


@runtime_checkable
class _Tensor(Protocol):
    """PyTorch's."""

    def cpu(self) -> _Tensor: ...

    def numpy(self) -> Array: ...


@runtime_checkable
class _OfCupy(Protocol):
    def get(self) -> Array: ...


class OtherDevice(Device):
    """Arrays of another library.

    Args:
        xp: its array namespace.
        place: the argument ``device`` of its functions; None is the library's default.
    """

    shares = False

    def __init__(self, xp: Namespace, place: object = None) -> None:
        self.xp = xp if place is None else _Placed(xp, place)

    def put(self, array: Array) -> Array:
        return self.xp.asarray(array.copy())

    def get(self, array: object) -> Array:
        library = type(array).__module__.partition(".")[0]
        if library == "torch" and isinstance(array, _Tensor):
            return array.cpu().numpy()
        return array.get() if library == "cupy" and isinstance(array, _OfCupy) else np.asarray(array)


class _Placed:
    """An array namespace whose new arrays are made on one device."""

    def __init__(self, xp: Namespace, place: object) -> None:
        self._xp, self._place = xp, place

    def __getattr__(self, name: str) -> Callable[..., Array]:
        found: Callable[..., Array] = getattr(self._xp, name)
        if name in _MAKERS:
            found = functools.partial(found, device=self._place)
        if name == "asarray":
            found = functools.partial(_as_array, found)
        setattr(self, name, found)
        return found


def _as_array(make: Callable[..., Array], numbers: object, **settings: object) -> Array:
    """PyTorch shares a NumPy array's memory, and cannot where that is read-only: it gets a copy."""
    made: Array = make(np.array(numbers) if isinstance(numbers, np.ndarray) else numbers, **settings)
    return made


def open_device(name: str | None) -> Device:
    """The device of a name.

    Args:
        name: None or ``"cpu"``: NumPy. ``"cuda"`` or ``"cuda:1"``: a GPU, through CuPy, or PyTorch where that is not
            there. ``"torch"``, ``"torch:cuda"``, ``"torch:mps"``, …: PyTorch (by default on the processor). ``"cupy"``,
            ``"cupy:1"``: CuPy. ``"array_api_strict"``: the standard to the letter, for tests.

    Raises:
        ValueError: another name, or a device that this machine does not have. ImportError: the library is missing.
        TypeError: not a name.
    """
    if name is not None and not isinstance(name, str):
        raise TypeError(f"compile: device is a name such as 'cpu', 'cuda' or 'torch', received {name!r}")
    library, _, place = (name or "cpu").partition(":")
    if library == "cuda":
        return _gpu(place)
    if library == "cpu" and not place:
        return Device()
    if library not in _LIBRARIES:
        choices = ("cpu", "cuda", *_LIBRARIES)
        raise ValueError(f"compile: unknown device {name!r}: {nearest(library, choices)}")
    try:
        return _open(library, place)
    except ImportError as error:
        needs = "" if library == "array_api_strict" else " array-api-compat"
        message = f"compile: device={name!r} needs {library}: pip install {_LIBRARIES[library]}{needs} ({error})"
        raise ImportError(message) from None


def _gpu(place: str) -> Device:
    """The GPU of a number, with whichever library there is."""
    reasons = []
    for library, where in (("cupy", place), ("torch", f"cuda:{place}" if place else "cuda")):
        try:
            return _open(library, where)
        except (ImportError, ValueError) as error:
            reasons.append(str(error))
    raise ValueError(
        "compile: device='cuda' needs a GPU of NVIDIA's and CuPy or PyTorch: pip install array-api-compat cupy-cuda12x "
        f"({'; '.join(reasons)}); without one use device='cpu'"
    )


def _open(library: str, place: str) -> Device:
    if library == "array_api_strict":
        import array_api_strict

        return OtherDevice(array_api_strict)
    if library == "torch":
        import array_api_compat.torch as xp
        import torch

        try:
            torch.zeros(1, device=place or "cpu")
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise ValueError(f"compile: device='torch:{place}': PyTorch has no such device here: {reason}") from None
        return OtherDevice(xp, torch.device(place or "cpu"))
    import array_api_compat.cupy as xp_cupy
    import cupy

    if cupy.cuda.runtime.getDeviceCount() <= int(place or 0):
        raise ValueError(f"compile: device='cupy:{place}': there is no such GPU")
    return OtherDevice(xp_cupy, cupy.cuda.Device(int(place or 0)))
