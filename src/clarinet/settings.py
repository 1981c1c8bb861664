"""The arguments of ``fit`` as one record; each field says what it is for, so that nobody keeps lists of their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum

#: Rows per update where nobody says otherwise.
BATCH_SIZE = 32


class Role(Enum):
    """The role of an argument of ``fit``.

    Attributes:
        DATA: rows, labels, weights of rows.
        NUMBERS: decides the numbers that come out, given the data.
        DISPLAY: shows, watches or records the training. A private copy of the training omits it.
    """

    DATA = "data"
    NUMBERS = "numbers"
    DISPLAY = "display"


@dataclass(frozen=True)
class Fact:
    """Facts about an argument, independent of its value.

    Attributes:
        role: its role.
        fixed: whether a training that is resumed needs the same value as before.
        recorded: whether a run keeps the value.
        writes: whether it makes ``fit`` write something, or call something that may write.
    """

    role: Role
    fixed: bool = False
    recorded: bool = False
    writes: bool = False


_DATA = {"fact": Fact(Role.DATA)}
_NUMBERS = {"fact": Fact(Role.NUMBERS, recorded=True)}
_FIXED = {"fact": Fact(Role.NUMBERS, fixed=True, recorded=True)}
_DISPLAY = {"fact": Fact(Role.DISPLAY)}
_KEPT = {"fact": Fact(Role.DISPLAY, recorded=True)}
_WRITING = {"fact": Fact(Role.DISPLAY, writes=True)}
_KEPT_AND_WRITING = {"fact": Fact(Role.DISPLAY, recorded=True, writes=True)}


@dataclass(frozen=True)
class FitSettings:
    """One call of ``fit``: a field for each of its arguments, which :meth:`clarinet.Sequential.fit` explains.

    There are no defaults: they are in ``fit``, and nowhere else.

    Example:
        >>> FACTS["batch_size"].role, FACTS["y"].role, FACTS["verbose"].role
        (<Role.NUMBERS: 'numbers'>, <Role.DATA: 'data'>, <Role.DISPLAY: 'display'>)
    """

    x: object = field(metadata=_DATA)
    y: object = field(metadata=_DATA)
    batch_size: int | None = field(metadata=_FIXED)
    epochs: int = field(metadata=_NUMBERS)  # only how far: more epochs may follow
    verbose: int | str = field(metadata=_DISPLAY)
    callbacks: object = field(metadata=_KEPT_AND_WRITING)  # may decide, but cannot be restored from a record
    validation_split: float = field(metadata=_FIXED)
    validation_data: object = field(metadata=_DATA)
    shuffle: bool = field(metadata=_FIXED)
    class_weight: Mapping[int, float] | None = field(metadata=_FIXED)
    sample_weight: object = field(metadata=_DATA)
    initial_epoch: int = field(metadata=_FIXED)
    steps_per_epoch: int | None = field(metadata=_FIXED)
    validation_steps: int | None = field(metadata=_NUMBERS)  # the weights do not depend on these two
    validation_batch_size: int | None = field(metadata=_NUMBERS)
    validation_freq: int = field(metadata=_FIXED)
    seed: int | None = field(metadata=_FIXED)
    stats_every: int = field(metadata=_NUMBERS)  # decides which statistics are recorded
    run: object = field(metadata=_WRITING)
    checkpoint: int | str | bool | None = field(metadata=_KEPT_AND_WRITING)
    resume: bool = field(metadata=_KEPT)
    doctor: bool = field(metadata=_DISPLAY)
    plot: bool | str = field(metadata=_DISPLAY)
    studio: bool = field(metadata=_WRITING)  # which shows runs
    distribute: str | None = field(metadata=_FIXED)
    target: str | None = field(metadata=_DATA)

    @property
    def kept(self) -> bool:
        """Whether the training is kept in a run."""
        return any(given not in (None, False) for given in (self.run, self.checkpoint, self.resume, self.studio))

    def fixed(self) -> dict[str, object]:
        """The settings that must be the same in a resumed training."""
        return {name: getattr(self, name) for name, fact in FACTS.items() if fact.fixed}

    def recorded(self) -> dict[str, object]:
        """The settings that a run keeps."""
        return {name: getattr(self, name) for name, fact in FACTS.items() if fact.recorded}

    def writing(self) -> dict[str, object]:
        """The settings that write, or call something that may write."""
        return {name: value for name, fact in FACTS.items() if fact.writes and (value := getattr(self, name))}


#: The facts about every argument, by name.
FACTS: Mapping[str, Fact] = {each.name: each.metadata["fact"] for each in fields(FitSettings)}


def names_of(role: Role) -> tuple[str, ...]:
    """The arguments of a role.

    Example:
        >>> names_of(Role.DATA)
        ('x', 'y', 'validation_data', 'sample_weight', 'target')
    """
    return tuple(name for name, fact in FACTS.items() if fact.role is role)


__all__ = ["BATCH_SIZE", "FACTS", "Fact", "FitSettings", "Role", "names_of"]
