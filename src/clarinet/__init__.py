"""Neural networks you can see through."""

from clarinet._native import version as __version__

__all__ = ["__version__"]
