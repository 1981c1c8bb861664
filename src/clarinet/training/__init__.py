"""What ``fit``, ``evaluate`` and ``predict`` are made of: settings, data, the loop and its events, callbacks."""
