"""The life of a tape: once, again, closed, refused, and gone."""

import gc
import threading
import weakref

import numpy as np
import pytest

from clarinet import Variable, ops
from clarinet.ops import GradientTape

RNG = np.random.default_rng(0)


def draw(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def test_a_tape_gives_its_gradient_once():
    x = ops.convert_to_tensor([1.0])
    with GradientTape() as tape:
        tape.watch(x)
        y = x * 2.0
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="ask for all sources at once, in a list, or make it with"):
        tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="make a new one"), tape:
        pass


def test_a_persistent_tape_goes_on():
    x = ops.convert_to_tensor([2.0])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    with tape:
        z = y * x
    assert tape.gradient(y, x).tolist() == [4.0]
    assert tape.gradient(z, x).tolist() == [12.0]
    tape.reset()
    assert tape.gradient(z, x) is None


def test_tapes_after_each_other_do_not_see_each_other():
    x = ops.convert_to_tensor([2.0])
    with GradientTape(persistent=True) as first:
        first.watch(x)
        y = x * x
    with GradientTape() as second:
        second.watch([x, y])
        z = y * x
    assert [g.tolist() for g in second.gradient(z, [x, y])] == [[4.0], [2.0]]
    assert first.gradient(y, x).tolist() == [4.0]
    assert first.gradient(z, x) is None


def test_a_tape_inside_a_tape_records_for_itself():
    x = ops.convert_to_tensor([2.0])
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = x**3
        z = x * y
    assert inner.gradient(y, x).tolist() == [12.0]
    assert outer.gradient(z, x).tolist() == [32.0]


def test_a_tape_is_closed_when_its_block_fails():
    with pytest.raises(KeyError), GradientTape():
        raise KeyError
    with GradientTape():
        pass


def test_a_gradient_inside_the_block_is_known_for_what_it_is():
    x = ops.convert_to_tensor([2.0])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x**3
        dx = tape.gradient(y, x)
        penalty = ops.sum(dx * x)
        apart = ops.sum(ops.stop_gradient(dx) * x)
    assert dx.tolist() == [12.0]
    assert tape.gradient(apart, x).tolist() == [12.0]
    with pytest.raises(RuntimeError, match="a gradient that was taken inside this tape"):
        tape.gradient(penalty, x)


def test_recording_can_be_stopped():
    x = ops.convert_to_tensor([2.0])
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
        with tape.stop_recording():
            z = y * 5.0
        w = y + z
    assert tape.gradient(w, x).tolist() == [4.0]


def test_each_thread_has_its_own_tape():
    x, found = ops.convert_to_tensor([2.0]), {}

    def work(name, factor):
        with GradientTape() as tape:
            tape.watch(x)
            barrier.wait()
            y = x * factor
            barrier.wait()
        found[name] = tape.gradient(y, x).tolist()

    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=work, args=(n, float(n))) for n in (3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {3: [3.0], 4: [4.0]}


@pytest.mark.parametrize(
    ("thing", "error", "message"),
    [
        (
            3.0,
            TypeError,
            r"tape.watch: expected a tensor, an array or a variable, received 3\.0; ops\.convert_to_tensor",
        ),
        (np.arange(3), ValueError, "tape.watch: int64 has no derivative; ops.cast"),
        ("x", TypeError, "received 'x'"),
    ],
)
def test_what_cannot_be_watched_is_refused(thing, error, message):
    with GradientTape() as tape, pytest.raises(error, match=message):
        tape.watch(thing)


def test_what_cannot_be_a_source_or_a_target_is_refused():
    with GradientTape(persistent=True) as tape:
        y = ops.convert_to_tensor(1.0)
    with pytest.raises(TypeError, match=r"sources are tensors, arrays or variables, received 3"):
        tape.gradient(y, [3])
    with pytest.raises(TypeError, match=r"the target is a tensor that was computed, received 2\.0"):
        tape.gradient(2.0, y)


def test_only_what_leads_to_the_sources_is_derived():
    derived = []

    class Loud(ops.Operation):
        """y = x; says when it is derived."""

        def forward(self, xs, xp=np):
            return xs[0] * 1.0, None

        def backward(self, cache, dy, xp=np):
            derived.append(1)
            return (dy,)

        def result(self, *specs):
            return specs[0]

    x, w = ops.convert_to_tensor([1.0]), Variable([2.0])
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.apply(Loud(), x) * w
    assert tape.gradient(y, w).tolist() == [1.0]
    assert derived == []


def test_a_gradient_of_one_s_own():
    @ops.custom_gradient
    def product(a, b):
        def gradient(upstream):
            return upstream * 10.0, None

        return a * b, gradient

    x, y = ops.convert_to_tensor([2.0]), ops.convert_to_tensor([3.0])
    assert product(x, y).tolist() == [6.0]
    with GradientTape() as tape:
        tape.watch([x, y])
        z = product(x, y) * 2.0
    dx, dy = tape.gradient(z, [x, y])
    assert dx.tolist() == [20.0]
    assert dy is None


def test_nothing_is_left_of_a_tape():
    """What it remembered goes with it, or with its gradient, at once and without the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        kept = Kept()
        x = ops.convert_to_tensor([1.0])
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.apply(kept.operation(), x) * 2.0
        assert kept.alive() == 1
        tape.gradient(y, x)
        assert kept.alive() == 0, "a gradient was taken"
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.apply(kept.operation(), x) * 2.0
        del tape
        assert kept.alive() == 0, "the tape is gone, its tensors are not"
        with GradientTape(persistent=True) as tape:
            tape.watch(x)
            z = ops.apply(kept.operation(), x) * 2.0
        tape.gradient(z, x)
        assert kept.alive() == 1
        del tape
        assert kept.alive() == 0
        assert y.tolist() == z.tolist()
    finally:
        gc.enable()


class Box:
    """A thing in a cache."""


class Remembering(ops.Operation):
    """y = x, with a thing in its cache."""

    def forward(self, xs, xp=np):
        box = Box()
        Kept.boxes.append(weakref.ref(box))
        return xs[0] * 1.0, box

    def backward(self, cache, dy, xp=np):
        return (dy,)

    def result(self, *specs):
        return specs[0]


class Kept:
    """How many of the things are still there."""

    boxes: list = []  # noqa: RUF012

    def operation(self):
        return Remembering()

    def alive(self):
        return sum(box() is not None for box in self.boxes)


def test_a_training_by_hand_learns():
    x = draw(64, 2)
    t = (x[:, :1] * x[:, 1:] > 0).astype(np.float32)
    w1, b1, w2 = Variable(draw(2, 16)), Variable(np.zeros(16)), Variable(draw(16, 1) * 0.3)
    losses = []
    for _ in range(400):
        with GradientTape() as tape:
            z = ops.matmul(ops.relu(ops.matmul(x, w1) + b1), w2)
            loss = ops.mean(ops.binary_crossentropy(t, z, from_logits=True))
        weights = [w1, b1, w2]
        for weight, slope in zip(weights, tape.gradient(loss, weights)):
            weight.assign_sub(0.5 * slope.numpy())
        losses.append(float(loss))
    assert losses[-1] < 0.25 < losses[0]
