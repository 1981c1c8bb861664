"""A row for every recurrent layer, and for what goes around one."""

from clarinet import layers
from tests.cases.case import Case, rows

ALL = {"return_sequences": True, "go_backwards": True}


def wrapped(note, make, shape=(4, 3)):
    """A row of a layer that holds others, which are made from the same module."""
    return Case(note, lambda: make(layers), lambda k: make(k.layers), shape)


RECURRENT = [
    *rows(
        "SimpleRNN",
        (4, 3),
        ("", {"units": 2}),
        ("sequences", {"units": 3, "activation": "relu", "use_bias": False, "recurrent_regularizer": "l2"} | ALL),
    ),
    *rows(
        "LSTM",
        (4, 3),
        ("", {"units": 2}),
        ("sequences", {"units": 3, "unit_forget_bias": False, "bias_regularizer": "l2"} | ALL),
        ("plain", {"units": 2, "use_bias": False, "activation": "selu", "recurrent_activation": "tanh"}),
    ),
    *rows("LSTM", (4, 3), ("dropping", {"units": 2, "dropout": 0.4, "recurrent_dropout": 0.3}), random=True),
    *rows(
        "GRU",
        (4, 3),
        ("", {"units": 2}),
        ("sequences", {"units": 3, "bias_regularizer": "l2"} | ALL),
        ("reset-before", {"units": 2, "reset_after": False, "return_sequences": True}),
        ("plain", {"units": 2, "use_bias": False, "activation": "elu", "recurrent_activation": "tanh"}),
    ),
    *rows("GRU", (4, 3), ("dropping", {"units": 2, "dropout": 0.4}), random=True),
    *rows(
        "GRU",
        (4, 3),
        (
            "reset-before-dropping",
            {"units": 2, "reset_after": False, "recurrent_dropout": 0.3, "bias_regularizer": "l2"},
        ),
        random=True,
    ),
    wrapped("bidirectional", lambda k: k.Bidirectional(k.GRU(2))),
    wrapped("bidirectional-sum", lambda k: k.Bidirectional(k.LSTM(2, return_sequences=True), merge_mode="sum")),
    wrapped("bidirectional-mul", lambda k: k.Bidirectional(k.SimpleRNN(2), merge_mode="mul")),
    wrapped(
        "bidirectional-two",
        lambda k: k.Bidirectional(k.GRU(2), "ave", backward_layer=k.SimpleRNN(2, go_backwards=True)),
    ),
    wrapped("time-distributed", lambda k: k.TimeDistributed(k.Dense(2, "tanh"))),
    wrapped("time-distributed-conv2d", lambda k: k.TimeDistributed(k.Conv2D(2, 2, activation="elu")), (2, 3, 3, 1)),
    *rows("RepeatVector", (3,), ("", {"n": 4})),
]
