"""What layers that change images have in common, written with operations.

A batch is (n, height, width, channels), an image alone (height, width, channels); ``{"images": …, "labels": …}`` is
understood as well, as ``Dataset.map`` gives it. In training such a layer draws for every image, and changes it; in use
it gives images as they are, as floats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, cast

from clarinet import ops, random
from clarinet.configurable import Configurable, Unsupported, check_number
from clarinet.layers.augmentation import Factor, factors
from clarinet.layers.base import Layer
from clarinet.layers.dropout import check_seed
from clarinet.ops.dispatch import apply, floats, sizes_of
from clarinet.ops.operation import made
from clarinet.ops.shapes import KeptRows
from clarinet.ops.specs import is_symbolic
from clarinet.types import AnyTensor, Config, TensorLike

#: Least and greatest number of an image.
Range = Sequence[float]
#: Pixels of eight bits, which several formulas are for.
BYTES = (0.0, 255.0)


class ImageLayer(Layer):
    """Base of layers for images; a subclass is a dataclass with :meth:`changed_images`, and perhaps :meth:`drawn`."""

    says_all: ClassVar[bool] = True
    trains_when_called: ClassVar[bool] = True
    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        **Layer.unsupported,
        "bounding_box_format": Unsupported("no layer here works on boxes; leave it out"),
    }
    #: What ranges of the fields ``factor`` and ``scale`` lie in.
    bounds: ClassVar[tuple[float, float]] = (-1, 1)
    #: Whether images are changed in use as well.
    always: ClassVar[bool] = False

    data_format: str | None

    def check(self) -> None:
        name = type(self).__name__
        if self.data_format not in (None, "channels_last", "channels_first"):
            raise ValueError(
                f"{name}: data_format is 'channels_last' or 'channels_first', received {self.data_format!r}"
            )
        for setting in ("factor", "scale"):
            if setting in self.__dataclass_fields__:
                setattr(self, setting, factors(getattr(self, setting), f"{name}: {setting}", *self.bounds))
        if "value_range" in self.__dataclass_fields__:
            self.value_range: Range = _range(self.value_range, f"{name}: value_range")
        if "seed" in self.__dataclass_fields__:
            seed = vars(self)["seed"]
            check_seed(seed, name)
            object.__setattr__(self, "_seeds", random.SeedGenerator(seed))

    def get_config(self) -> Config:
        return Configurable.get_config(self)

    # What a subclass defines.

    def drawn(self, images: AnyTensor) -> object:
        """What the change of a batch is drawn at random; default: nothing is."""
        return None

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        """A batch of images, floats with the channels last, as the layer changes them."""
        raise NotImplementedError(f"{type(self).__name__} does not define changed_images")

    def changed_labels(self, labels: AnyTensor, drawn: object) -> AnyTensor:
        """Their labels; default: as they are."""
        return labels

    def changed_masks(self, masks: AnyTensor, drawn: object) -> AnyTensor:
        """Images whose numbers are classes, which go along with the images; default: as they are."""
        return masks

    # How it is used.

    def call(self, inputs: TensorLike, training: bool | None = None) -> AnyTensor:
        """Changed images in training; in use, and with ``training=False``, as they are."""
        if isinstance(inputs, Mapping):
            return cast(AnyTensor, self._of_parts(inputs, True if training is None else training))
        changes = self.always or training is None or bool(training)
        images, back = self._batch(inputs)
        if not changes:
            return back(self.unchanged(images))
        changed = self.changed_images(images, self.drawn(images))
        return back(apply(made(KeptRows), changed, images) if is_symbolic(images) else changed)

    def unchanged(self, images: AnyTensor) -> AnyTensor:
        """A batch in use."""
        return images

    def _batch(self, images: TensorLike) -> tuple[AnyTensor, Callable[[AnyTensor], AnyTensor]]:
        """Images as a batch of floats with the channels last, and how a batch is brought back.

        Raises:
            ValueError: neither images nor one.
        """
        x = cast(AnyTensor, floats(images))
        axes = len(x.shape)
        if axes not in (3, 4):
            raise ValueError(
                f"{type(self).__name__}: expected images (n, height, width, channels), or one without n; received "
                f"shape {tuple(x.shape)}"
            )
        first = self.data_format == "channels_first"
        x = ops.moveaxis(x, -3, -1) if first else x

        def back(y: AnyTensor) -> AnyTensor:
            y = ops.squeeze(y, 0) if axes == 3 else y
            return ops.moveaxis(y, -1, -3) if first else y

        return ops.expand_dims(x, 0) if axes == 3 else x, back

    def _of_parts(self, data: Mapping[str, TensorLike], training: bool) -> dict[str, TensorLike]:
        """Images with what belongs to them.

        Raises:
            ValueError: no images, or boxes.
        """
        known = {"images": self.changed_images, "labels": self.changed_labels, "segmentation_masks": self.changed_masks}
        if "images" not in data or "bounding_boxes" in data:
            raise ValueError(
                f"{type(self).__name__}: expected a dictionary with 'images', perhaps 'labels' and "
                f"'segmentation_masks', and no bounding boxes, which no layer here works on; received {list(data)}"
            )
        images, _ = self._batch(data["images"])
        alone = ops.ndim(data["images"]) == 3
        drawn = self.drawn(images) if training or self.always else None
        found = dict(data)
        for name in known.keys() & data.keys():
            x, back = self._part(name, data[name], alone)
            found[name] = back(known[name](x, drawn)) if training or self.always else back(x)
        return found

    def _part(self, name: str, part: TensorLike, alone: bool) -> tuple[AnyTensor, Callable[[AnyTensor], AnyTensor]]:
        """One of several parts as a batch, and how it is brought back."""
        if name != "labels":
            return self._batch(part)
        x = ops.convert_to_tensor(part)
        return (ops.expand_dims(x, 0), lambda y: ops.squeeze(y, 0)) if alone else (x, lambda y: y)

    # Random numbers.

    def uniform(self, shape: Sequence[int | None], low: float = 0.0, high: float = 1.0) -> AnyTensor:
        """Numbers from ``low`` to ``high``, others at every use."""
        return random.uniform(tuple(shape), low, high, seed=self.seeds)

    @property
    def seeds(self) -> random.SeedGenerator:
        """Where its random numbers come from."""
        found: random.SeedGenerator = vars(self)["_seeds"]
        return found

    def for_each(self, images: AnyTensor, factor: Factor) -> AnyTensor:
        """A number of a range for each image of a batch: (n, 1, 1, 1)."""
        low, high = cast("tuple[float, float]", factor)
        return self.uniform((ops.shape(images)[0], 1, 1, 1), low, high)

    def chosen(self, images: AnyTensor, factor: Factor) -> AnyTensor:
        """Which images are changed, each with a probability that is drawn of a range: (n, 1, 1, 1)."""
        return ops.less(self.for_each(images, (0.0, 1.0)), self.for_each(images, factor))


def _range(value: object, what: str) -> tuple[float, float]:
    """Least and greatest number.

    Raises:
        ValueError: not two numbers.
    """
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValueError(f"{what}: expected two numbers such as (0, 255), received {value!r}")
    low, high = sorted(check_number(number, what) for number in value)
    return low, high


def rescaled(x: AnyTensor, have: Range, want: Range) -> AnyTensor:
    """Numbers of one range in another one."""
    if tuple(have) == tuple(want):
        return x
    share = (want[1] - want[0]) / (have[1] - have[0])
    return ops.add(ops.multiply(ops.subtract(x, have[0]), share), want[0])


def sizes(images: AnyTensor) -> tuple[int, int, int]:
    """Height, width and channels of a batch of images.

    Raises:
        ValueError: they are not known.
    """
    height, width, channels = sizes_of(images, "images", 1)
    return height, width, channels
