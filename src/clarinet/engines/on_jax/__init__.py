"""The engine ``"jax"``: the pure step, compiled by JAX for processors, GPUs and TPUs, one or several.

``engine`` has the engine, ``programs`` what is compiled, ``blocks`` the way of rows to the device, ``places`` the
devices, ``tracing`` what cannot be compiled. JAX is imported when an engine is made, not before.
"""

from __future__ import annotations

from clarinet.engines.on_jax.engine import AnySizesOnJax, JaxEngine

__all__ = ["AnySizesOnJax", "JaxEngine"]
