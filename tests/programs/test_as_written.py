"""Small things that real programs for Keras and TensorFlow write, one test a kind."""

import numpy as np
import pytest

import clarinet as tf

RNG = np.random.default_rng(0)
PICTURE = RNG.random((6, 6, 3)).astype("float32")


def test_a_number_of_a_tensor_is_one_of_numpys():
    total = tf.reduce_prod((28, 28)).numpy()
    assert isinstance(total, np.integer) and tf.keras.layers.Dense(total).units == 784
    assert isinstance(tf.reduce_mean(tf.constant([1.0, 3.0])).numpy(), np.float32)
    assert repr(tf.constant(2.0)) == "Tensor(2., dtype=float32)"


def test_a_part_of_a_variable_is_assigned():
    v = tf.Variable([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    v[0, 1].assign(42)
    v[:, 2].assign([0.0, 1.0])
    assert v.numpy().tolist() == [[1, 42, 0], [4, 5, 1]]
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(v[0] ** 2)
    assert tape.gradient(y, v).numpy().tolist() == [[2, 84, 0], [0, 0, 0]]
    with pytest.raises(TypeError, match="a tensor never changes"):
        (v[0] + 1).assign(1)


def test_cifar100_of_the_file_that_keras_fetches(tmp_path, monkeypatch):
    import pickle
    import tarfile

    from clarinet.datasets import cifar100

    pictures = RNG.integers(0, 256, (4, 3, 32, 32)).astype(np.uint8)
    for part in ("train", "test"):
        batch = {b"data": pictures.reshape(4, -1), b"fine_labels": [1, 2, 3, 99], b"coarse_labels": [0, 1, 2, 19]}
        (tmp_path / part).write_bytes(pickle.dumps(batch, protocol=2))
    (tmp_path / "datasets").mkdir()
    with tarfile.open(tmp_path / "datasets" / "cifar-100-python-target_archive", "w:gz") as archive:
        for part in ("train", "test"):
            archive.add(tmp_path / part, f"cifar-100-python/{part}")
    monkeypatch.setenv("CLARINET_DATA", str(tmp_path))
    monkeypatch.setattr(cifar100, "_CHECKSUM", None)
    (x, y), (_, coarse) = tf.keras.datasets.cifar100.load_data()[0], tf.keras.datasets.cifar100.load_data("coarse")[1]
    np.testing.assert_array_equal(x, pictures.transpose(0, 2, 3, 1))
    assert y.tolist() == [[1], [2], [3], [99]] and coarse.tolist() == [[0], [1], [2], [19]]
    (tmp_path / "train").write_bytes(pickle.dumps(print))
    with pytest.raises(ValueError, match="asks for"):
        cifar100._read(tmp_path / "train", "fine")


def test_seeds_of_two_numbers():
    seeds = tf.random.split((1, 2), num=3)
    assert seeds.shape == (3, 2) and len({tuple(seed) for seed in seeds.tolist()}) == 3
    np.testing.assert_array_equal(
        tf.random.stateless_normal((4,), seeds[0]), tf.random.stateless_normal((4,), seeds[0])
    )
    drawn = tf.random.stateless_uniform((50,), seed=[1, 2], minval=3, maxval=5).numpy()
    assert drawn.min() >= 3 and drawn.max() < 5 and drawn.std() > 0.3


def test_a_seed_of_tensorflow_leaves_numpy_alone():
    np.random.seed(1)  # noqa: NPY002
    expected = np.random.rand()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    tf.random.set_seed(2)
    assert np.random.rand() == expected  # noqa: NPY002
    drawn = tf.random.normal((2,)).numpy()
    tf.random.set_seed(2)
    np.testing.assert_array_equal(tf.random.normal((2,)), drawn)
    with pytest.raises(TypeError, match="expected a whole number"):
        tf.random.set_seed("1")


def test_a_model_takes_its_input_by_name():
    class Twice(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = tf.keras.layers.Dense(2)

        def call(self, inputs, states=None, return_state=False):
            y = self.dense(inputs) + (0 if states is None else states)
            return (y, y) if return_state else y

    model, x = Twice(), np.ones((3, 4), np.float32)
    y, state = model(inputs=x, states=None, return_state=True)
    np.testing.assert_allclose(model(x), y)
    np.testing.assert_allclose(model(inputs=x, states=state), 2 * y.numpy())
    with pytest.raises(TypeError, match="give rows, or inputs="):
        model()


def test_shapes_that_are_said():
    x = tf.zeros((2, 3))
    x.set_shape([None, 3])
    assert tuple(x.get_shape()) == (2, 3)
    with pytest.raises(ValueError, match="the tensor has"):
        x.set_shape([3, 3])


def test_statistics_of_normalization_are_tensors():
    layer = tf.keras.layers.Normalization()
    layer.adapt(np.array([[1.0, 2.0], [3.0, 6.0]]))
    assert layer.mean.numpy().tolist() == [[2.0, 4.0]] and layer.variance.numpy().tolist() == [[1.0, 4.0]]


def test_ids_are_looked_at_only_where_the_embedding_takes_the_whole_input():
    class Pairs(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.users, self.films = tf.keras.layers.Embedding(5, 3), tf.keras.layers.Embedding(50, 3)

        def call(self, pairs):
            return tf.reduce_sum(self.users(pairs[:, 0]) * self.films(pairs[:, 1]), -1)

    model = Pairs()
    model.compile("adam", "mse")
    assert np.isfinite(model.fit(np.array([[1, 40], [4, 30]]), np.ones(2), verbose=0).history["loss"]).all()
    ids = tf.keras.Input((3,))
    model = tf.keras.Model(
        ids, tf.keras.layers.Dense(1)(tf.keras.layers.Flatten()(tf.keras.layers.Embedding(5, 2)(ids)))
    )
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match="holds 7 at row 0, column 1"):
        model.fit(np.array([[1, 7, 2]]), np.ones(1), verbose=0)


def test_columns_that_are_no_input_are_left_out_with_a_warning():
    inputs = {name: tf.keras.Input((1,), name=name) for name in ("age", "fee")}
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(1)(tf.keras.layers.concatenate(list(inputs.values()))))
    model.compile("sgd", "mse")
    table = {name: np.ones((4, 1)) for name in ("age", "fee", "target")}
    with pytest.warns(UserWarning, match="'target' is not an input of the model and is left out"):
        model.fit(tf.data.Dataset.from_tensor_slices((table, np.ones(4))).batch(2), verbose=0)
    with pytest.raises(ValueError, match="the model has no input 'wage'"):
        model.predict({"age": np.ones((1, 1)), "wage": np.ones((1, 1))})


def test_first_states_of_recurrent_layers():
    lstm = tf.keras.layers.LSTM(4, return_state=True)
    states = lstm.get_initial_state(3)
    assert [state.shape for state in states] == [(3, 4), (3, 4)] and not np.any(states)
    x = RNG.random((3, 5, 2)).astype("float32")
    np.testing.assert_allclose(lstm(x, initial_state=states)[0], lstm(x)[0])


def test_tensorboard_takes_what_keras_has(tmp_path):
    pytest.importorskip("tensorboard")
    callback = tf.keras.callbacks.TensorBoard(tmp_path, profile_batch=(2, 4), write_graph=False, embeddings_freq=1)
    assert callback.every == 0


def test_one_picture_goes_through_layers_that_prepare_pictures():
    layers = tf.keras.layers
    prepare = tf.keras.Sequential([layers.Resizing(4, 4), layers.Rescaling(1 / 2)])
    one, many = prepare(PICTURE), prepare(PICTURE[None])
    assert one.shape == (4, 4, 3)
    np.testing.assert_allclose(one, many[0])
    np.testing.assert_allclose(layers.CenterCrop(2, 2)(PICTURE), PICTURE[2:4, 2:4])
    inner = tf.keras.Sequential([layers.Flatten(input_shape=(6, 3)), layers.Dense(2)])
    assert tf.keras.Sequential([inner, layers.Softmax()])(PICTURE).shape == (6, 2)
    rows = tf.keras.Sequential([layers.Rescaling(2.0)])(PICTURE)
    np.testing.assert_allclose(rows, PICTURE * 2)


def test_sizes_and_colours_of_pictures():
    area = tf.image.resize(PICTURE, [2, 3], method=tf.image.ResizeMethod.AREA)
    np.testing.assert_allclose(area, PICTURE.reshape(2, 3, 3, 2, 3).mean((1, 3)), rtol=1e-5)
    np.testing.assert_allclose(tf.image.resize(PICTURE[None], (4, 4), "area").numpy().mean(), PICTURE.mean(), rtol=1e-5)
    assert tf.image.resize(PICTURE, (3, 9), preserve_aspect_ratio=True).shape == (3, 3, 3)
    for unchanged in (tf.image.adjust_hue(PICTURE, 1.0), tf.image.adjust_saturation(PICTURE, 1.0)):
        np.testing.assert_allclose(unchanged, PICTURE, atol=1e-5)
    assert float(tf.reduce_max(tf.image.rgb_to_hsv(tf.image.adjust_saturation(PICTURE, 0.0))[..., 1])) < 1e-5


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("brightness", (0.3,)),
        ("contrast", (0.5, 1.5)),
        ("crop", ((4, 5, 3),)),
        ("flip_left_right", ()),
        ("flip_up_down", ()),
        ("hue", (0.2,)),
        ("saturation", (0.5, 1.5)),
    ],
)
def test_pictures_changed_by_chance(name, settings):
    change, stateless = getattr(tf.image, f"random_{name}"), getattr(tf.image, f"stateless_random_{name}")
    tf.random.set_seed(1)
    drawn = [change(PICTURE, *settings).numpy() for _ in range(8)]
    assert any(not np.array_equal(drawn[0], other) for other in drawn)
    same = [stateless(PICTURE, *settings, seed=(3, 1)).numpy() for _ in range(2)]
    np.testing.assert_array_equal(*same)
    pictures = tf.data.Dataset.from_tensor_slices(np.stack([PICTURE] * 16)).map(lambda one: change(one, *settings))
    assert len({one.numpy().tobytes() for one in pictures}) > 1


def test_fourier_transforms_of_data():
    wave = np.sin(np.arange(8) * np.pi / 2)
    np.testing.assert_allclose(np.abs(tf.signal.rfft(wave)), [0, 0, 4, 0, 0], atol=1e-6)
    np.testing.assert_allclose(tf.signal.irfft(tf.signal.rfft(wave)), wave, atol=1e-6)


def test_a_model_without_layers_takes_rows_of_another_length():
    class Column(tf.keras.Model):
        def call(self, x):
            return x[:, :, 1]

    model = Column()
    model.compile(loss="mse")
    model.evaluate(np.ones((4, 1, 3)), np.ones((4, 1)), verbose=0)
    assert model(np.ones((4, 1, 2))).shape == (4, 1)
