"""The programs of ``graphs/`` and ``custom/`` that give Keras's numbers today.

Every other one is expected to fail, strictly: work that lands moves names into this table, and nothing else changes.
"""

#: By engine: a program passes on the reference engine first, then with ``"auto"``, on the engine that a user gets.
PASSES: dict[str, frozenset[str]] = {
    "reference": frozenset(),
    "auto": frozenset(),
}
