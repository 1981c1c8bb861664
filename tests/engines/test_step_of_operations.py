"""Every row of every function of ``clarinet.ops``, forward and back: compiled by JAX it gives NumPy's numbers."""

import numpy as np
import pytest

from clarinet.engines.step import begin
from clarinet.passes import backward, forward
from clarinet.philox import Key, Stream
from tests.engines.test_step import jax_in_64_bits
from tests.native.test_operations import BATCHED, LEFT_OUT, model_of

ROWS = [row for row in BATCHED if row not in LEFT_OUT]


def ran(plan, carry, xs, dys, xp):
    """The outputs, and the gradients at the inputs."""
    found = forward(plan, carry.params, carry.state, xs, True, Key(plan.seed, Stream.DROPOUT), xp)
    tensors = [*xs, *found.outputs]
    ys = [tensors[output.tensor] for output in plan.outputs]
    return ys, None if dys is None else backward(plan, carry.params, dys, found.caches, xp)[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({row.name for row in ROWS}))
def test_operations_under_jit(name):
    for row in (row for row in ROWS if row.name == name):
        model, xs = model_of(row)
        plan = model.make_plan()
        carry = begin(plan, model.store, None)
        with np.errstate(all="ignore"):
            ys, _ = ran(plan, carry, xs, None, np)
            dys = [np.random.default_rng(1).normal(size=y.shape).astype(np.float32) for y in ys]
            ys, gradients = ran(plan, carry, xs, dys, np)
        with jax_in_64_bits(False) as jax:
            compiled = jax.jit(lambda c, x, d, plan=plan, xp=jax.numpy: ran(plan, c, x, d, xp))
            theirs, found = compiled(carry, list(xs), dys)
        assert [g is None for g in gradients] == [g is None for g in found]
        pairs = [*zip(ys, theirs, strict=True), *((a, b) for a, b in zip(gradients, found) if a is not None)]
        for ours, its in pairs:
            np.testing.assert_allclose(its, ours, rtol=2e-3, atol=2e-4, err_msg=repr(row))
