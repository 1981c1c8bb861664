"""Every regularizer: gradient, Keras's penalty, configuration."""

import json

import numpy as np
import pytest

from clarinet import regularizers
from tests.cases import REGULARIZERS
from tests.contracts.derivatives import assert_close, numeric_gradient

each = pytest.mark.parametrize("case", REGULARIZERS, ids=repr)
W = np.random.default_rng(9).normal(size=(4, 3))


@each
def test_gradient(case):
    regularizer = case.make()
    assert_close(regularizer.gradient(W), numeric_gradient(regularizer, W))
    assert regularizer.gradient(W.astype(np.float32)).dtype == np.float32


@each
def test_penalty_is_that_of_keras(case):
    import jax
    import keras

    w = W.astype(np.float32)
    penalty, gradient = jax.value_and_grad(case.keras(keras))(w)
    assert case.make()(w) == pytest.approx(float(penalty), rel=1e-6)
    np.testing.assert_allclose(case.make().gradient(w), gradient, rtol=1e-6, atol=2e-8)


@each
def test_configuration_round_trip(case):
    regularizer = case.make()
    assert regularizers.get(json.loads(json.dumps(regularizer.encoded()))) == regularizer


def test_derivative_at_zero_is_zero():
    """As in Keras on TensorFlow; JAX's derivative of |w| at 0 is 1, which would push zeros away from zero."""
    assert regularizers.L1(0.5).gradient(np.zeros(2)).tolist() == [0, 0]


def test_names_and_nothing():
    assert regularizers.get(None) is None
    assert regularizers.get("l1_l2") == regularizers.L1L2()
    assert regularizers.l2(0.5) == regularizers.L2(l2=0.5)
    assert (regularizers.L1(0.1).l1, regularizers.L1(0.1).l2) == (0.1, 0.0)
    with pytest.raises(ValueError, match="unknown regularizer 'l4'"):
        regularizers.get("l4")
    with pytest.raises(ValueError, match="OrthogonalRegularizer: mode is 'rows' or 'columns', received 'row'"):
        regularizers.OrthogonalRegularizer(mode="row")
    with pytest.raises(ValueError, match=r"two dimensions, received shape \(3,\)"):
        regularizers.OrthogonalRegularizer()(np.ones(3))
    assert regularizers.OrthogonalRegularizer()(np.ones((1, 3))) == 0  # no pairs
    with pytest.raises(TypeError, match="L2: l2: expected a finite number"):
        regularizers.L2("much")
    with pytest.raises(ValueError, match="L1: l1: expected a finite number"):
        regularizers.L1(np.inf)
