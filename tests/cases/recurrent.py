"""A row for every recurrent layer."""

from tests.cases.case import rows

ALL = {"return_sequences": True, "go_backwards": True}

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
        ("plain", {"units": 2, "use_bias": False, "activation": "softsign", "recurrent_activation": "tanh"}),
    ),
    *rows(
        "GRU",
        (4, 3),
        ("", {"units": 2}),
        ("sequences", {"units": 3, "bias_regularizer": "l2"} | ALL),
        ("reset-before", {"units": 2, "reset_after": False, "return_sequences": True}),
        ("plain", {"units": 2, "use_bias": False}),
    ),
]
