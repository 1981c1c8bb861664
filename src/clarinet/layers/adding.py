"""What layers and models add to the loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from clarinet.regularizers import penalty_on
from clarinet.types import TensorLike
from clarinet.variables import Variable


@dataclass(eq=False, repr=False)
class Adding:
    """The part of a layer or model that adds to the loss."""

    name: str = field(default="", kw_only=True)

    _losses: tuple[TensorLike, ...] = field(default=(), init=False)  # that the last call added

    @property
    def children(self) -> tuple[Adding, ...]:
        """The layers within."""
        return ()

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        raise NotImplementedError

    def add_loss(self, loss: TensorLike) -> None:
        """Add a number, or several in a list, to the loss; for use in ``call``.

        Args:
            loss: a tensor of one number; what has more is summed up by whoever adds the losses.

        Raises:
            TypeError: a tensor of a network outside of a ``call``.
        """
        for one in loss if isinstance(loss, (list, tuple)) else (loss,):
            if hasattr(one, "add_to_loss"):  # a tensor of a network that is being put together
                one.add_to_loss(self)
            else:
                self._losses = (*self._losses, one)

    def add_metric(self, *_: object, **__: object) -> NoReturn:
        """Not there any more, as in Keras 3."""
        raise NotImplementedError(
            f"{type(self).__name__}: there is no add_metric; give compile the metric, or make one in __init__, call "
            "its update_state, and return its result from train_step"
        )

    def clear_losses(self) -> None:
        """Forget what calls have added."""
        self._losses = ()
        for child in self.children:
            child.clear_losses()

    @property
    def losses(self) -> list[TensorLike]:
        """What the last call added to the loss, its own before that of layers within, and then the penalties on
        weights, as tensors that a :class:`clarinet.GradientTape` goes back through."""
        added = [loss for layer in {id(layer): layer for layer in _preorder(self)}.values() for loss in layer._losses]
        trained = {id(v): v for v in self.trainable_weights}.values()
        return [*added, *(penalty_on(v.regularizer, v) for v in trained if v.regularizer is not None)]


def _preorder(layer: Adding) -> Iterator[Adding]:
    """A layer, and all within it, each before those within it."""
    yield layer
    for child in layer.children:
        yield from _preorder(child)
