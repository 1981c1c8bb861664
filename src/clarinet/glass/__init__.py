"""See every number of a network: what a training step computes, explained and animated.

``trace`` gives the arrays, ``explain`` writes the sums out in numbers, ``film`` shows them on their way.
"""

from clarinet.glass.explaining import explain
from clarinet.glass.filming import film
from clarinet.glass.records import LayerTrace, Quantity, Trace, WeightTrace
from clarinet.glass.tracing import trace
from clarinet.names import public

__all__ = ["LayerTrace", "Quantity", "Trace", "WeightTrace", "explain", "film", "trace"]


def __dir__() -> list[str]:
    return public(globals())
