"""Native names, settings and slots of optimizers."""

from __future__ import annotations

from clarinet import optimizers

_ADAM = ("adam", ("beta_1", "beta_2", "epsilon", "amsgrad"), ("momentum", "velocity", "velocity_hat"))
_FTRL = (
    "learning_rate_power",
    "l1_regularization_strength",
    "l2_regularization_strength",
    "l2_shrinkage_regularization_strength",
    "beta",
)

#: Native name of each optimizer, its settings, and its slots in the order that the native rule takes them.
OPTIMIZERS: dict[type, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    optimizers.Adafactor: (
        "adafactor",
        ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold"),
        ("velocity", "row", "column"),
    ),
    optimizers.Adadelta: ("adadelta", ("rho", "epsilon"), ("accumulated_grad", "accumulated_delta_var")),
    optimizers.Adagrad: ("adagrad", ("epsilon",), ("accumulator",)),
    optimizers.Adam: _ADAM,
    optimizers.AdamW: _ADAM,
    optimizers.Adamax: ("adamax", ("beta_1", "beta_2", "epsilon"), ("momentum", "norm")),
    optimizers.Ftrl: ("ftrl", _FTRL, ("accumulator", "linear")),
    optimizers.Lamb: ("lamb", ("beta_1", "beta_2", "epsilon"), ("momentum", "velocity")),
    optimizers.Lion: ("lion", ("beta_1", "beta_2"), ("momentum",)),
    optimizers.Nadam: ("nadam", ("beta_1", "beta_2", "epsilon"), ("momentum", "velocity")),
    optimizers.RMSprop: (
        "rmsprop",
        ("rho", "momentum", "epsilon", "centered"),
        ("velocity", "momentum", "average_gradient"),
    ),
    optimizers.ScheduleFreeAdamW: (
        "schedule_free",
        ("beta_1", "beta_2", "epsilon", "warmup_steps"),
        ("momentum", "velocity"),
    ),
    optimizers.SGD: ("sgd", ("momentum", "nesterov"), ("momentum",)),
}
#: Settings that all have.
COMMON = (
    "weight_decay",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "ema_momentum",
    "ema_overwrite_frequency",
    "gradient_accumulation_steps",
)
#: Number of slots that a rule may have; behind them come those that all may have.
RULE_SLOTS = 3
COMMON_SLOTS = ("average", "gradient_accumulator")
