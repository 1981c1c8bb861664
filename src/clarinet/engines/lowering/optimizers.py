"""Native names, settings and slots of optimizers."""

from __future__ import annotations

from clarinet import optimizers

#: Native name of each optimizer, its settings, and its slots in the order that the native rule takes them.
OPTIMIZERS: dict[type, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    optimizers.Adam: ("adam", ("beta_1", "beta_2", "epsilon", "amsgrad"), ("momentum", "velocity", "velocity_hat")),
    optimizers.AdamW: ("adam", ("beta_1", "beta_2", "epsilon", "amsgrad"), ("momentum", "velocity", "velocity_hat")),
    optimizers.RMSprop: (
        "rmsprop",
        ("rho", "momentum", "epsilon", "centered"),
        ("velocity", "momentum", "average_gradient"),
    ),
    optimizers.SGD: ("sgd", ("momentum", "nesterov"), ("momentum",)),
}
CLIPPING = ("weight_decay", "clipnorm", "clipvalue", "global_clipnorm")
