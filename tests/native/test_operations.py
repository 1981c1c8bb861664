"""Operations of ``clarinet.ops`` natively: the reference's numbers and gradients, equal bits on all threads."""

import numpy as np
import pytest

from clarinet import Input, Model, Sequential, initializers, layers, ops
from clarinet.engines import Data, NativeEngine, ReferenceEngine
from clarinet.ops.structures import leaves
from tests.cases.ops import OPS
from tests.cases.ops.row import Draw, Given, draws
from tests.native.running import ISAS, Work, assert_close, assert_same_bits

RNG = np.random.default_rng(5)


def numbers(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def symbolic(row):
    """The row's call on the inputs of a model where an argument has rows, and the model's inputs and their numbers."""
    arrays = [x for x in leaves(row.arrays("float32")) if isinstance(x, np.ndarray)]
    inputs, values, taken = [], [], []
    for draw, array in zip(draws(row.args), arrays, strict=True):
        if not draw.batched:
            taken.append(array)
            continue
        inputs.append(Input(array.shape[1:]))
        values.append(array.astype(np.float32))
        taken.append(inputs[-1] if array.dtype == np.float32 else ops.cast(inputs[-1], array.dtype.name))
    rest = iter(taken)

    def filled(arg):
        if isinstance(arg, list):
            return [filled(item) for item in arg]
        return next(rest) if isinstance(arg, (Draw, Given)) else arg

    return inputs, values, list(leaves(row.call(ops, *map(filled, row.args))))


def _sizes(row):
    return {size for draw in draws(row.args) if isinstance(draw, Draw) for size in draw.shape}


def model_of(row):
    """A model whose outputs are the row's; what is one number for the batch is added to the first input."""
    inputs, values, found = symbolic(row)
    outputs = []
    for y in found:
        y = ops.cast(y, "float32")
        outputs.append(y if y.spec.batched else inputs[0] * 0.5 + ops.sum(y))
    return Model(inputs, outputs), tuple(values)


BATCHED = [row for row in OPS if row.symbolic and row.unknown and any(draw.batched for draw in draws(row.args))]
#: Functions that have no native form, for some of their rows at least.
REFERENCE_ONLY = {
    "angle",
    "append",
    "arccosh",
    "arcsinh",
    "arctan2",
    "arctanh",
    "argmax",
    "argmin",
    "argsort",
    "broadcast_to",
    "cbrt",
    "cholesky",
    "concatenate",
    "conv_transpose",
    "ctc_decode",
    "ctc_loss",
    "cumprod",
    "cumsum",
    "det",
    "diff",
    "digitize",
    "eigh",
    "einsum",
    "erfc",
    "erfinv",
    "expand_dims",
    "fft",
    "fft2",
    "flip",
    "flipud",
    "fmod",
    "fold",
    "gcd",
    "get_item",
    "i0",
    "ifft2",
    "image.ssim",
    "inv",
    "irfft",
    "istft",
    "lcm",
    "log_softmax",
    "lu_factor",
    "matmul",
    "median",
    "moveaxis",
    "nan_to_num",
    "nanmedian",
    "nanpercentile",
    "nanprod",
    "norm",
    "pad",
    "percentile",
    "prod",
    "quantile",
    "ravel",
    "repeat",
    "reshape",
    "rfft",
    "roll",
    "rot90",
    "scatter",
    "searchsorted",
    "segment_max",
    "segment_min",
    "segment_prod",
    "segment_sum",
    "signbit",
    "sinc",
    "slice",
    "slice_update",
    "slogdet",
    "softmax",
    "solve",
    "sort",
    "stack",
    "stft",
    "svd",
    "swapaxes",
    "take",
    "take_along_axis",
    "tensordot",
    "tile",
    "top_k",
    "transpose",
    "trapezoid",
    "view",
    "vstack",
}
#: Those of whole numbers, which a model's inputs are not; and rows without numbers, which no model takes.
LEFT_OUT = [row for row in BATCHED if "shift" in row.name or "bitwise" in row.name or 0 in _sizes(row)]


@pytest.mark.parametrize("name", sorted({row.name for row in BATCHED if row not in LEFT_OUT}))
def test_operations(name):
    """Every row of a function: outputs, and gradients at inputs."""
    reasons = [compared(row) for row in BATCHED if row.name == name and row not in LEFT_OUT]
    assert (name in REFERENCE_ONLY) == any(reasons), reasons


def compared(row):
    """Why a row has no native form; None where it has one, which gives the reference's numbers."""
    model, xs = model_of(row)
    plan = model.make_plan()
    reason = NativeEngine.supports(plan)
    if reason is not None:
        return reason
    expected = halves(ReferenceEngine(plan, model.store), xs)
    for isa in ISAS:
        found = halves(NativeEngine(plan, model.store, threads=1, isa=isa), xs)
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=5e-6, err_msg=repr(row))
        again = halves(NativeEngine(plan, model.store, threads=3, isa=isa), xs)
        assert [a.tobytes() for a in again] == [a.tobytes() for a in found], row
    return None


def halves(engine, xs):
    """Outputs, and gradients at the inputs of what is drawn at the outputs."""
    rng = np.random.default_rng(1)
    outputs, handle = engine.forward(xs if len(xs) > 1 else xs[0], training=True)
    ys = outputs if isinstance(outputs, tuple) else (outputs,)
    dys = tuple(rng.normal(size=y.shape).astype(np.float32) for y in ys)
    _, dxs = engine.backward(handle, dys if len(dys) > 1 else dys[0], wrt_inputs=True)
    engine.close()
    return [*ys, *(dxs if isinstance(dxs, tuple) else (dxs,))]


class Own(layers.Layer):
    """A layer of one's own: some weights, and what ``call`` makes of rows and of them."""

    def __init__(self, function, *shapes):
        super().__init__()
        self.function, self.shapes = function, shapes

    def build(self, input_shape):
        self.own = [
            self.add_weight(shape, initializers.RandomNormal(0.3, 0.5, seed=i)) for i, shape in enumerate(self.shapes)
        ]

    def call(self, x):
        return self.function(x, *self.own)


class Twofold(layers.Layer):
    """Something else in training than in use, and a mean that is kept."""

    def build(self, input_shape):
        self.kept = self.add_weight((4,), "zeros", trainable=False)
        self.scale = self.add_weight((4,), "ones")

    def call(self, x, training=False):
        if training:
            mean = ops.mean(x, axis=(0, 1))
            self.kept.assign(self.kept * 0.5 + mean * 0.5)
            return (x - mean) * self.scale
        return x - self.kept


def _normalized(x):
    return (x - ops.mean(x, axis=0)) / ops.sqrt(ops.var(x, axis=0) + 0.1)


#: What weights, and the batch, may do to rows of shape (3, 4).
WITH_WEIGHTS = {
    "bias": lambda: Own(lambda x, w: ops.tanh(x + w), (4,)),
    "scalar": lambda: Own(lambda x, w: x * w, ()),
    "column": lambda: Own(lambda x, w: ops.exp(x * w * 0.1) - x, (3, 1)),
    "right": lambda: Own(lambda x, w, b: ops.relu(ops.matmul(x, w) + b), (4, 5), (5,)),
    "left": lambda: Own(lambda x, w: ops.matmul(w, x), (2, 3)),
    "transposed": lambda: Own(lambda x, w: ops.matmul(x, ops.transpose(w)), (5, 4)),
    "each": lambda: Own(lambda x, w: ops.einsum("nik,ikl->nil", x, w), (3, 4, 2)),
    "used twice": lambda: Own(lambda x, w: ops.matmul(x, w) + ops.matmul(ops.tanh(x), w) * ops.mean(w * w), (4, 4)),
    "alone": lambda: Own(lambda x, w, v: x * ops.softmax(w) + ops.mean(ops.matmul(ops.sigmoid(v), v)), (4,), (4, 4)),
    "attention": lambda: Own(
        lambda x, w: ops.matmul(ops.softmax(ops.matmul(x, ops.transpose(ops.matmul(x, w), (0, 2, 1)))), x), (4, 4)
    ),
    "looked up": lambda: Own(lambda x, w: x[:, 0] + ops.take(w, ops.argmax(x[:, 1], axis=-1), axis=0), (4, 4)),
    "batch statistics": lambda: Own(_normalized),
    "batch extremes": lambda: Own(lambda x: x - ops.max(x, axis=0) + ops.min(x)),
    "running sums": lambda: Own(lambda x, w: ops.cumsum(x * w, axis=1) - ops.cumsum(x, axis=-1), (4,)),
    "running products": lambda: Own(
        lambda x, w: ops.cumprod(ops.where(x > 0.9, 0.0, x * w), axis=1) + ops.cumprod(x, axis=2), (4,)
    ),
    "sorted": lambda: Own(
        lambda x, w: (
            ops.sort(x * w, axis=1) + ops.cast(ops.argsort(w), "float32") * ops.cast(ops.argsort(x), "float32")
        ),
        (4,),
    ),
    "largest": lambda: Own(
        lambda x, w: ops.concatenate([ops.top_k(x + w, 2)[0], ops.cast(ops.top_k(ops.round(x), 3)[1], "float32")], -1),
        (4,),
    ),
    "no gradient": lambda: Own(lambda x, w: x * ops.stop_gradient(w) + ops.stop_gradient(x) * w, (4,)),
    "twofold": Twofold,
    "lambda": lambda: layers.Lambda(lambda x: ops.concatenate([ops.abs(x), x[..., ::-1], ops.sqrt(x * x + 1.0)], -1)),
}


def between(name):
    data = Data(numbers(11, 3, 4), numbers(11, 2))
    stack = lambda: [layers.Dense(4), WITH_WEIGHTS[name](), layers.Flatten(), layers.Dense(2)]  # noqa: E731
    return Work(stack, "mse", data, rate=0.002)


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_weights_and_batches(name):
    work = between(name)
    expected = work.run()
    for isa in ISAS:
        ours = work.run(isa, 1)
        assert_close(ours, expected, rtol=2e-4, atol=2e-5)
        for threads in (2, 5):
            assert_same_bits(work.run(isa, threads), ours)


def _focal(y_true, y_pred):
    p = ops.clip(y_pred, 1e-7, 1 - 1e-7)
    return -ops.mean(y_true * ops.power(1 - p, 2.0) * ops.log(p), axis=-1)


def _pinball(y_true, y_pred):
    error = y_true - y_pred
    return ops.mean(ops.maximum(0.9 * error, -0.1 * error), axis=-1)


def _variance_left(y_true, y_pred):
    """One number for the batch."""
    return ops.sum(ops.square(y_true - y_pred)) / (ops.sum(ops.square(y_true - ops.mean(y_true))) + 1e-3)


def _of_ids(y_true, y_pred):
    return -ops.sum(ops.one_hot(ops.cast(y_true, "int32"), 4) * ops.log_softmax(y_pred), axis=-1)


def _share(y_true, y_pred):
    return ops.cast(ops.abs(y_true - y_pred) < 0.5, "float32")


LOSSES = [_focal, _pinball, _variance_left, _of_ids, lambda t, p: (t - p) ** 4]


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("loss", LOSSES)
def test_functions_as_losses_and_metrics(loss, weighted):
    ids = loss is _of_ids
    y = RNG.integers(0, 4, 13) if ids else RNG.uniform(0, 1, (13, 4)).astype(np.float32)
    weight = RNG.uniform(0, 2, 13).astype(np.float32) if weighted and loss is not _variance_left else None
    metrics = ["accuracy"] if ids else ["mae", _share, _variance_left]
    work = Work(
        lambda: [layers.Dense(4, "sigmoid")],
        loss,
        Data(numbers(13, 5), y, weight),
        metrics=metrics,
        weighted_metrics=[] if ids else [_share],
    )
    expected = work.run()
    for isa in ISAS:
        ours = work.run(isa, 1)
        assert_close(ours, expected)
        assert_same_bits(work.run(isa, 3), ours)


def test_a_function_as_metric_sees_predictions_where_the_loss_absorbed_softmax():
    y = np.eye(4, dtype=np.float32)[RNG.integers(0, 4, 13)]
    work = Work(
        lambda: [layers.Dense(4, "softmax")],
        "categorical_crossentropy",
        Data(numbers(13, 5), y),
        metrics=["accuracy", _share],
    )
    assert_close(work.run(ISAS[0], 2), work.run())


def test_a_function_as_activation():
    def shrink(z):
        return z * ops.sigmoid(1.5 * z) - 0.1 * ops.softmax(z)

    stack = lambda: [layers.Conv1D(3, 2, activation=shrink), layers.Flatten(), layers.Dense(2, shrink)]  # noqa: E731
    work = Work(stack, "mse", Data(numbers(11, 5, 4), numbers(11, 2)))
    expected = work.run()
    for isa in ISAS:
        ours = work.run(isa, 1)
        assert_close(ours, expected)
        assert_same_bits(work.run(isa, 3), ours)


def test_one_hot_rows_have_a_place_for_every_class():
    model = Sequential([Input((2,)), layers.Lambda(lambda x: ops.one_hot(ops.cast(x, "int32"), 3))])
    assert model.engine == "native"
    assert model.predict(np.array([[0, 2]]), verbose=0).tolist() == [[[1, 0, 0], [0, 0, 1]]]
