"""Every loss: gradient, Keras's values and gradients, weights, fusion with the activation before it."""

import json

import numpy as np
import pytest

from clarinet import activations, losses, ops
from tests.cases import LOSSES, example
from tests.contracts.derivatives import assert_close, numeric_gradient

each = pytest.mark.parametrize("case", LOSSES, ids=repr)
WEIGHTS = np.random.default_rng(3).uniform(0, 2, 12).astype(np.float32)


@each
def test_gradient(case):
    loss, (t, p) = case.make(), example(case, np.float64)
    numeric = numeric_gradient(lambda p: float(np.sum(loss.values(t, p))), p)
    assert_close(loss.gradient(t, p), numeric)


@each
def test_nothing_is_changed_in_place(case):
    loss, (t, p) = case.make(), example(case)
    t.flags.writeable = p.flags.writeable = False
    assert loss.values(t, p).shape == (len(p),)
    assert loss.gradient(t, p).shape == p.shape


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_that_of_the_predictions(case, dtype):
    loss, (t, p) = case.make(), example(case, dtype)
    assert loss.values(t, p).dtype == loss.gradient(t, p).dtype == dtype


@each
@pytest.mark.parametrize("weight", [None, WEIGHTS, WEIGHTS[:, None]], ids=["plain", "weights", "weights-column"])
def test_equals_keras(case, weight):
    import jax
    import keras

    ours, theirs, (t, p) = case.make(), case.keras(keras), example(case)
    expected, gradient = jax.value_and_grad(lambda p: theirs(t, p, sample_weight=weight))(p)
    assert ours(t, p, sample_weight=weight) == pytest.approx(float(expected), rel=2e-6)
    w = np.ones(len(p), np.float32) if weight is None else weight.reshape(-1)
    np.testing.assert_allclose(ours.gradient(t, p) * ours.shares(w)[:, None], gradient, rtol=1e-5, atol=1e-7)


@each
def test_array_api_only(case):
    xp = pytest.importorskip("array_api_strict")
    loss, (t, p) = case.make(), example(case, np.float64)
    if loss.traces:
        pytest.skip("made of operations, which have a contract of their own")
    strict = xp.asarray(t), xp.asarray(p)
    np.testing.assert_allclose(np.asarray(loss.values(*strict, xp)), loss.values(t, p), rtol=1e-12)
    np.testing.assert_allclose(np.asarray(loss.gradient(*strict, xp)), loss.gradient(t, p), rtol=1e-12, atol=1e-16)


@each
def test_configuration_round_trip(case):
    loss = case.make()
    assert losses.get(json.loads(json.dumps(loss.encoded()))) == loss


@each
def test_rows_of_sequences(case):
    """Samples of shape (time, k): one value for each time, as for the same rows one after another."""
    loss, (t, p) = case.make(), example(case)
    flat, folded = loss.values(t, p), loss.values(t.reshape(6, 2, *t.shape[1:]), p.reshape(6, 2, -1))
    np.testing.assert_array_equal(folded, flat.reshape(6, 2))


def test_saturated_probabilities_are_clipped_as_in_keras():
    import jax
    import keras

    p = np.array([[0.0, 1.0], [1.0, 0.0], [1e-9, 0.5]], np.float32)
    for name, t in (
        ("BinaryCrossentropy", np.array([[1, 0], [1, 0], [0, 1]], np.float32)),
        ("CategoricalCrossentropy", np.array([[1, 0], [1, 0], [0, 1]], np.float32)),
        ("SparseCategoricalCrossentropy", np.array([0, 0, 1])),
    ):
        ours, theirs = getattr(losses, name)(), getattr(keras.losses, name)()
        expected, gradient = jax.value_and_grad(lambda p, f=theirs, t=t: f(t, p))(p)
        assert ours(t, p) == pytest.approx(float(expected), rel=1e-5)
        np.testing.assert_allclose(ours.gradient(t, p) / 3, gradient, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("activation", "name", "targets"),
    [
        ("softmax", "categorical_crossentropy", np.eye(4)[[0, 3, 1]] * 0.9 + 0.025),
        ("softmax", "sparse_categorical_crossentropy", np.array([0, 3, 1])),
        ("sigmoid", "binary_crossentropy", np.array([[0, 1, 1, 0.3]] * 3)),
    ],
)
def test_a_pair_that_cancels_is_the_same_function(activation, name, targets):
    f, loss = activations.get(activation), losses.get(name)
    fused = losses.absorb(f, loss)
    assert fused is not None and fused.from_logits
    z = np.random.default_rng(4).normal(size=(3, 4))
    p = f.forward(z)
    np.testing.assert_allclose(fused.values(targets, z), loss.values(targets, p), rtol=1e-12)
    by_chain_rule = f.backward(loss.gradient(targets, p), z, p)
    np.testing.assert_allclose(fused.gradient(targets, z), by_chain_rule, rtol=1e-9, atol=1e-12)


def test_fusion_keeps_the_gradient_where_the_pair_would_saturate():
    loss = losses.absorb(activations.softmax, losses.SparseCategoricalCrossentropy())
    z, t = np.array([[100.0, 0.0]], np.float32), np.array([1])
    assert loss.values(t, z).tolist() == [100.0]
    assert loss.gradient(t, z).tolist() == [[1.0, -1.0]]
    binary = losses.absorb(activations.sigmoid, losses.BinaryCrossentropy())
    assert binary.gradient(np.zeros((1, 1), np.float32), np.full((1, 1), 200, np.float32)).tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("activation", "loss"),
    [
        ("softmax", "mse"),
        ("softmax", "binary_crossentropy"),
        ("sigmoid", "categorical_crossentropy"),
        ("relu", "binary_crossentropy"),
        ("softmax", losses.CategoricalCrossentropy(from_logits=True)),
    ],
)
def test_other_pairs_stay_as_written(activation, loss):
    assert losses.absorb(activations.get(activation), losses.get(loss)) is None


def test_a_subclass_is_not_fused():
    class Doubled(losses.CategoricalCrossentropy):
        def values(self, y_true, y_pred, xp=np):
            return 2 * super().values(y_true, y_pred, xp)

        def gradient(self, y_true, y_pred, xp=np):
            return 2 * super().gradient(y_true, y_pred, xp)

    assert losses.absorb(activations.softmax, Doubled()) is None


def test_columns_and_rows_of_labels_agree():
    p = np.array([[0.2], [0.7]], np.float32)
    for t in (np.array([0, 1]), np.array([[0], [1]]), np.array([False, True])):
        assert losses.BinaryCrossentropy()(t, p) == pytest.approx(losses.BinaryCrossentropy()([[0.0], [1.0]], p))
        assert losses.MeanSquaredError()(t, p) == pytest.approx((0.04 + 0.09) / 2)
    ids = losses.sparse_categorical_crossentropy(np.array([[1], [0]]), np.eye(2) * 0.5 + 0.25)
    assert ids.shape == (2,)


def test_shapes_that_do_not_go_together_are_refused():
    p = np.full((4, 3), 1 / 3)
    with pytest.raises(ValueError, match=r"y_true has shape \(4,\) and y_pred \(4, 3\): .* sparse_categorical"):
        losses.categorical_crossentropy(np.zeros(4), p)
    with pytest.raises(ValueError, match=r"y_true has shape \(4, 3\), expected one class id .* one-hot"):
        losses.sparse_categorical_crossentropy(np.eye(4)[:, :3], p)


def test_names_functions_and_classes_resolve():
    for identifier in ("mse", "MSE", "mean_squared_error", losses.mean_squared_error, losses.MeanSquaredError):
        assert losses.get(identifier) == losses.MeanSquaredError()
    with pytest.raises(ValueError, match="did you mean 'sparse_categorical_crossentropy'"):
        losses.get("sparse_categorical_entropy")
    derived = losses.get(lambda t, p: ops.sum((p - t) ** 4, axis=-1))
    assert derived(np.array([[1.0]]), np.array([[3.0]])) == 16
    own = losses.Custom(my_loss, lambda t, p: 4 * (p - t) ** 3)
    t, p = np.array([[1.0]]), np.array([[3.0]])
    assert losses.get(own)(t, p) == 16
    assert own.gradient(t, p).tolist() == [[32.0]]


def my_loss(t, p):
    return np.sum((p - t) ** 4, axis=-1)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: losses.MeanSquaredError(reduction="avg"), ValueError, "MeanSquaredError: reduction is one of"),
        (lambda: losses.BinaryCrossentropy(label_smoothing=2), ValueError, "BinaryCrossentropy: label_smoothing"),
        (lambda: losses.BinaryCrossentropy(from_logits=3), TypeError, "from_logits is True or False, received 3"),
        (lambda: losses.CategoricalCrossentropy(axis=0), ValueError, "axis=-1; received axis=0"),
        (lambda: losses.Huber(-1), ValueError, "Huber: delta: .*at least 0"),
        (lambda: losses.CosineSimilarity(axis=1), ValueError, "axis=-1; received axis=1"),
        (lambda: losses.BinaryFocalCrossentropy(alpha=2), ValueError, "BinaryFocalCrossentropy: alpha: .*at most 1"),
        (lambda: losses.BinaryFocalCrossentropy(1), TypeError, "apply_class_balancing: expected True or False"),
        (lambda: losses.CategoricalFocalCrossentropy(["a"]), TypeError, "CategoricalFocalCrossentropy: alpha"),
        (lambda: losses.Custom(np.mean, "x"), TypeError, "losses.Custom: derivative: expected a function"),
        (lambda: losses.get(3), TypeError, "loss: expected a name or an object of Loss, received 3"),
    ],
)
def test_settings_without_meaning_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_focal_weights_may_differ_by_class():
    import keras

    t, p = np.eye(3, dtype=np.float32), np.array([[0.6, 0.3, 0.1]] * 3, np.float32)
    ours, theirs = (m.CategoricalFocalCrossentropy(alpha=[0.2, 0.5, 0.9]) for m in (losses, keras.losses))
    assert ours(t, p) == pytest.approx(float(theirs(t, p)), rel=1e-6)
    assert losses.get(json.loads(json.dumps(ours.encoded()))) == ours
    assert hash(ours)


def test_targets_of_hinges_may_be_zeros_and_ones():
    p = np.array([[0.3], [-0.4]])
    assert losses.hinge([[0], [1]], p).tolist() == losses.hinge([[-1], [1]], p).tolist()
    assert losses.hinge([[-1], [0]], p).tolist() == [1.3, 1.0]  # zeros stay zeros where not all are zeros and ones


def test_short_names():
    for name, kind in (("mape", "MeanAbsolutePercentageError"), ("msle", "MeanSquaredLogarithmicError")):
        assert type(losses.get(name)).__name__ == kind
    for name in ("kld", "kl_divergence", "kullback_leibler_divergence", losses.kl_divergence):
        assert losses.get(name) == losses.KLDivergence()
    assert losses.get("logcosh") == losses.get("log_cosh") == losses.LogCosh()


def test_reduction_none_gives_the_values():
    loss = losses.MeanSquaredError(reduction=None)
    assert loss([[0.0], [0.0]], [[1.0], [2.0]], sample_weight=[1, 0.5]).tolist() == [1.0, 2.0]
