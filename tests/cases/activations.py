"""A row for every activation."""

from clarinet import activations
from tests.cases.case import Case

ACTIVATIONS = [
    Case("linear", lambda: activations.get("linear"), lambda k: k.activations.linear),
    Case("relu", lambda: activations.get("relu"), lambda k: k.activations.relu),
    Case(
        "relu-all-settings",
        lambda: activations.Relu(negative_slope=0.1, max_value=1.2, threshold=0.3),
        lambda k: lambda x: k.activations.relu(x, negative_slope=0.1, max_value=1.2, threshold=0.3),
    ),
    Case("sigmoid", lambda: activations.get("sigmoid"), lambda k: k.activations.sigmoid),
    Case("tanh", lambda: activations.get("tanh"), lambda k: k.activations.tanh),
    Case("softmax", lambda: activations.get("softmax"), lambda k: k.activations.softmax),
    Case("elu", lambda: activations.get("elu"), lambda k: k.activations.elu),
    Case("elu-alpha", lambda: activations.Elu(0.5), lambda k: lambda x: k.activations.elu(x, alpha=0.5)),
    Case("selu", lambda: activations.get("selu"), lambda k: k.activations.selu),
    Case("gelu", lambda: activations.get("gelu"), lambda k: k.activations.gelu),
    Case(
        "gelu-tanh",
        lambda: activations.Gelu(approximate=True),
        lambda k: lambda x: k.activations.gelu(x, approximate=True),
    ),
    Case("silu", lambda: activations.get("silu"), lambda k: k.activations.silu),
    Case("swish", lambda: activations.get("swish"), lambda k: k.activations.swish),
    Case("softplus", lambda: activations.get("softplus"), lambda k: k.activations.softplus),
    Case("leaky_relu", lambda: activations.get("leaky_relu"), lambda k: k.activations.leaky_relu),
    Case(
        "leaky_relu-slope",
        lambda: activations.LeakyRelu(0.01),
        lambda k: lambda x: k.activations.leaky_relu(x, negative_slope=0.01),
    ),
    *(
        Case(name, lambda name=name: activations.get(name), lambda k, name=name: getattr(k.activations, name))
        for name in (
            "relu6",
            "celu",
            "softsign",
            "mish",
            "hard_sigmoid",
            "hard_silu",
            "hard_swish",
            "exponential",
            "log_softmax",
        )
    ),
    Case("celu-alpha", lambda: activations.Celu(0.5), lambda k: lambda x: k.activations.celu(x, alpha=0.5)),
    Case("softmax-axis", lambda: activations.Softmax(axis=1), lambda k: lambda x: k.activations.softmax(x, axis=1)),
    Case(
        "log_softmax-axis", lambda: activations.LogSoftmax(axis=1), lambda k: lambda x: k.activations.log_softmax(x, 1)
    ),
]
