"""Every learning rate schedule: Keras's numbers, configuration, life inside an optimizer and a file."""

import json

import numpy as np
import pytest

import clarinet
from clarinet import optimizers
from clarinet.optimizers import schedules
from tests.cases import SCHEDULES

each = pytest.mark.parametrize("case", SCHEDULES, ids=repr)
STEPS = range(50)


@each
def test_equals_keras(case):
    import keras

    if case.keras is None:
        pytest.skip("Keras has none")
    ours, theirs = case.make(), case.keras(keras)
    expected = [float(theirs(np.int32(step))) for step in STEPS]
    np.testing.assert_allclose([ours(step) for step in STEPS], expected, rtol=2e-6, atol=1e-8)


@each
def test_configuration_round_trip(case):
    schedule = case.make()
    assert schedules.get(json.loads(json.dumps(schedule.encoded()))) == schedule
    optimizer = optimizers.Adam(schedule, beta_1=0.8)
    copied = optimizers.get(json.loads(json.dumps(optimizer.encoded())))
    assert copied.learning_rate == schedule
    assert [copied.rate(step) for step in STEPS] == [schedule(step) for step in STEPS]


@each
def test_numbers_are_floats(case):
    assert {type(case.make()(step)) for step in STEPS} == {float}


def test_one_cycle_equals_pytorch():
    torch = pytest.importorskip("torch")

    for steps, climb in ((40, 0.3), (7, 0.5), (100, 0.1)):
        weight = torch.nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([weight], 0.1)
        theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.5, steps, pct_start=climb, cycle_momentum=False)
        ours, expected = schedules.OneCycle(0.5, steps, climb), []
        for _ in range(steps):
            expected.append(theirs.get_last_lr()[0])
            optimizer.step()
            if len(expected) < steps:
                theirs.step()
        np.testing.assert_allclose([ours(step) for step in range(steps)], expected, rtol=1e-9)
        assert ours(steps + 5) == ours(steps - 1)


def test_one_cycle_goes_up_and_down():
    """The formula by hand: 30 % of 41 steps is 12.3, so the top is at 11.3; cosines in between."""
    cycle = schedules.OneCycle(1.0, 41)
    assert cycle(0) == pytest.approx(0.04)
    assert cycle(5) == pytest.approx(1 + (0.04 - 1) * (1 + np.cos(np.pi * 5 / 11.3)) / 2)
    assert cycle(26) == pytest.approx(4e-6 + (1 - 4e-6) * (1 + np.cos(np.pi * 14.7 / 28.7)) / 2)
    assert cycle(40) == cycle(400) == pytest.approx(0.04 / 1e4)


def test_restarts_fall_on_their_steps():
    """Lengths 1, 3, 9, 27, 81: where logarithms in float64 would miss by one."""
    again = schedules.CosineDecayRestarts(1.0, 1, t_mul=3.0)
    for restart in (1, 4, 13, 40, 121):
        assert again(restart) == 1.0


def test_a_schedule_lives_in_a_model_and_its_file(tmp_path):
    model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
    model.compile(optimizers.SGD(schedules.PiecewiseConstantDecay([3], [0.5, 0.0])), "mse")
    x, y = np.ones((8, 2), np.float32), np.ones((8, 1), np.float32)
    model.fit(x, y, batch_size=2, epochs=1, verbose=0)  # steps 0 to 3
    before = model.get_weights()
    model.save(tmp_path / "model.clarinet")
    clone = clarinet.models.load_model(tmp_path / "model.clarinet")
    clone.fit(x, y, batch_size=2, epochs=1, verbose=0)  # steps 4 to 7, at a rate of 0
    np.testing.assert_array_equal(clone.get_weights()[0], before[0])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: schedules.ExponentialDecay("a", 1, 1), TypeError, "ExponentialDecay: initial_learning_rate"),
        (lambda: schedules.ExponentialDecay(0.1, 0, 1), ValueError, "decay_steps: expected a number above 0"),
        (lambda: schedules.InverseTimeDecay(0.1, 1, None), TypeError, "InverseTimeDecay: decay_rate"),
        (lambda: schedules.PiecewiseConstantDecay([1], [1]), ValueError, "rising boundaries and one value more"),
        (lambda: schedules.PiecewiseConstantDecay([2, 1], [1, 2, 3]), ValueError, "rising boundaries"),
        (lambda: schedules.CosineDecay(0.1, 10, warmup_steps=-1), ValueError, "CosineDecay: warmup_steps"),
        (lambda: schedules.CosineDecayRestarts(0.1, 10, t_mul=0.5), ValueError, "t_mul: .*at least 1"),
        (lambda: schedules.OneCycle(0.1, 1), ValueError, "OneCycle: total_steps: .*at least 2"),
        (lambda: schedules.OneCycle(0.1, 10, climb=2), ValueError, "OneCycle: climb: .*at most 1"),
        (lambda: schedules.get("cosine"), ValueError, "unknown schedule 'cosine': did you mean 'cosine_decay'"),
    ],
)
def test_settings_without_meaning_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
