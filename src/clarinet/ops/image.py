"""Functions of images, which are (n, height, width, channels), or one without n."""

# ruff: noqa: F403  # a function is named in its own module alone
from clarinet.ops import coordinates, pictures, resampling
from clarinet.ops.coordinates import *
from clarinet.ops.pictures import *
from clarinet.ops.resampling import *

__all__: list[str] = []
__all__ += coordinates.__all__
__all__ += pictures.__all__
__all__ += resampling.__all__
