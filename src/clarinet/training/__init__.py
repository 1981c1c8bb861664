"""The parts of ``fit``, ``evaluate`` and ``predict``: settings, data, the loop and its events, callbacks."""
