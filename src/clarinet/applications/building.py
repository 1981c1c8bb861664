"""What all architectures share: where they begin, how they end, and the files that their weights come from."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from clarinet import layers
from clarinet.graph import Tensor, sources_of
from clarinet.initializers.base import Initializer
from clarinet.models import Model
from clarinet.problems import ClarinetWarning
from clarinet.types import AnyTensor, TensorLike

#: Where Keras publishes the weights that it trained on ImageNet.
ADDRESS = "https://storage.googleapis.com/tensorflow/keras-applications/"
_CLASSES = 1000
#: Numbers of colours that models of pictures are meant for.
_COLOURS = (1, 3)

#: An activation as users say it.
ActivationLike = str | Callable[..., object] | None
#: From the pictures to the last feature maps.
Features = Callable[[AnyTensor], AnyTensor]


@dataclass(frozen=True)
class Wanted:
    """What a program asks of an architecture; see :func:`architecture`."""

    title: str
    include_top: bool
    weights: object
    input_tensor: TensorLike
    input_shape: Sequence[int | None] | None
    pooling: str | None
    classes: int
    classifier_activation: ActivationLike
    name: str | None

    @property
    def activation(self) -> ActivationLike:
        """The last one, as the layer ``Activation`` takes it."""
        return "linear" if self.classifier_activation is None else self.classifier_activation

    def check(self) -> None:
        """Refuse what does not go together.

        Raises:
            ValueError: it is said what. FileNotFoundError: ``weights`` names a file that is not there.
        """
        if self.pooling not in (None, "avg", "max"):
            raise ValueError(f"{self.title}: pooling is None, 'avg' or 'max', received {self.pooling!r}")
        if self.weights == "imagenet":
            self._check_trained()
        elif self.weights is not None and not os.path.exists(str(self.weights)):
            raise FileNotFoundError(
                f"{self.title}: weights is None, 'imagenet' or a file of weights; there is no file {self.weights!r}"
            )

    def _check_trained(self) -> None:
        if self.include_top and self.classes != _CLASSES:
            raise ValueError(
                f"{self.title}: the weights of ImageNet have {_CLASSES} classes, received classes={self.classes}; give "
                "include_top=False and add a Dense layer of your own"
            )
        if self.include_top and self.classifier_activation not in (None, "softmax"):
            raise ValueError(
                f"{self.title}: with trained weights classifier_activation is 'softmax' or None, received "
                f"{self.classifier_activation!r}"
            )


@dataclass(frozen=True)
class Ending:
    """How an architecture ends.

    Attributes:
        top: the layers that classify.
        average, maximum: the names of the pooling layers without them; ``""``: as they are made up.
    """

    top: Callable[[AnyTensor, Wanted], AnyTensor]
    average: str = "avg_pool"
    maximum: str = "max_pool"

    def pooled(self, x: AnyTensor, pooling: str | None) -> AnyTensor:
        """The features of a model without its top."""
        if pooling is None:
            return x
        if pooling == "avg":
            return layers.GlobalAveragePooling2D(name=self.average)(x)
        return layers.GlobalMaxPooling2D(name=self.maximum)(x)


def averaged_top(
    dropout: float = 0.0, name: str = "avg_pool", kernel: Initializer | str = "glorot_uniform"
) -> Callable[[AnyTensor, Wanted], AnyTensor]:
    """The usual top: the mean of each map, and one layer that classifies.

    Args:
        dropout: before that layer.
        name: of the pooling layer.
        kernel: how that layer begins.
    """

    def top(x: AnyTensor, wanted: Wanted) -> AnyTensor:
        x = layers.GlobalAveragePooling2D(name=name)(x)
        if dropout > 0:
            x = layers.Dropout(dropout, name="top_dropout")(x)
        return layers.Dense(
            wanted.classes, wanted.classifier_activation, kernel_initializer=kernel, name="predictions"
        )(x)

    return top


@dataclass(frozen=True)
class Published:
    """The files of weights that Keras publishes.

    Attributes:
        folder: below :data:`ADDRESS`, or an address of its own.
        whole, headless: names of the files with the top and without.
    """

    folder: str
    whole: str
    headless: str

    @classmethod
    def kernels(cls, folder: str, name: str) -> Published:
        """Those that are named as most are."""
        stem = f"{name}_weights_tf_dim_ordering_tf_kernels"
        return cls(folder, f"{stem}.h5", f"{stem}_notop.h5")

    def path(self, wanted: Wanted) -> Path:
        """The file in Keras's folder.

        Raises:
            FileNotFoundError: it is not there; it is said where to get it, and where to put it.
        """
        name = self.whole if wanted.include_top else self.headless
        path = models_folder() / name
        if not path.exists():
            address = self.folder if self.folder.startswith("https:") else f"{ADDRESS}{self.folder}/"
            raise FileNotFoundError(
                f"{wanted.title}: the weights of ImageNet are not on this machine. Fetch {address}{name} and put it at "
                f"{path}; or give weights= a file of your own, or weights=None for fresh weights"
            )
        return path


def models_folder() -> Path:
    """Where Keras keeps files of trained models: ``~/.keras/models``, or ``$KERAS_HOME/models``."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models"


@dataclass(frozen=True)
class Sizes:
    """The sizes of the pictures that an architecture takes.

    Attributes:
        usual: height and width with the top, where none are given; None: any will do.
        least: the smallest.
    """

    usual: int | None = 224
    least: int = 32

    def shape(self, wanted: Wanted) -> tuple[int | None, ...]:
        """Of one picture.

        Raises:
            ValueError: what is asked for is no picture, or too small.
        """
        if not wanted.input_shape:
            usual = self.usual if wanted.include_top else None
            return (usual, usual, 3)
        given = tuple(wanted.input_shape)
        if len(given) != 3 or given[2] is None:
            raise ValueError(
                f"{wanted.title}: input_shape is (height, width, channels), e.g. (224, 224, 3), received {given}"
            )
        self._check(wanted, given)
        return given

    def _check(self, wanted: Wanted, given: tuple[int | None, ...]) -> None:
        if any(size is not None and size < self.least for size in given[:2]):
            raise ValueError(
                f"{wanted.title}: pictures have at least {self.least} × {self.least} pixels, received {given}"
            )
        if wanted.include_top and self.usual and None in given:
            raise ValueError(f"{wanted.title}: with include_top=True the size has to be known, received {given}")
        if wanted.weights == "imagenet" and given[2] != 3:
            raise ValueError(f"{wanted.title}: the weights of ImageNet are for 3 colours, received {given}")
        if given[2] not in _COLOURS:
            message = f"{wanted.title}: pictures usually have 1 or 3 channels, received {given[2]}"
            warnings.warn(message, ClarinetWarning, stacklevel=6)


def network(wanted: Wanted, features: Features, ending: Ending, published: Published, sizes: Sizes = Sizes()) -> Model:
    """The model that a program asks for.

    Args:
        wanted: what it asks.
        features: from the pictures to the last feature maps.
        ending: how it goes on from there.
        published: the files with trained weights.
        sizes: of pictures.

    Raises:
        ValueError, TypeError: what is asked does not go together. FileNotFoundError: there is no file of the weights.
    """
    wanted.check()
    path = published.path(wanted) if wanted.weights == "imagenet" else wanted.weights
    begin = _begin(wanted, sizes)
    x = features(cast(AnyTensor, begin))
    x = ending.top(x, wanted) if wanted.include_top else ending.pooled(x, wanted.pooling)
    sources = [tensor for tensor in sources_of(begin) if tensor.node.is_input or tensor is begin]  # and no constants
    model = Model(sources[0] if len(sources) == 1 else sources, x, wanted.name)
    if path is not None:
        model.load_weights(str(path))
    return model


def _begin(wanted: Wanted, sizes: Sizes) -> Tensor:
    """The tensor of the pictures."""
    if wanted.input_tensor is None:
        return layers.Input(sizes.shape(wanted))
    if not isinstance(wanted.input_tensor, Tensor):
        raise TypeError(
            f"{wanted.title}: input_tensor is a tensor that Input made, or a layer's output; received "
            f"{type(wanted.input_tensor).__name__}"
        )
    return wanted.input_tensor


class Maker(Protocol):
    """A function that makes models of an architecture."""

    def __call__(
        self,
        include_top: bool = True,
        weights: object = "imagenet",
        input_tensor: TensorLike = None,
        input_shape: Sequence[int | None] | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: ActivationLike = "softmax",
        name: str | None = None,
    ) -> Model:
        """Make a model; see :func:`architecture`."""


_ABOUT = """{title}: {source}.

    Args:
        include_top: whether it classifies, or ends with its feature maps. Default True.
        weights: ``"imagenet"`` (default) for those that Keras trained, from Keras's folder ``~/.keras/models``; a file
            of weights; or None for fresh ones. Files of Keras's fit.
        input_tensor: where it begins: a tensor of a network; default an ``Input`` of its own.
        input_shape: (height, width, channels) of a picture; default ({usual}, {usual}, 3), and pictures of any size
            without the top.
        pooling: without the top: None for feature maps, ``"avg"`` or ``"max"`` for one number of each.
        classes: with the top, how many; default 1000.
        classifier_activation: of the last layer; default ``"softmax"``, None for logits.
        name: of the model; default ``"{name}"``.

    Raises:
        ValueError: arguments that do not go together, pictures that are too small.
        FileNotFoundError: there is no file of weights; the message says where to put it.
    """


def architecture(
    title: str,
    source: str,
    features: Features,
    published: Published,
    ending: Ending | None = None,
    sizes: Sizes = Sizes(),
    begun: Callable[[AnyTensor, Wanted], AnyTensor] | None = None,
    name: str = "",
) -> Maker:
    """The function that makes models of an architecture, with the arguments that Keras has.

    Args:
        title: its name.
        source: the paper.
        features: from the pictures to the last feature maps.
        published: the files with trained weights.
        ending: how it goes on; default: the mean of each map, and one layer.
        sizes: of pictures.
        begun: what comes before the features, where that depends on what is asked.
        name: of the model; default the title in small letters.
    """
    usual, called = ending or Ending(averaged_top()), name or title.lower()

    def make(
        include_top: bool = True,
        weights: object = "imagenet",
        input_tensor: TensorLike = None,
        input_shape: Sequence[int | None] | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: ActivationLike = "softmax",
        name: str | None = called,
    ) -> Model:
        given = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
        wanted = Wanted(title, *given)
        whole = features if begun is None else lambda x: features(begun(x, wanted))
        return network(wanted, whole, usual, published, sizes)

    make.__name__ = make.__qualname__ = title
    make.__doc__ = _ABOUT.format(title=title, source=source, usual=sizes.usual, name=called)
    return make


def divisible(number: float, by: int = 8) -> int:
    """The nearest multiple, but at least one and not less than nine tenths: numbers of channels of scaled networks.

    Example:
        >>> divisible(33), divisible(1), divisible(11)
        (32, 8, 16)
    """
    found = max(by, int(number + by / 2) // by * by)
    return found + by if found < 0.9 * number else found


def around_for_stride(x: AnyTensor, size: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The zeros around maps before a window that moves by two, so that it sees them as ``"same"`` does.

    Args:
        x: the maps.
        size: of the window.
    """
    before, after = size // 2, size // 2
    height, width = (1 if each is None else 1 - each % 2 for each in x.shape[1:3])
    return (before - height, after), (before - width, after)
