"""A row for every optimizer."""

from clarinet import optimizers
from tests.cases.case import Case

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
]
