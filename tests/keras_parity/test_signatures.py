"""Every argument of Keras is known here: it means the same, or is refused by name unless it is Keras's default."""

import inspect

import pytest

import clarinet

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

#: For arguments without a default.
GIVEN = {
    **dict.fromkeys(
        ("units", "filters", "kernel_size", "pool_size", "input_dim", "output_dim", "output_size", "height", "width"), 2
    ),
    "num_classes": 3,
    "target_class_ids": [0],
    **dict.fromkeys(("precision", "recall", "sensitivity", "specificity"), 0.5),
    **dict.fromkeys(("rate", "stddev", "factor", "height_factor", "width_factor", "scale"), 0.5),
    **dict.fromkeys(("decay_rate", "initial_learning_rate"), 0.5),
    **dict.fromkeys(("decay_steps", "first_decay_steps"), 10),
    "activation": "relu",
    "axes": 1,
    "boundaries": [1],
    **dict.fromkeys(("num_heads", "key_dim", "head_dim", "num_query_heads", "num_key_value_heads"), 2),
    "equation": "ab,bc->ac",
    "output_shape": 2,
    "dims": (1,),
    "n": 2,
    "num_bins": 3,
    "target_shape": (3,),
    "values": [0.1, 0.2],
}
#: Where another one is needed.
GIVEN_TO = {"RandomPosterization": {"factor": 3}}
#: What all layers of Keras take besides what their own signature shows.
OF_LAYERS = {"name": None, "trainable": True, "dtype": None, "autocast": True, "activity_regularizer": None}
#: Whose defaults nobody can use, in Keras either, or which take a function, of which no configuration is kept.
NEED_MORE = ("CategoryEncoding", "Pipeline", "Wrapper", "Discretization", "MeanMetricWrapper")
#: Arguments that are taken without being in the signature, as in Keras.
UNSHOWN = {("Embedding", "weights")}
KINDS = ("constraints", "initializers", "layers", "losses", "metrics", "optimizers", "regularizers", "schedules")
#: Bases, which nobody makes.
ABSTRACT = ("Constraint", "Initializer", "Layer", "Loss", "Metric", "Optimizer", "Regularizer", "LearningRateSchedule")


def module(k, kind):
    return k.optimizers.schedules if kind == "schedules" else getattr(k, kind)


PUBLIC = [
    (kind, name)
    for kind in KINDS
    for name in module(clarinet, kind).__all__
    if isinstance(getattr(module(clarinet, kind), name), type) and name not in ABSTRACT
]


def of_keras(kind, name):
    """The class in Keras and its arguments with their defaults."""
    import keras

    if name in {
        "Bidirectional",
        "InputLayer",
        "Lambda",
        "RNN",
        "StackedRNNCells",
        "TimeDistributed",
        "Pipeline",
        "SpectralNormalization",
        *NEED_MORE,
    }:
        pytest.skip("it has arguments without a default that do not fit both")
    theirs = getattr(module(keras, kind), name, None)
    if not isinstance(theirs, type):
        pytest.skip(f"no class {name} in Keras")
    parameters = inspect.signature(theirs).parameters.values()
    arguments = {
        p.name: (GIVEN | GIVEN_TO.get(name, {}))[p.name] if p.default is p.empty else p.default
        for p in parameters
        if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    }
    return arguments | (OF_LAYERS if issubclass(getattr(module(clarinet, kind), name), clarinet.layers.Layer) else {})


@pytest.mark.parametrize(("kind", "name"), PUBLIC)
def test_defaults_of_keras_are_accepted(kind, name):
    arguments, ours = of_keras(kind, name), getattr(module(clarinet, kind), name)
    made = ours(**arguments)
    own = inspect.signature(ours).parameters
    given = {n: v for n, v in arguments.items() if n in own and own[n].default is inspect.Parameter.empty}
    names = {"name": None}  # which are for people
    assert made.get_config() | names == ours(**given).get_config() | names, "the defaults differ"


@pytest.mark.parametrize(("kind", "name"), PUBLIC)
def test_other_values_are_refused_by_name(kind, name):
    ours = getattr(module(clarinet, kind), name)
    own = inspect.signature(ours).parameters
    arguments = of_keras(kind, name)
    given = {n: v for n, v in arguments.items() if n in own and own[n].default is inspect.Parameter.empty}
    of_all = {"name", "trainable"} if "settings" in own else set()  # what all layers take
    for argument in set(arguments) - set(own) - of_all - {argument for kind, argument in UNSHOWN if kind == name}:
        with pytest.raises(TypeError, match=f"{name}: {argument} is not supported: "):
            ours(**given, **{argument: "something else"})


def test_signatures_are_those_of_the_constructors():
    assert list(inspect.signature(clarinet.layers.Dropout).parameters)[:3] == ["rate", "noise_shape", "seed"]
    assert "self" not in inspect.signature(clarinet.optimizers.Adam).parameters
