"""Every optimizer: Keras's steps, purity, clipping, schedules, configuration."""

import json

import numpy as np
import pytest

from clarinet import optimizers
from clarinet.optimizers import OptimizerState
from clarinet.params import Layout, Weight
from tests.cases import OPTIMIZERS

each = pytest.mark.parametrize("case", OPTIMIZERS, ids=repr)
SHAPES = [(4, 3), (3,)]


def gradients(steps=50):
    rng = np.random.default_rng(6)
    return [[rng.normal(size=s).astype(np.float32) for s in SHAPES] for _ in range(steps)]


def buffers(optimizer, dtype=np.float32):
    """Two weights, flat, with the optimizer's slots beside them."""
    layout = Layout.of([([Weight(f"w{i}", s, np.zeros) for i, s in enumerate(SHAPES)], True)], np.dtype(dtype).itemsize)
    state = OptimizerState.new(optimizer, layout, dtype)
    flat = layout.zeros(dtype)
    for segment in layout.segments:
        segment.view(flat)[...] = np.random.default_rng(7).normal(size=segment.shape)
    return [s.view(flat) for s in layout.segments], [state.views(s) for s in layout.segments]


@each
def test_steps_equal_keras(case):
    import keras

    ours, theirs = case.make(), case.keras(keras)
    weights, slots = buffers(ours)
    variables = [keras.Variable(w.copy()) for w in weights]
    by_branches = "accumulates" in case.id or "schedule-free" in case.id  # which Keras takes its time for
    for step, grads in enumerate(gradients(12 if by_branches else 50), 1):
        weights, slots = ours.applied(weights, grads, slots, ours.scalars(ours.rate(step - 1), step))
        theirs.apply([keras.ops.convert_to_tensor(g) for g in grads], variables)
        for w, v in zip(weights, variables):
            np.testing.assert_allclose(w, np.asarray(v.value), rtol=2e-5, atol=2e-6, err_msg=f"step {step}")


@each
def test_slots_are_those_of_keras(case):
    import keras

    ours, theirs = case.make(), case.keras(keras)
    theirs.build([keras.Variable(np.zeros(s, np.float32)) for s in SHAPES])
    names = {v.name.split("_", 1)[-1] for v in theirs.variables if v.shape}  # scalars count steps
    nameless = {"row", "column"} if isinstance(ours, optimizers.Adafactor) else set()
    found = {n.split("variable_", 1)[-1].lstrip("0123456789_") for n in names} - {"variable", ""}
    assert set(ours.buffers) - nameless == found


@each
def test_an_update_is_pure(case):
    optimizer = case.make()
    weights, slots = buffers(optimizer)
    for array in (*weights, *slots[0].values(), *slots[1].values()):
        array.flags.writeable = False
    grads = gradients(1)[0]
    before = dict(vars(optimizer))
    new_w, new_slots = optimizer.update(weights[0], grads[0], slots[0], 0.1, 1)
    assert new_w.dtype == np.float32
    assert set(new_slots) == set(optimizer.slots)
    optimizer.clip(grads)
    assert vars(optimizer) == before
    np.testing.assert_array_equal(grads[0], gradients(1)[0][0])


@each
def test_configuration_round_trip(case):
    optimizer = case.make()
    copied = optimizers.get(json.loads(json.dumps(optimizer.encoded())))
    assert copied.get_config() == optimizer.get_config()
    assert type(copied) is type(optimizer)


def norm(arrays):
    return float(np.sqrt(sum(np.sum(np.square(a)) for a in arrays)))


def test_clipping():
    grads = [np.full((2, 2), 3.0), np.array([0.1, -8.0])]
    each_norm = optimizers.SGD(clipnorm=1.0).clip(grads)
    assert norm(each_norm[:1]) == pytest.approx(1) and norm(each_norm[1:]) == pytest.approx(1)
    together = optimizers.SGD(global_clipnorm=1.0).clip(grads)
    assert norm(together) == pytest.approx(1)
    np.testing.assert_allclose(together[0] / grads[0], together[1][0] / grads[1][0])
    assert optimizers.SGD(clipvalue=2.0).clip(grads)[1].tolist() == [0.1, -2.0]
    small = [np.array([0.1])]
    for settings in ({"clipnorm": 1.0}, {"global_clipnorm": 1.0}, {"clipvalue": 1.0}, {}):
        np.testing.assert_array_equal(optimizers.SGD(**settings).clip(small)[0], small[0])


def test_learning_rate_may_change_or_follow_a_schedule():
    optimizer = optimizers.Adam(0.1)
    optimizer.learning_rate = np.float32(0.5)
    assert optimizer.rate(3) == 0.5
    optimizer.learning_rate = lambda step: 1 / (1 + step)
    assert optimizer.rate(3) == 0.25
    optimizer.learning_rate = -1  # computable, so allowed, as in Keras
    assert optimizer.rate(0) == -1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optimizers.get("adamm"), ValueError, "unknown optimizer 'adamm': did you mean 'adam'"),
        (lambda: optimizers.get(3), TypeError, "optimizer: expected a name or an object of Optimizer"),
        (lambda: optimizers.Adam("fast"), TypeError, "Adam: learning_rate: expected a finite number"),
        (lambda: optimizers.Adam(np.nan), ValueError, "Adam: learning_rate"),
        (lambda: optimizers.Adam(beta_1=1.0), ValueError, "Adam: beta_1: .*below 1; received 1.0"),
        (lambda: optimizers.AdamW(weight_decay=None), ValueError, "AdamW: weight_decay is a number"),
        (lambda: optimizers.SGD(momentum=1.5), ValueError, "SGD: momentum: .*at most 1; received 1.5"),
        (lambda: optimizers.SGD(clipnorm=1.0, clipvalue=1.0), ValueError, "only one of clipnorm, clipvalue"),
        (lambda: optimizers.SGD(clipnorm="x"), TypeError, "SGD: clipnorm"),
        (
            lambda: optimizers.Lion(beta_1=0),
            ValueError,
            "Lion: beta_1 is above 0, received 0; without momentum use SGD",
        ),
        (lambda: optimizers.Ftrl(learning_rate_power=1), ValueError, "Ftrl: learning_rate_power: .*at most 0"),
        (lambda: optimizers.Adam(use_ema=1), TypeError, "Adam: use_ema: expected True or False; received 1"),
        (lambda: optimizers.SGD(ema_momentum=1.1), ValueError, "SGD: ema_momentum: .*at most 1"),
        (lambda: optimizers.SGD(ema_overwrite_frequency=0), ValueError, "SGD: ema_overwrite_frequency: .*at least 1"),
        (lambda: optimizers.Muon(ns_steps=0), ValueError, "Muon: ns_steps: .*at least 1"),
        (lambda: optimizers.Muon(adam_beta_1=1), ValueError, "Muon: adam_beta_1"),
        (lambda: optimizers.Muon(exclude_layers=["("]), ValueError, r"Muon: exclude_layers .*received '\('"),
        (
            lambda: optimizers.SGD(gradient_accumulation_steps=1),
            ValueError,
            "gradient_accumulation_steps: .*at least 2",
        ),
        (lambda: optimizers.SGD(loss_scale_factor=0), ValueError, "SGD: loss_scale_factor is not 0"),
        (lambda: optimizers.BFGS(gradient_accumulation_steps=2), ValueError, "leave it out: all rows are one batch"),
        (lambda: optimizers.ScheduleFreeAdamW(beta_1=0), ValueError, "beta_1 is above 0"),
        (lambda: optimizers.Adafactor(clip_threshold=0), ValueError, "clip_threshold is above 0"),
        (lambda: optimizers.RMSprop(rho=-0.1), ValueError, "RMSprop: rho: .*at least 0"),
        (lambda: optimizers.SGD.from_config({"momentun": 1}), ValueError, "did you mean 'momentum'"),
        (lambda: setattr(optimizers.SGD(), "learning_rate", None), TypeError, "SGD: learning_rate"),
    ],
)
def test_settings_without_meaning_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
