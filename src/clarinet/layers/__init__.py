"""Layers, the parts of a network. Each is plain configuration and pure maths, formula beside derivative."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

from clarinet import aliases
from clarinet.configurable import exported, resolve
from clarinet.layers.activation import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from clarinet.layers.activity import ActivityRegularization
from clarinet.layers.base import Layer
from clarinet.layers.containers import Parallel, Residual
from clarinet.layers.convolution import Conv1D, Conv2D, Conv3D
from clarinet.layers.convolution_transpose import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from clarinet.layers.dense import Dense
from clarinet.layers.dropout import (
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from clarinet.layers.embedding import Embedding
from clarinet.layers.framing import (
    Cropping1D,
    Cropping2D,
    Cropping3D,
    UpSampling1D,
    UpSampling3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)
from clarinet.layers.function import Lambda
from clarinet.layers.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from clarinet.layers.inner_product import Dot, dot
from clarinet.layers.input import Input, InputLayer
from clarinet.layers.masking import Masking
from clarinet.layers.merging import (
    Add,
    Average,
    Concatenate,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    maximum,
    minimum,
    multiply,
    subtract,
)
from clarinet.layers.model_classes import model_of
from clarinet.layers.normalization import BatchNormalization, GroupNormalization, LayerNormalization
from clarinet.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from clarinet.layers.resampling import CenterCrop, Resizing, UpSampling2D
from clarinet.layers.rescaling import Normalization, Rescaling
from clarinet.layers.reshape import Flatten, Permute, RepeatVector, Reshape
from clarinet.layers.restored import Restored  # noqa: F401  # reads what files keep of layers without their class
from clarinet.layers.separable import DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D
from clarinet.layers.sharing import read_once
from clarinet.names import public

if TYPE_CHECKING:
    from clarinet.layers.adaptive_pooling import (
        AdaptiveAveragePooling1D,
        AdaptiveAveragePooling2D,
        AdaptiveAveragePooling3D,
        AdaptiveMaxPooling1D,
        AdaptiveMaxPooling2D,
        AdaptiveMaxPooling3D,
    )
    from clarinet.layers.attention import AdditiveAttention, Attention
    from clarinet.layers.augmentation import RandomFlip, RandomRotation, RandomTranslation, RandomZoom
    from clarinet.layers.bidirectional import Bidirectional
    from clarinet.layers.categories import CategoryEncoding, Discretization, HashedCrossing, Hashing
    from clarinet.layers.colours import (
        RandomBrightness,
        RandomColorDegeneration,
        RandomColorJitter,
        RandomContrast,
        RandomGrayscale,
        RandomHue,
        RandomInvert,
        RandomPosterization,
        RandomSaturation,
    )
    from clarinet.layers.conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
    from clarinet.layers.covering import RandomErasing, RandomGaussianBlur, RandomSharpness
    from clarinet.layers.distortions import RandomCrop, RandomElasticTransform, RandomPerspective, RandomShear
    from clarinet.layers.einsum_dense import EinsumDense
    from clarinet.layers.gru import GRU, GRUCell
    from clarinet.layers.lengths import RMSNormalization, UnitNormalization
    from clarinet.layers.lookup import IntegerLookup, StringLookup
    from clarinet.layers.lstm import LSTM, LSTMCell
    from clarinet.layers.mixing import AugMix, CutMix, MixUp, RandAugment
    from clarinet.layers.multi_head_attention import GroupQueryAttention, MultiHeadAttention
    from clarinet.layers.pipeline import Pipeline
    from clarinet.layers.rnn import RNN, StackedRNNCells
    from clarinet.layers.simple_rnn import SimpleRNN, SimpleRNNCell
    from clarinet.layers.spectral import SpectralNormalization
    from clarinet.layers.spectrograms import MelSpectrogram, STFTSpectrogram
    from clarinet.layers.text import TextVectorization
    from clarinet.layers.time_distributed import TimeDistributed
    from clarinet.layers.tones import (
        AutoContrast,
        ContrastLimitedAdaptiveHistogramEqualization,
        Equalization,
        Solarization,
    )
    from clarinet.layers.wrapper import Identity, Wrapper

__all__ = [
    "ELU",
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "ActivityRegularization",
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "Add",
    "AdditiveAttention",
    "AlphaDropout",
    "Attention",
    "AugMix",
    "AutoContrast",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "BatchNormalization",
    "Bidirectional",
    "CategoryEncoding",
    "CenterCrop",
    "Concatenate",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "CutMix",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Discretization",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Equalization",
    "Flatten",
    "GRUCell",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GroupNormalization",
    "GroupQueryAttention",
    "HashedCrossing",
    "Hashing",
    "Identity",
    "Input",
    "InputLayer",
    "IntegerLookup",
    "LSTMCell",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Maximum",
    "MelSpectrogram",
    "Minimum",
    "MixUp",
    "MultiHeadAttention",
    "Multiply",
    "Normalization",
    "PReLU",
    "Parallel",
    "Permute",
    "Pipeline",
    "RMSNormalization",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Residual",
    "Resizing",
    "STFTSpectrogram",
    "SeparableConv1D",
    "SeparableConv2D",
    "SimpleRNN",
    "SimpleRNNCell",
    "Softmax",
    "Solarization",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "StackedRNNCells",
    "StringLookup",
    "Subtract",
    "TextVectorization",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "Wrapper",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
    "add",
    "average",
    "concatenate",
    "dot",
    "get",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]


def __dir__() -> list[str]:
    return public(globals())


#: Layers that few programs use, each imported when it is first asked for: `import clarinet` stays quick.
_LATER = {
    name: module
    for module, names in {
        "wrapper": "Identity Wrapper",
        "conv_lstm": "ConvLSTM1D ConvLSTM2D ConvLSTM3D",
        "adaptive_pooling": "AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D "
        "AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D",
        "attention": "AdditiveAttention Attention",
        "augmentation": "RandomFlip RandomRotation RandomTranslation RandomZoom",
        "bidirectional": "Bidirectional",
        "categories": "CategoryEncoding Discretization HashedCrossing Hashing",
        "colours": "RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast "
        "RandomGrayscale RandomHue RandomInvert RandomPosterization RandomSaturation",
        "covering": "RandomErasing RandomGaussianBlur RandomSharpness",
        "distortions": "RandomCrop RandomElasticTransform RandomPerspective RandomShear",
        "einsum_dense": "EinsumDense",
        "gru": "GRU GRUCell",
        "lengths": "RMSNormalization UnitNormalization",
        "lookup": "IntegerLookup StringLookup",
        "lstm": "LSTM LSTMCell",
        "mixing": "AugMix CutMix MixUp RandAugment",
        "multi_head_attention": "GroupQueryAttention MultiHeadAttention",
        "pipeline": "Pipeline",
        "rnn": "RNN StackedRNNCells",
        "simple_rnn": "SimpleRNN SimpleRNNCell",
        "spectral": "SpectralNormalization",
        "spectrograms": "MelSpectrogram STFTSpectrogram",
        "text": "TextVectorization",
        "time_distributed": "TimeDistributed",
        "tones": "AutoContrast ContrastLimitedAdaptiveHistogramEqualization Equalization Solarization",
    }.items()
    for name in names.split()
}


aliases.refuse_calls(f"{__name__}.dense", f"{__name__}.dropout")


def __getattr__(name: str) -> object:
    if name not in _LATER:
        return aliases.find(__name__, name)
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


def get(identifier: object) -> Layer:
    """The layer that an object, class or configuration stands for; ``{"class_name": "Dense", "config": {…}}`` as saved.

    Raises:
        ValueError: an unknown class or argument, with the nearest right one. TypeError: something else.

    Example:
        >>> get({"class_name": "Dense", "config": {"units": 3}}).units
        3
    """
    if isinstance(identifier, Layer):
        return identifier
    described = identifier if isinstance(identifier, Mapping) else {}
    return read_once(described, lambda: _made_of(identifier))


def _made_of(identifier: object) -> Layer:
    if isinstance(identifier, Mapping) and (found := model_of(identifier)) is not None:
        return cast(Layer, found)  # a model, which is a layer of another
    later = {name: __getattr__(name) for name in _LATER}
    return resolve(identifier, Layer, exported(globals() | later, Layer))
