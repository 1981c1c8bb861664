"""Strings such as ``"relu"`` are looked up in a module's ``__all__``; a wrong one names the nearest right one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from types import ModuleType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def snake_case(name: str) -> str:
    """``GlorotUniform`` -> ``glorot_uniform``; ``MeanSquaredError`` -> ``mean_squared_error``; ``L1L2`` -> ``l1l2``.

    Example:
        >>> snake_case("SparseCategoricalCrossentropy"), snake_case("AdamW"), snake_case("ReLU")
        ('sparse_categorical_crossentropy', 'adam_w', 're_lu')
    """
    name = re.sub(r"([a-z])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()


def function_name(function: object, otherwise: str) -> str:
    """The name of a function as logs have it: ``MyMetric`` -> ``my_metric``, that of a lambda is ``lambda``."""
    return snake_case(getattr(function, "__name__", otherwise)).strip("<>")


class Names:
    """The names of a model's layers, each of which is unique.

    Args:
        taken: those that there are already.
        coming: those of layers that are still to come, which no layer without a name gets.

    Example:
        >>> names = Names(["dense"])
        >>> names.take("", "dense"), names.take("head", "dense"), names.take("", "dense")
        ('dense_1', 'head', 'dense_2')
    """

    def __init__(self, taken: Iterable[str] = (), coming: Iterable[str] = ()) -> None:
        self._taken, self._coming = set(taken), set(coming)
        self._next: dict[str, int] = {}  # by base: all numbers below are taken

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def take(self, wanted: str, base: str) -> str:
        """The name ``wanted``, or where it is empty the first free one of ``base``, ``base_1``, ….

        Raises:
            ValueError: ``wanted`` is taken.
        """
        if wanted in self._taken:
            raise ValueError(f"two layers are called {wanted!r}; give one another name=")
        number, name = self._next.get(base, 0), wanted
        while not name:
            name = f"{base}_{number}" if number else base
            name, number = "" if name in self._taken or name in self._coming else name, number + 1
        self._next[base] = number
        self._taken.add(name)
        return name


#: Names that a message lists at most.
_SHOWN = 24


def nearest(name: str, choices: Iterable[str], cutoff: float = 0.5) -> str:
    """The end of an error message: ``; did you mean 'relu'?`` or the list of known names."""
    import difflib  # needed for messages only

    choices = sorted(choices)
    close = difflib.get_close_matches(name.lower(), choices, n=1, cutoff=cutoff)
    more = f" and {len(choices) - _SHOWN} others" if len(choices) > _SHOWN else ""
    return f"did you mean {close[0]!r}?" if close else f"choose one of {', '.join(choices[:_SHOWN])}{more}"


#: Arguments of earlier versions of Keras, and their names today, of which a class has one. A similar name alone can
#: mean something else.
OLD_NAMES: dict[str, tuple[str, ...]] = {
    "lr": ("learning_rate", "initial_learning_rate"),
    "alpha": ("negative_slope",),
    "p": ("rate",),
    "sigma": ("stddev",),
    "stdev": ("stddev",),
    "init": ("kernel_initializer", "embeddings_initializer", "alpha_initializer"),
    "inner_init": ("recurrent_initializer",),
    "inner_activation": ("recurrent_activation",),
    "border_mode": ("padding",),
    "subsample": ("strides",),
    "subsample_length": ("strides",),
    "stride": ("strides",),
    "filter_length": ("kernel_size",),
    "nb_filter": ("filters",),
    "nb_row": ("kernel_size",),
    "nb_col": ("kernel_size",),
    "pool_length": ("pool_size",),
    "W_regularizer": ("kernel_regularizer", "embeddings_regularizer"),
    "b_regularizer": ("bias_regularizer",),
    "U_regularizer": ("recurrent_regularizer",),
    "W_constraint": ("kernel_constraint", "embeddings_constraint"),
    "b_constraint": ("bias_constraint",),
    "U_constraint": ("recurrent_constraint",),
    "bias": ("use_bias",),
    "output_dim": ("units",),
    "dims": ("target_shape",),
    "beta_init": ("beta_initializer",),
    "gamma_init": ("gamma_initializer",),
    "epsilon_std": ("stddev",),
    "scale": ("stddev",),
    "nb_epoch": ("epochs",),
    "nb_words": ("num_words",),
    "nb_classes": ("num_classes",),
    "samples_per_epoch": ("steps_per_epoch",),
    "nb_val_samples": ("validation_steps",),
    "val_samples": ("steps",),
    "input": ("inputs",),
    "output": ("outputs",),
    "batch_input_shape": ("batch_shape",),
    "epsilon": ("min_delta",),
    "period": ("save_freq",),
    "keep_dims": ("keepdims",),
    "reduction_indices": ("axis",),
    "keep_prob": ("rate",),
}
#: Those without a new name: an argument of the classes that had them, and what to do today.
OLD_WAYS: dict[str, tuple[str, str]] = {
    "decay": (
        "weight_decay",
        "give learning_rate=schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=decay), of clarinet.optimizers",
    ),
    "input_length": ("input_dim", "the shape of x says how long sequences are; start with Input((length,))"),
    "schedule_decay": ("weight_decay", "give learning_rate one of clarinet.optimizers.schedules"),
    "dim_ordering": ("data_format", "the last axis holds the channels; leave it out"),
    "batch_input_shape": ("input_shape", "give input_shape, without the batch axis"),
    "batch_shape": ("input_shape", "give input_shape, without the batch axis"),
    "batch_size": ("input_shape", "start with Input(batch_shape=...), or give batch_size to fit"),
    "weights": ("input_shape", "call layer.set_weights once the model is built"),
    "dropout_W": ("input_shape", "put a Dropout layer before it"),
    "dropout_U": ("input_shape", "put a Dropout layer before it"),
    "dropout": ("embeddings_initializer", "put SpatialDropout1D behind it"),
    "forget_bias_init": ("unit_forget_bias", "give unit_forget_bias=True, which is the default"),
    "implementation": ("recurrent_initializer", "it changes no numbers; leave it out"),
    "consume_less": ("recurrent_initializer", "it changed no numbers; leave it out"),
    "mode": ("momentum", "in training statistics are those of the batch, in use moving averages; leave it out"),
    "fused": ("momentum", "it changed no numbers; leave it out"),
    "virtual_batch_size": ("momentum", "statistics are those of the whole batch; give fit a smaller batch_size"),
    "show_accuracy": ("", "give metrics=['accuracy'] to compile"),
    "accuracy": ("class_weight", "give metrics=['accuracy'] to compile"),
    "class_mode": ("optimizer", "the loss says what is classified; leave it out"),
    "sample_weight_mode": ("optimizer", "sample_weight of fit may have a weight for each step; leave it out"),
    "target_tensors": ("optimizer", "give fit the labels; leave it out"),
    "tensor": ("batch_shape", "call the model on the numbers; Input has none"),
    "write_grads": ("write_graph", "gradients are not written; leave it out"),
    "save_format": ("filepath", "the name of the file says it: .keras, .h5 or .clarinet; leave it out"),
    **dict.fromkeys(
        ("options", "run_metadata", "experimental_run_tf_function", "distribute"), ("optimizer", "leave it out")
    ),
    **dict.fromkeys(
        ("workers", "use_multiprocessing", "max_queue_size", "max_q_size", "nb_worker", "pickle_safe"),
        (
            "",
            "a source of batches gives one after the other, or has workers itself; leave it out",
        ),
    ),
}
#: How similar an argument has to be to count as a misspelling: wrong advice is worse than none.
_MISSPELT = 0.7


def advice(name: str, choices: Iterable[str]) -> str:
    """The end of an error message about an unknown argument: its replacement, or the nearest name."""
    choices = tuple(choices)
    for today in OLD_NAMES.get(name, ()):
        if today in choices:
            return f"this is the name in earlier versions of Keras; use {today}"
    needs, instead = OLD_WAYS.get(name, ("", ""))
    if instead and (not needs or needs in choices):
        return f"earlier versions of Keras had it; {instead}"
    known = name in OLD_NAMES or name in OLD_WAYS
    return nearest(name, choices, cutoff=1.0 if known else _MISSPELT)


def explained(function: Callable[P, R]) -> Callable[P, R]:
    """A function that says more than Python does about an argument that it does not have.

    Example:
        >>> @explained
        ... def fit(epochs):
        ...     return epochs
        >>> fit(nb_epoch=3)
        Traceback (most recent call last):
            ...
        TypeError: fit has no argument 'nb_epoch': this is the name in earlier versions of Keras; use epochs
    """
    code, name = function.__code__, function.__name__
    if code.co_flags & inspect.CO_VARKEYWORDS:  # it refuses them itself, as one more call would cost too much
        return _without_unknown(function)
    what = function.__qualname__.removesuffix(".__init__") if name == "__init__" else name
    known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    named = frozenset(known)

    @wraps(function)
    def called(*args: P.args, **settings: P.kwargs) -> R:
        try:  # asked only after a failure, so that a call costs little more than without it
            return function(*args, **settings)
        except TypeError:
            if settings.keys() <= named:
                raise
        refuse_unknown(what, settings, known)
        return function(*args, **settings)

    return called


def _without_unknown(function: Callable[P, R]) -> Callable[P, R]:
    """The function, whose signature names the arguments that there are."""
    signature = inspect.signature(function)
    there = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    function.__signature__ = signature.replace(parameters=there)  # type: ignore[attr-defined]
    return function


def refuse_unknown(what: str, settings: Iterable[str], known: Iterable[str]) -> None:
    """Refuse arguments that there are not, with what to use instead; ``what`` is the function's or class's name.

    Raises:
        TypeError: one of them is not known.
    """
    known = [name for name in known if name != "self"]
    for name in settings:
        if name not in known:
            raise TypeError(f"{what} has no argument {name!r}: {advice(name, known)}")


def exports(namespace: Mapping[str, object]) -> list[str]:
    """A module's ``__all__``, of its ``globals()``."""
    names = namespace.get("__all__", ())
    return [str(name) for name in names] if isinstance(names, (list, tuple)) else []


def public(namespace: Mapping[str, object]) -> list[str]:
    """The names that ``dir`` shows of a public module, so that completion offers only what is for users.

    Args:
        namespace: the module's ``globals()``. Its ``get``, which is no name to be looked up, is not in ``__all__``.
    """
    return sorted({*exports(namespace), *({"get"} & namespace.keys())})


def plain(name: str) -> str:
    """A name as it is looked up: case and underscores do not count."""
    return name.replace("_", "").lower()


def lookup(name: str, kind: str, table: ModuleType | Mapping[str, object]) -> object:
    """Find the entry for ``name``.

    Case and underscores do not count, so ``"GlorotUniform"``, ``"glorot_uniform"`` and ``"Adam"``, ``"adam"`` agree.

    Args:
        name: as the user wrote it.
        kind: for the message, e.g. ``"activation"``.
        table: a module (its ``__all__`` is searched) or a mapping from names to objects.

    Raises:
        ValueError: there is no such name; the message holds the nearest one.
    """
    if isinstance(table, ModuleType):
        if name in table.__all__:  # as files and most programs have it
            found: object = getattr(table, name)
            return found
        table = {key: getattr(table, key) for key in table.__all__}
    for key, value in table.items():
        if plain(key) == plain(name):
            return value
    raise ValueError(f"unknown {kind} {name!r}: {nearest(name, (snake_case(k) for k in table))}")
