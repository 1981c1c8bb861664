"""Public names of Keras that are not here, each with what to use instead. A test holds that none of them is there."""

from __future__ import annotations

_LATER = "it is not there yet; write it as a layer of your own: class ...(layers.Layer) with build and call"
_SCOPES = "operations have no state of their own; call the function without it"
_BOXES = "compute it with NumPy; no layer here works on boxes"
_OTHERS = "a model of another framework is trained there; clarinet.doctor examines it as well"
_FILES = "model.save and clarinet.models.load_model write and read model files, which hold no code"
_GALLERY = "clarinet.plots.samples and clarinet.plots.predictions draw pictures"
_COMPLEX = "tensors hold real numbers; keep real and imaginary parts in two, which fft and stft take and give"

#: What to use instead: for names of each module.
_TABLE: dict[str, dict[str, tuple[str, ...]]] = {
    "": {
        "one process trains one model; several processes train several": ("distribution",),
        "train the student with a loss of your own on what the teacher predicts": ("distillation",),
        "weights are float32; model.save keeps them, and clarinet.tf has no TFLite": ("quantizers", "Quantizer"),
        "model.export writes a model for other programs, model.save one to go on with": ("export",),
        "models compute in float32, or float64 with compile(dtype='float64')": (
            "dtype_policies",
        ),
        "a function is derived as it is; call it": ("remat", "RematScope"),
        _SCOPES: ("StatelessScope", "SymbolicScope"),
        _GALLERY: ("visualization",),
    },
    "applications": {
        "it is not there yet; MobileNetV2, EfficientNetB0 and ResNet50 are": (
            "ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtSmall", "ConvNeXtTiny", "ConvNeXtXLarge", "InceptionResNetV2",
            "NASNetLarge", "NASNetMobile", "convnext", "inception_resnet_v2", "nasnet",
        ),
    },
    "callbacks": {
        "ModelCheckpoint writes model files": ("OrbaxCheckpoint",),
    },
    "config": {
        "loading a file never runs code; pass functions in custom_objects": ("enable_unsafe_deserialization",),
        "compile(engine=) chooses what computes": ("set_backend",),
    },
    "saving": {
        _FILES: ("KerasFileEditor",),
    },
    "optimizers": {
        "use Adam, or write an Optimizer of your own with slots and update": (
            "MultiOptimizer", "OptimizerMap",
        ),
    },
    "utils": {
        _BOXES: ("bounding_boxes",),
    },
    "layers": {
        _BOXES: ("MaxNumBoundingBoxes",),
        _OTHERS: ("FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"),
        _LATER: ("ReversibleEmbedding",),
    },
    "ops": {
        "eigenvalues of a matrix that is not symmetric are complex; eigh takes symmetric ones": ("eig",),
        "GradientTape gives gradients; for a derivative in one direction take the difference of two values": ("jvp",),
        _COMPLEX: ("polar", "view_as_complex", "view_as_real"),
    },
}  # fmt: skip

ABSENT: dict[str, str] = {
    f"{module}.{name}".lstrip("."): sentence
    for module, table in _TABLE.items()
    for sentence, names in table.items()
    for name in names
}
