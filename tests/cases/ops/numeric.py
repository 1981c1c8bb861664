"""Rows of functions that NumPy has: without NaN, of whole numbers, of rows."""

from math import inf, nan

from tests.cases.ops.row import ANY, NUMBERS, Given, N, P, W, op

HOLES = Given([[1.0, nan, 3.0, -2.0], [nan, nan, nan, nan], [0.5, 1.5, nan, 2.5]])

NUMERIC = [
    *(op(name, HOLES, axis=1, _slope=False) for name in ("nanargmax", "nanargmin")),
    op("nanargmax", N(5, 4), 1, True, dtypes=NUMBERS, _slope=False),
    op("nanmedian", HOLES, axis=1),
    op("nanmedian", N(5, 4), axis=-1),
    *(
        op("nanquantile", HOLES, [0.1, 0.7], 1, method, _note=method)
        for method in ("linear", "lower", "higher", "midpoint", "nearest")
    ),
    op("nanpercentile", N(5, 4, 3), 30.0, (1, 2), keepdims=True),
    op("angle", Given([-1.0, -0.0, 0.0, 2.0, nan]), _slope=False),
    *(op(name, N(5, 4), dtypes=ANY) for name in ("real", "conj", "conjugate")),
    *(op(name, N(5, 4), dtypes=ANY, _slope=False) for name in ("imag", "isreal")),
    op("view", N(5, 4), "int32", _slope=False, _standard=False),
    op("view", N(5, 4), "uint8", dtypes=("int32",), _slope=False, _standard=False),
    op("i0", N(5, 4)),
    op("i0", Given([-30.0, 0.0, 80.0]), _note="far", _rtol=1e-4),
    *(op(name, 7, _slope=False) for name in ("bartlett", "blackman", "hamming", "hanning")),
    op("kaiser", 7, 2.5, _slope=False),
    op("gcd", W(40, 5, 4), Given([12, 18, 0, 7]), dtypes=("int32",), _slope=False),
    op("lcm", W(40, 5, 4), Given([12, 18, 0, 7]), dtypes=("int32",), _slope=False),
    op("nextafter", Given([1.0, 0.0, -2.0, 1.0]), Given([inf, -1.0, -2.0, nan]), _slope=False),
    op("argpartition", N(5, 4), 2, _slope=False, _keras=False),
    op("cdist", N(5, 4, 3), N(5, 2, 3)),
    op("corrcoef", N(3, 6)),
    op("corrcoef", N(6), _slope=False),
    op("correlate", N(6), N(3)),
    op("correlate", N(3), N(6), "same"),
    op("correlate", N(6), N(4), mode="full"),
    op("geomspace", 1.0, 8.0, 4, _slope=False),
    op("geomspace", P(3), P(3), num=4, endpoint=False, axis=1),
    op("vander", N(4)),
    op("vander", N(4), 3, True, dtypes=NUMBERS),
]
