"""``tf.version``, which is also a function, as ``keras.version`` is."""

from __future__ import annotations

from clarinet._native import version as _number
from clarinet.numbering import VersionText


class Version:
    """The version of Clarinet, called or looked up.

    Example:
        >>> import clarinet
        >>> clarinet.version() == clarinet.version.VERSION == clarinet.__version__
        True
    """

    #: As TensorFlow has it.
    VERSION: str = VersionText(_number)
    GIT_VERSION: str = _number
    COMPILER_VERSION: str = ""

    def __call__(self) -> str:
        return self.VERSION


version = Version()
