"""VGG: small convolutions, many of them."""

from __future__ import annotations

from clarinet import layers
from clarinet.applications.building import Ending, Features, Maker, Published, Wanted, architecture
from clarinet.types import AnyTensor

_SOURCE = "convolutions of 3 × 3 and nothing else, then three dense layers (Simonyan and Zisserman, ICLR 2015)"
_FILTERS = (64, 128, 256, 512, 512)


def _features(counts: tuple[int, ...]) -> Features:
    def features(x: AnyTensor) -> AnyTensor:
        for block, (filters, count) in enumerate(zip(_FILTERS, counts), 1):
            for number in range(1, count + 1):
                name = f"block{block}_conv{number}"
                x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
            x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
        return x

    return features


def _top(x: AnyTensor, wanted: Wanted) -> AnyTensor:
    x = layers.Flatten(name="flatten")(x)
    for name in ("fc1", "fc2"):
        x = layers.Dense(4096, activation="relu", name=name)(x)
    return layers.Dense(wanted.classes, wanted.classifier_activation, name="predictions")(x)


def vgg(title: str, counts: tuple[int, ...]) -> Maker:
    """The network with so many convolutions in each block."""
    name = title.lower()
    ending = Ending(_top, average="", maximum="")
    return architecture(title, _SOURCE, _features(counts), Published.kernels(name, name), ending)
