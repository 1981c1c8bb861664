"""One training of a model at a time, which has the model for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

from clarinet.layers.handle import Handle


class Trainer:
    """Who trains a model; as a context manager: while this lasts the training stands still, and others hold it.

    Attributes:
        thread: the one that trains, or last took an event.
        waiting: whether the training stands still.
    """

    def __init__(self) -> None:
        self.thread, self.waiting = get_ident(), False

    def __enter__(self) -> None:
        self.waiting = True

    def __exit__(self, *_: object) -> None:
        self.thread, self.waiting = get_ident(), False


class TrainingLock(Handle):
    """What a model knows of its training."""

    _trained_by: Trainer | None = None

    # Training, which leaves the structure alone and has the model for itself.

    @contextmanager
    def in_training(self) -> Iterator[Trainer]:
        """While this lasts the model is being trained.

        Raises:
            RuntimeError: it is already.
        """
        own = Trainer()
        try:
            if self.__dict__.setdefault("_trained_by", own) is not own:  # one step for the interpreter: no lock needed
                self.refuse_in_training("fit")
            self._refuse_shared_in_training()
            yield own
        finally:
            if self._trained_by is own:
                del self._trained_by

    def refuse_in_training(self, doing: str, only_elsewhere: bool = False) -> None:
        """Raise where the model is being trained, in this thread or another one.

        Args:
            doing: what was about to be done, e.g. ``"add"``.
            only_elsewhere: whether a callback of the training, and who holds its events, may do it.

        Raises:
            RuntimeError: the model is being trained.
        """
        trainer = self._trained_by
        here = trainer is not None and trainer.thread == get_ident()
        if trainer is None or (only_elsewhere and here):
            return
        who = f"{doing} was called by a callback" if here else "another thread trains it"
        fix = "wait until fit has returned"
        if trainer.waiting:
            who, fix = "its fit_events are not at their end", "take the rest of them, or close() them"
        raise RuntimeError(
            f"{doing}: model {self.name!r} is being trained ({who}); {fix}, or use a copy: copy.deepcopy(model)"
        )

    def _sharing(self) -> Iterator[tuple[Handle, TrainingLock]]:
        """Every layer with weights that another model has too, and such a model."""
        for leaf in (leaf.layer for layer in self.children for leaf in layer.leaf_layers()):
            for model in leaf.models() if leaf._variables else ():
                if isinstance(model, TrainingLock) and model is not self:
                    yield leaf, model

    def _refuse_shared_in_training(self) -> None:
        for layer, other in self._sharing():
            trainer = other._trained_by
            if trainer is not None and not trainer.waiting and trainer.thread != get_ident():
                raise RuntimeError(
                    f"fit: layer {layer.name!r} is shared with model {other.name!r}, which another thread trains; wait "
                    "until its fit has returned, or use a copy: copy.deepcopy(model)"
                )
