"""The programs of ``graphs/`` and ``custom/`` that give Keras's numbers today.

Every other one is expected to fail, strictly: work that lands moves names into this table, and nothing else changes.
"""

#: By engine. ``"auto"`` is what a user gets: the native engine where it can, else the reference.
PASSES: dict[str, frozenset[str]] = {
    "reference": frozenset(),
    "auto": frozenset(),
}
