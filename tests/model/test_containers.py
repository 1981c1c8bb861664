"""Containers within models: handles on what they hold, files, copies, freezing, statistics."""

import copy

import numpy as np
import pytest

import clarinet
from clarinet import Input, Sequential
from clarinet.layers import BatchNormalization, Dense, Dropout, Flatten, Parallel, ReLU, Residual

RNG = np.random.default_rng(6)
X = RNG.normal(size=(50, 4)).astype(np.float32)
Y = np.tanh(X[:, :1] * X[:, 1:2])


def network():
    return Sequential(
        [
            Input((4,)),
            Residual([Dense(8, "relu"), BatchNormalization(), Dropout(0.2), Dense(4)]),
            Parallel([[Dense(3), ReLU()], [], Residual([Dense(4, "tanh")], [Dense(4, name="way")])], name="beside"),
            Dense(1),
        ]
    )


def trained(engine="auto"):
    clarinet.utils.set_random_seed(3)
    model = network()
    model.compile("adam", "mse", engine=engine)
    model.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    return model


def test_engines_agree():
    native, reference = trained("native"), trained("reference")
    assert native.engine == "native"
    for a, b in zip(native.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)


def test_children_have_their_weights():
    model = trained()
    residual, beside = model.layers[:2]
    assert [w.shape for w in residual.get_weights()] == [(4, 8), (8,), (8,), (8,), (8,), (8,), (8, 4), (4,)]
    assert residual.children[1].name == "batch_normalization"
    own = residual.children[1].get_weights()
    for a, b in zip(own, residual.get_weights()[2:6], strict=True):
        np.testing.assert_array_equal(a, b)
    way = beside.branches[2][0].shortcut[0]
    way.set_weights([np.ones((4, 4)), np.zeros(4)])
    np.testing.assert_array_equal(beside.get_weights()[4], np.ones((4, 4)))
    with pytest.raises(ValueError, match=r"'way': weight 'kernel' has shape \(4, 4\), received \(3, 3\)"):
        way.set_weights([np.ones((3, 3)), np.zeros(4)])
    wrong = [np.ones((3, 3)) if w.shape == (8, 4) else w for w in residual.get_weights()]
    with pytest.raises(ValueError, match=r"weight 'residual/dense_1/kernel' has shape \(8, 4\), received \(3, 3\)"):
        residual.set_weights(wrong)


def test_files_and_copies(tmp_path):
    model = trained()
    model.save(tmp_path / "m.clarinet")
    model.save_weights(tmp_path / "w.safetensors")
    other = network()
    other.load_weights(tmp_path / "w.safetensors")
    for clone in (Sequential.load(tmp_path / "m.clarinet"), copy.deepcopy(model), other):
        np.testing.assert_array_equal(clone.predict(X, verbose=0), model.predict(X, verbose=0))
    again = Sequential.load(tmp_path / "m.clarinet")
    again.fit(X, Y, epochs=1, batch_size=8, verbose=0)
    model.fit(X, Y, epochs=1, batch_size=8, verbose=0)
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_summary_shows_what_is_within():
    lines = []
    model = network()
    model.layers[0].trainable = False
    model.summary(print_fn=lines.append)
    text = "\n".join(lines)
    assert "│   batch_normalization (BatchNormalization)" in text
    assert "│     way (Dense)" in text
    assert f"Total params: {model.count_params()}" in text
    assert f"Non-trainable params: {model.layers[0].count_params()}" in text
    assert len({len(line) for line in lines[1:-3]}) == 1


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_what_is_frozen_stays(engine):
    model = network()
    model.layers[0].trainable = False  # the whole container, so that its normalisation uses the moving statistics
    model.layers[1].branches[0][0].trainable = False
    before = model.get_weights()
    model.compile("adam", "mse", engine=engine)
    model.fit(X, Y, epochs=1, verbose=0)
    same = [np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert same == [True] * 8 + [True] * 2 + [False] * 4 + [False] * 2
    model.layers[0].trainable = True  # counts from the next fit
    model.fit(X, Y, epochs=1, verbose=0)
    assert not np.array_equal(before[0], model.get_weights()[0])


def test_dropouts_of_one_container_differ():
    model = Sequential([Input((40,)), Parallel([[Dropout(0.5)], [Dropout(0.5)]])])
    model.compile("sgd", "mse", engine="reference")
    y = model.engine_for().predict_training(np.ones((3, 40), np.float32))
    assert (y[:, :40] != y[:, 40:]).any()


def test_statistics_are_those_of_the_whole_container():
    records = {}
    for engine in ("native", "reference"):
        seen = []

        class Watch(clarinet.callbacks.Callback):
            def on_chunk(self, chunk, seen=seen):
                seen.extend(chunk.layers)

        clarinet.utils.set_random_seed(3)
        model = network()
        model.compile("adam", "mse", engine=engine)
        model.fit(X, Y, epochs=1, batch_size=8, verbose=0, stats_every=3, callbacks=[Watch()])
        records[engine] = seen
    assert [s.layer for s in records["native"]] == [0, 1, 2] * 2
    for a, b in zip(records["native"], records["reference"], strict=True):
        numbers = ([getattr(s, f) for f in s.__slots__] for s in (a, b))
        np.testing.assert_allclose(*(np.array(list(n), float) for n in numbers), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Residual([]), ValueError, "layers is empty"),
        (lambda: Residual([3]), TypeError, "Residual: layers: expected layers such as"),
        (lambda: Residual([Dense(3, name="a"), Dense(3, name="a")]), ValueError, "two layers are called 'a'"),
        (lambda: Residual([layer := Dense(3), layer]), ValueError, "occurs twice"),
        (lambda: Residual([Dense(3)]).output_shape((4,)), ValueError, r"of one shape, received \(3,\), \(4,\)"),
        (lambda: Parallel([]), ValueError, "branches is empty"),
        (lambda: Parallel(Dense(3)), TypeError, "branches is a list"),
        (lambda: Parallel([Dense(3)], merge="ad"), ValueError, "unknown merge 'ad': did you mean 'add'"),
        (lambda: Parallel([Dense(3)], axis=0), ValueError, "axis is a whole number, not 0"),
        (lambda: Parallel([Dense(3), []], axis=1).output_shape((2, 4)), ValueError, "differ along axis 1 alone"),
        (lambda: Parallel([Dense(3), [Flatten()]]).output_shape((2, 4)), ValueError, "differ along axis -1 alone"),
        (lambda: Parallel([Dense(3)], axis=4).output_shape((2, 4)), ValueError, "have no axis 4"),
    ],
)
def test_bad_containers_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
