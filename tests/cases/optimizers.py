"""A row for every optimizer."""

from clarinet import optimizers
from tests.cases.case import Case


def both(name, kind, *args, **settings):
    """A row for an optimizer whose arguments are the same here and in Keras."""
    return Case(
        name,
        lambda: getattr(optimizers, kind)(*args, **settings),
        lambda k: getattr(k.optimizers, kind)(*args, **settings),
    )


OPTIMIZERS = [
    Case("sgd", lambda: optimizers.get("sgd"), lambda k: k.optimizers.SGD()),
    Case("sgd-momentum", lambda: optimizers.SGD(0.05, 0.9), lambda k: k.optimizers.SGD(0.05, 0.9)),
    Case(
        "sgd-nesterov",
        lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda k: k.optimizers.SGD(0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    ),
    Case("sgd-clipnorm", lambda: optimizers.SGD(0.5, clipnorm=0.3), lambda k: k.optimizers.SGD(0.5, clipnorm=0.3)),
    Case("sgd-clipvalue", lambda: optimizers.SGD(0.5, clipvalue=0.1), lambda k: k.optimizers.SGD(0.5, clipvalue=0.1)),
    Case(
        "sgd-global-clipnorm",
        lambda: optimizers.SGD(0.5, global_clipnorm=0.3),
        lambda k: k.optimizers.SGD(0.5, global_clipnorm=0.3),
    ),
    Case("rmsprop", lambda: optimizers.get("rmsprop"), lambda k: k.optimizers.RMSprop()),
    Case(
        "rmsprop-momentum-centered",
        lambda: optimizers.RMSprop(0.002, rho=0.8, momentum=0.5, epsilon=1e-5, centered=True),
        lambda k: k.optimizers.RMSprop(0.002, rho=0.8, momentum=0.5, epsilon=1e-5, centered=True),
    ),
    Case("adam", lambda: optimizers.get("adam"), lambda k: k.optimizers.Adam()),
    Case(
        "adam-all-settings",
        lambda: optimizers.Adam(0.01, beta_1=0.8, beta_2=0.9, epsilon=1e-4, weight_decay=0.02, clipnorm=0.5),
        lambda k: k.optimizers.Adam(0.01, beta_1=0.8, beta_2=0.9, epsilon=1e-4, weight_decay=0.02, clipnorm=0.5),
    ),
    Case("adam-amsgrad", lambda: optimizers.Adam(0.01, amsgrad=True), lambda k: k.optimizers.Adam(0.01, amsgrad=True)),
    Case("adamw", lambda: optimizers.get("adamw"), lambda k: k.optimizers.AdamW()),
    Case("nadam", lambda: optimizers.get("nadam"), lambda k: k.optimizers.Nadam()),
    both("nadam-all-settings", "Nadam", 0.02, beta_1=0.7, beta_2=0.9, epsilon=1e-4, weight_decay=0.02, clipvalue=0.3),
    both("adadelta", "Adadelta", 1.0),
    both("adadelta-all-settings", "Adadelta", 0.5, rho=0.8, epsilon=1e-3, clipnorm=0.5),
    both("adagrad", "Adagrad"),
    both("adagrad-all-settings", "Adagrad", 0.1, initial_accumulator_value=0.5, epsilon=1e-2, weight_decay=0.01),
    both("adamax", "Adamax"),
    both("adamax-all-settings", "Adamax", 0.02, beta_1=0.7, beta_2=0.8, epsilon=1e-3, weight_decay=0.02),
    both("lion", "Lion"),
    both("lion-all-settings", "Lion", 0.003, beta_1=0.6, beta_2=0.8, weight_decay=0.1),
    both("ftrl", "Ftrl", 0.1),
    both(
        "ftrl-all-settings",
        "Ftrl",
        0.2,
        learning_rate_power=-0.7,
        initial_accumulator_value=0.3,
        beta=0.2,
        l1_regularization_strength=0.05,
        l2_regularization_strength=0.1,
        l2_shrinkage_regularization_strength=0.02,
    ),
    both("ftrl-power-0", "Ftrl", 0.1, learning_rate_power=0.0),
    both("muon", "Muon", 0.01),
    both(
        "muon-all-settings",
        "Muon",
        0.02,
        adam_beta_1=0.8,
        adam_beta_2=0.9,
        adam_weight_decay=0.1,
        epsilon=1e-4,
        weight_decay=0.05,
        muon_a=3.0,
        muon_b=-3.2,
        muon_c=1.2,
        adam_lr_ratio=0.5,
        momentum=0.8,
        ns_steps=3,
        nesterov=False,
        rms_rate=None,
        clipnorm=0.5,
    ),
    both("muon-excluded-layer", "Muon", 0.01, exclude_layers=["last"]),
    Case(
        "nadam-cosine-decay",
        lambda: optimizers.Nadam(optimizers.schedules.CosineDecay(0.05, 30, warmup_target=0.1, warmup_steps=4)),
        lambda k: k.optimizers.Nadam(k.optimizers.schedules.CosineDecay(0.05, 30, warmup_target=0.1, warmup_steps=4)),
    ),
    both("sgd-average", "SGD", 0.1, use_ema=True, ema_momentum=0.8),
    both("adam-average-overwrites", "Adam", 0.01, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=5),
]
