"""Rows of the functions of one and two numbers."""

from math import inf, nan

from tests.cases.ops.row import ANY, FLOATS, NUMBERS, Draw, Given, N, P, T, U, W, op

EDGES = Given([-inf, -2.0, -1.0, -0.0, 0.0, 1.0, 2.0, inf, nan])
ZEROS = Given([0.0, 0.0, 0.0, 2.0]), Given([0.0, 1.0, 2.0, 0.0])
NEAR = Given([1.0, 1.0, inf, nan, inf]), Given([1.000001, 1.1, inf, nan, -inf])
TIES = Given([1.0, 2.0, 3.0, 0.0, -0.0]), Given([1.0, 3.0, 2.0, 0.0, 0.0])

UNARY = {
    "numbers": (
        "negative absolute abs fabs sign floor ceil trunc round square exp exp2 expm1 erf erfc sin cos tan arctan sinh "
        "cosh tanh arcsinh sinc deg2rad rad2deg relu relu6 sigmoid silu swish softplus softsign selu hard_sigmoid "
        "hard_silu hard_swish leaky_relu elu celu gelu log_sigmoid hard_tanh hard_shrink soft_shrink tanh_shrink "
        "squareplus sparse_plus sparse_sigmoid cbrt isnan isinf isfinite isposinf isneginf signbit logical_not "
        "nan_to_num"
    ),
    "positive": "sqrt rsqrt reciprocal log log2 log10 log1p",
    "unit": "arcsin arccos arctanh erfinv",
    "above": "arccosh",
}
FLAT = {"isnan", "isinf", "isfinite", "isposinf", "isneginf", "signbit", "logical_not"}
BOOLS = {"absolute", "abs", "isnan", "isinf", "isfinite", "logical_not", "exp", "sqrt", "relu"}
#: Where Keras's JAX has no whole numbers.
FLOATS_ONLY = {
    "relu", "relu6", "sigmoid", "silu", "swish", "softplus", "softsign", "selu", "hard_sigmoid", "hard_silu", "elu",
    "hard_swish", "leaky_relu", "celu", "gelu", "log_sigmoid", "hard_tanh", "hard_shrink", "soft_shrink", "tanh_shrink",
    "squareplus", "sparse_plus", "sparse_sigmoid", "erf", "erfc", "erfinv", "rsqrt", "fabs", "signbit",
}  # fmt: skip


def _dtypes(name: str) -> tuple[str, ...]:
    if name in FLOATS_ONLY:
        return FLOATS
    return ANY if name in BOOLS else NUMBERS


#: Of single numbers as well, which NumPy gives as something else than arrays.
NUMBERS_TOO = {"absolute", "sign", "round", "square", "exp", "relu", "elu", "softplus", "isnan", "logical_not", "sqrt"}
EVERY = " ".join(UNARY.values()).split()
APART = {
    "softsign": "0 where it is flat, not NaN",
    "leaky_relu": "at 0 the slope is that of the negative side",
    "arccosh": "below 1 there is no value either",
}

ELEMENTWISE = [
    *(
        op(name, Draw(shape, kind), dtypes=_dtypes(name), _slope=name not in FLAT)
        for kind, names in UNARY.items()
        for name in names.split()
        for shape in ((5, 4), ())[: 2 if name in NUMBERS_TOO else 1]
    ),
    *(op(name, EDGES, _slope=name not in FLAT, _note="edges", _apart=APART.get(name, "")) for name in EVERY),
    op("exp", N(5, 0), _note="empty"),
    op("round", N(5, 4), 1),
    op("round", N(5, 4), decimals=-1, dtypes=NUMBERS),
    op("leaky_relu", N(5, 4), negative_slope=0.01),
    op("elu", N(5, 4), alpha=0.5),
    op("celu", N(5, 4), alpha=0.5),
    op("gelu", N(5, 4), approximate=False),
    op("hard_shrink", N(5, 4), threshold=0.2),
    op("soft_shrink", N(5, 4), threshold=0.2),
    op("threshold", N(5, 4), 0.3, -1.0),
    op("squareplus", N(5, 4), b=1.0),
    op("nan_to_num", EDGES, nan=3.0, posinf=5.0, neginf=-5.0),
    op("glu", N(5, 4)),
    op("glu", N(5, 4, 3), axis=1),
    *(op(name, N(5, 4)) for name in ("softmax", "log_softmax")),
    *(op(name, N(5, 4, 3), axis=axis) for name in ("softmax", "log_softmax") for axis in (0, 1)),
    op("sparsemax", N(5, 4), _keras=False),  # Keras's does not sum to 1
    op("sparsemax", N(5, 4, 3), axis=1, _keras=False),
    op("sparsemax", N(5, 4), axis=0, _keras=False, _unknown=False),
    *(op(name, N(5, 4, 3), axis=(1, 2)) for name in ("softmax", "log_softmax")),
]

BINARY = "add subtract multiply divide true_divide divide_no_nan maximum minimum fmax fmin arctan2 hypot logaddexp "
BINARY += "logaddexp2"
ASKING = "equal not_equal greater greater_equal less less_equal logical_and logical_or logical_xor"
#: Those that are tried with every way to broadcast, which is the same for all.
BROADCAST = ("add", "divide", "maximum", "arctan2", "fmax")
SHAPES = [
    (N(5, 4), N(5, 4)),
    (N(5, 4), N(4)),
    (N(5, 4), N(1, 4)),
    (N(5, 1, 4), N(3, 1)),
    (N(), N(5)),
    (N(3, 1), N(5, 3, 4)),
]
ARITHMETIC = [
    *(op(name, a, b) for name in BINARY.split() for a, b in SHAPES[: 6 if name in BROADCAST else 2]),
    *(op(name, a, b, _slope=False) for name in ASKING.split() for a, b in SHAPES[1:3]),
    *(op(name, N(5, 4), N(5, 4), dtypes=("int32", "bool"), _slope=False) for name in ASKING.split()),
    *(op(name, N(5, 4), 2, dtypes=NUMBERS) for name in ("add", "subtract", "multiply", "maximum", "minimum")),
    *(op(name, 2.5, N(5, 4), dtypes=NUMBERS) for name in ("add", "subtract", "multiply", "divide", "maximum")),
    *(op(name, N(5, 4), P(4), dtypes=("int32",), _slope=False) for name in ("add", "divide", "maximum", "multiply")),
    *(op(name, *TIES, _note="ties") for name in ("maximum", "minimum", "fmax", "fmin", "logaddexp", "divide_no_nan")),
    op("hypot", *TIES, _note="ties", _apart="0 at 0, not a half"),
    op("logaddexp", Given([-inf, -inf, 0.0]), Given([-inf, 1.0, inf]), _note="infinite", _apart="0 and 1, not NaN"),
    op("heaviside", EDGES, Given(0.5), _note="edges"),
    op("heaviside", N(5, 4), N(4)),
    op("floor_divide", N(5, 4), P(5, 4), dtypes=NUMBERS),
    op("mod", N(5, 4), P(4), dtypes=NUMBERS),
    op("mod", N(5, 4), -0.7),
    op("fmod", N(5, 4), P(4), dtypes=NUMBERS),
    op("fmod", N(5, 4), -0.7),
    op("power", P(5, 4), N(5, 4)),
    op("power", P(5, 4), N(4)),
    op("power", N(5, 4), 2, dtypes=NUMBERS),
    op("power", N(5, 4), 3, dtypes=NUMBERS),
    op("power", P(5, 4), 0.5),
    op("power", 2.0, N(5, 4)),
    op("power", *ZEROS, _note="zeros", _apart="x**0 is flat, at 0 too"),
    op("ldexp", N(5, 4), W(4, 5, 4)),
    op("clip", N(5, 4), -0.5, 0.7, dtypes=FLOATS),
    op("clip", N(5, 4), 0, 2, dtypes=NUMBERS),
    op("clip", Given([-1.0, 0.0, 0.5, 1.0, 2.0]), 0.0, 1.0, _note="bounds"),
    op("clip", N(5, 4), U(4), P(5, 4)),
    op("where", T(5, 4), N(5, 4), N(5, 4), dtypes=NUMBERS),
    op("where", T(5, 1), N(4), N(5, 4)),
    op("where", T(5, 4), N(5, 4), 0.0, dtypes=NUMBERS),
    op("where", N(5, 4), N(5, 4), 1, dtypes=("int32",), _slope=False),
    op("where", T(5, 4), _slope=False, _symbolic=False),
    op("select", [T(5, 4), T(5, 4)], [N(5, 4), N(5, 4)], 3.0),
    op("select", [T(5, 4)], [N(5, 4)]),
    op("isclose", N(5, 4), N(5, 4), _slope=False),
    op("isclose", *NEAR, _slope=False, _note="edges"),
    op("isclose", Given([nan, 1.0]), Given([nan, 2.0]), equal_nan=True, _slope=False, _note="nan"),
    op("allclose", N(5, 4), N(5, 4), _slope=False, _keras=False),
    op("allclose", N(5, 4), 1.0, atol=100.0, _slope=False, _keras=False),
    *(
        op(name, N(5, 4), N(5, 4), dtypes=("int32", "uint8", "bool"), _slope=False)
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor")
    ),
    *(op(name, N(5, 4), dtypes=("int32", "uint8", "bool"), _slope=False) for name in ("bitwise_not", "bitwise_invert")),
    *(
        op(name, N(5, 4), W(3, 5, 4), dtypes=("int32",), _slope=False)
        for name in ("bitwise_left_shift", "left_shift", "bitwise_right_shift", "right_shift")
    ),
]  # fmt: skip
