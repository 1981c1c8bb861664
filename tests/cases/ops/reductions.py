"""Rows of what turns many numbers into fewer, running sums among them."""

from math import inf, nan

from tests.cases.ops.row import ANY, NUMBERS, Given, N, P, T, W, op

AXES = [{}, {"axis": 1}, {"axis": 0}, {"axis": (0, 2), "keepdims": True}, {"axis": -1, "keepdims": True}]
HOLES = Given([[1.0, nan, 3.0, -2.0], [nan, nan, nan, nan], [0.5, 1.5, nan, 2.5]])

TIES = Given([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])

REDUCTIONS = [
    *(
        op(name, N(5, 4, 3), dtypes=ANY if name in ("sum", "mean", "max", "min", "prod") else NUMBERS, **axes)
        for name in ("sum", "mean", "max", "min", "prod", "std", "var")
        for axes in AXES
    ),
    *(op(name, N(5, 4, 3), **axes) for name in ("amax", "amin", "logsumexp", "ptp") for axes in AXES[:4]),
    *(op(name, N(), _note="0d") for name in ("sum", "mean", "max", "prod", "var", "logsumexp")),
    *(op(name, N(0, 3), axis=0, _note="empty") for name in ("sum", "prod")),
    *(op(name, N(0, 3), axis=1, _note="empty-rows") for name in ("sum", "prod", "mean", "max", "var")),
    *(op(name, TIES, axis=1, _note="ties") for name in ("max", "min", "std", "ptp")),
    op("prod", Given([[2.0, 0.0, 3.0], [0.0, 0.0, 4.0], [1.0, 2.0, 3.0]]), axis=1, _note="zeros"),
    op("prod", N(5, 4), dtype="float64", _keras=False),
    op("logsumexp", Given([[-inf, -inf], [0.0, -inf], [1000.0, 1000.0]]), axis=1, _note="infinite"),
    op("max", N(5, 4), axis=1, initial=0.5),
    op("min", N(5, 4), initial=0.5),
    *(op(name, T(5, 4, 3), _slope=False, **axes) for name in ("any", "all") for axes in AXES),
    *(op(name, N(5, 4), dtypes=NUMBERS, _slope=False) for name in ("any", "all")),
    *(
        op(name, N(5, 4, 3), dtypes=NUMBERS, _slope=False, **axes)
        for name in ("argmax", "argmin")
        for axes in ({}, {"axis": 1}, {"axis": 0, "keepdims": True}, {"axis": -1})
    ),
    *(op(name, Given([1.0, 3.0, 3.0, 1.0]), _slope=False, _note="ties") for name in ("argmax", "argmin")),
    op("count_nonzero", N(5, 4), dtypes=ANY, axis=1, _slope=False),
    op("count_nonzero", N(5, 4), dtypes=NUMBERS, _slope=False),
    op("average", N(5, 4), dtypes=NUMBERS),
    op("average", N(5, 4), axis=1, weights=None),
    op("average", N(5, 4), 1, P(4)),
    op("average", N(5, 4, 3), 1, P(4)),
    op("average", N(5, 4), 1, P(5, 4)),
    op("average", N(5, 4), None, P(5, 4)),
    *(op("median", N(5, 4, 3), _unknown=axes.get("axis") in (1, -1), **axes) for axes in AXES),
    op("quantile", N(5, 4, 3), 0.3, _unknown=False),
    op("quantile", N(5, 4, 3), [0.0, 0.3, 1.0], axis=1),
    op("quantile", N(5, 4, 3), 0.6, axis=(0, 2), keepdims=True, _unknown=False),
    *(op("quantile", N(5, 4), [0.2, 0.5], axis=1, method=m) for m in ("lower", "higher", "midpoint", "nearest")),
    op("quantile", HOLES, 0.5, axis=1, _note="nan"),
    op("percentile", N(5, 4), 30.0, axis=1),
    *(op("norm", N(5, 4, 3), **axes) for axes in ({}, {"axis": 1}, {"axis": (1, 2)}, {"axis": -1, "keepdims": True})),
    *(op("norm", N(5, 4), ord=ord, axis=1) for ord in (1, 2, 3, 0.5, inf, -inf)),
    op("norm", N(5, 4), ord=0, axis=1, _slope=False),
    *(op("norm", N(5, 4, 3), ord=ord, axis=(1, 2)) for ord in ("fro", 1, -1, inf, -inf)),
    op("norm", N(5, 4), ord=1, keepdims=True),
    op("norm", Given([0.0, 0.0]), _note="zero"),
    *(op(name, HOLES, axis=0) for name in ("nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar")),
    *(op(name, HOLES, axis=1) for name in ("nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar")),
    *(op(name, N(5, 4), axis=1, keepdims=True, dtypes=NUMBERS) for name in ("nansum", "nanprod", "nanmax", "nanmin")),
    *(op(name, N(5, 4), axis=1, keepdims=True) for name in ("nanmean", "nanvar", "nanstd")),
    op("nanstd", Given([[1.0, nan, 3.0], [2.0, 1.0, 0.0]]), axis=1),
    *(op(name, HOLES, axis=1) for name in ("nancumsum", "nancumprod")),
    *(
        op(name, N(5, 4), dtypes=ANY if name == "cumsum" else NUMBERS, **axes)
        for name in ("cumsum", "cumprod")
        for axes in ({}, {"axis": 0}, {"axis": 1}, {"axis": -1})
    ),
    op("cumsum", N(5, 4), axis=1, dtype="float32", dtypes=NUMBERS),
    op("cumprod", Given([[2.0, 0.0, 3.0, 0.0], [1.0, 2.0, 3.0, 4.0], [0.0, 2.0, 3.0, 4.0]]), axis=1, _note="zeros"),
    op("diff", N(5, 4), dtypes=NUMBERS),
    op("diff", N(5, 4), n=2, axis=1),
    op("diff", N(5, 4), axis=0),
    op("trapezoid", N(5, 4)),
    op("trapezoid", N(5, 4), dx=0.5, axis=0),
    op("trapezoid", N(5, 4), N(4)),
    op("trapezoid", N(5, 4), N(5, 4), axis=1),
    op("moments", N(5, 4, 3), [0, 1]),
    op("moments", N(5, 4), 1, keepdims=True),
    op("segment_sum", N(5, 4), W(3, 5), num_segments=3, dtypes=NUMBERS),
    op("segment_sum", N(5), W(3, 5), num_segments=4),
    op("bincount", W(4, 5), _slope=False, _symbolic=False),
    op("bincount", W(4, 3, 6), minlength=7, _slope=False, _symbolic=False),
    op("bincount", W(4, 5), N(5), _slope=False, _symbolic=False),
    op("histogram", N(5), bins=4, _slope=False, _symbolic=False),
    op("histogram", N(5), bins=3, range=(-1.0, 1.0), _slope=False, _symbolic=False),
]  # fmt: skip
