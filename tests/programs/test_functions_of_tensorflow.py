"""Functions of TensorFlow in files of their own. Numbers are by hand, or those that TensorFlow 2.21 gave."""

import numpy as np
import pytest

import clarinet as tf

RAMP = np.arange(12, dtype=np.float32).reshape(3, 4)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: tf.math.segment_max(RAMP, [0, 0, 2]), [[4, 5, 6, 7], [0] * 4, [8, 9, 10, 11]]),
        (lambda: tf.math.unsorted_segment_mean(RAMP, [1, 1, 0], 2), [[8, 9, 10, 11], [2, 3, 4, 5]]),
        (lambda: tf.math.xlogy([0.0, 1.0], [0.0, 1.0]), [0, 0]),
        (lambda: tf.math.abs(tf.complex([3.0], [4.0])), [5]),
        (lambda: tf.nn.depth_to_space(RAMP.reshape(1, 1, 3, 4), 2)[0, ..., 0],
         [[0, 1, 4, 5, 8, 9], [2, 3, 6, 7, 10, 11]]),
        (lambda: tf.tensor_scatter_nd_max([1, 5, 1], [[0], [0], [1]], [2, 3, 4]), [3, 5, 1]),
        (lambda: tf.strided_slice(RAMP, [0, 1], [3, 4], [2, 2]), [[1, 3], [9, 11]]),
        (lambda: tf.unravel_index([3, 5], [2, 3]), [[1, 1], [0, 2]]),
        (lambda: tf.scan(lambda a, b: a + b, [1.0, 2.0, 3.0], reverse=True), [6, 5, 3]),
        (lambda: tf.image.extract_patches(RAMP.reshape(1, 3, 4, 1), [1, 2, 2, 1], [1, 2, 2, 1], [1] * 4, "VALID")[0, 0],
         [[0, 1, 4, 5], [2, 3, 6, 7]]),
        (lambda: tf.image.crop_and_resize(RAMP.reshape(1, 3, 4, 1), [[0, 0, 1, 1]], [0], [2, 2])[0, ..., 0],
         [[0, 3], [8, 11]]),
        (lambda: tf.image.resize_with_pad(RAMP.reshape(3, 4, 1), 4, 4)[-1, :, 0], [0] * 4),
        (lambda: tf.linalg.set_diag(RAMP, [7.0, 7.0, 7.0], k=1)[:2], [[0, 7, 2, 3], [4, 5, 7, 7]]),
        (lambda: tf.linalg.triangular_solve([[2.0, 0.0], [2.0, 4.0]], [[2.0], [6.0]]), [[1], [1]]),
        (lambda: tf.signal.hann_window(3), [0, 1, 0]),
        (lambda: tf.signal.overlap_and_add(tf.signal.frame([1.0, 2.0, 3.0, 4.0], 2, 2), 2), [1, 2, 3, 4]),
        (lambda: tf.strings.to_hash_bucket_fast(["a", "hello world"], 10), [9, 1]),
        (lambda: tf.strings.to_number(["1.5", "2"]), [1.5, 2]),
        (lambda: tf.argsort([3, 1, 3, 2], direction="DESCENDING", stable=True), [0, 2, 3, 1]),
        (lambda: tf.sort(values=[[1, 3], [5, 4]], axis=0, direction="DESCENDING"), [[5, 4], [1, 3]]),
        (lambda: tf.eye(2, batch_shape=[1]), [[[1, 0], [0, 1]]]),
        (lambda: tf.linalg.inv(input=[[2.0]]), [[0.5]]),
        (lambda: tf.nn.pool(RAMP.reshape(1, 3, 4, 1), (2, 2), "AVG", (2, 2), "SAME")[0, ..., 0],
         [[2.5, 4.5], [8.5, 10.5]]),
        (lambda: tf.keras.ops.clip([-1.0, 5.0], 0.0, None), [0, 5]),
        (lambda: tf.dynamic_stitch(*[[[2, 0], [1]], [[[3.0], [1.0]], [[2.0]]]]), [[1], [2], [3]]),
    ],
)  # fmt: skip
def test_functions_give_what_tensorflow_gives(found, expected):
    np.testing.assert_allclose(np.asarray(found()), expected, atol=1e-6)


def test_a_transform_and_its_inverse():
    signal = np.sin(np.arange(64, dtype=np.float32))
    spectrum = tf.signal.stft(signal, 16, 8)
    assert spectrum.shape == (7, 9) and tf.cast(tf.abs(spectrum), tf.float32).shape == (7, 9)
    window = tf.signal.inverse_stft_window_fn(8)
    back = tf.signal.inverse_stft(spectrum, 16, 8, window_fn=window)
    np.testing.assert_allclose(np.asarray(back)[8:-8], signal[8:-8], atol=1e-5)
    assert tf.signal.linear_to_mel_weight_matrix(10, 65, 8000, 80.0, 3800.0).shape == (65, 10)


def test_tables_in_a_model():
    words = tf.lookup.KeyValueTensorInitializer(["red", "green"], [4, 7])
    table = tf.lookup.StaticHashTable(words, default_value=-1)
    x = tf.keras.Input((1,), dtype="string")
    model = tf.keras.Model(x, table.lookup(x))
    assert model.predict(np.array([["green"], ["blue"]], object), verbose=0).tolist() == [[7], [-1]]


def test_sound(tmp_path):
    path = tmp_path / "sound.wav"
    path.write_bytes(tf.audio.encode_wav([[0.5], [-0.25]], 8000))
    samples, rate = tf.audio.decode_wav(tf.io.read_file(str(path)), 2, 3)
    np.testing.assert_allclose(samples, [[0.5] * 2, [-0.25] * 2, [0, 0]], atol=1e-4)
    assert int(rate) == 8000
    with pytest.raises(ValueError, match="the bytes are not a WAV file"):
        tf.audio.decode_wav(b"nothing")


def test_assertions_say_what_they_received():
    tf.debugging.assert_equal([1, 2], [1, 2])
    tf.debugging.assert_shapes([(RAMP, ("n", 4)), (RAMP[:, 0], ("n",))])
    with pytest.raises(ValueError, match=r"sizes: tf.debugging.assert_equal: received 3 and 4, expected equal"):
        tf.debugging.assert_equal(3, 4, message="sizes")
    with pytest.raises(ValueError, match=r"tf.ensure_shape: the tensor has shape \(3, 4\), expected \(3,\)"):
        tf.ensure_shape(RAMP, (3,))


def test_classes_of_ones_own_are_saved_and_come_back_with_custom_objects(tmp_path):
    class Times(tf.keras.layers.Layer):
        def __init__(self, factor=2, **settings):
            super().__init__(**settings)
            self.factor = factor

        def call(self, x):
            return x * self.factor

        def get_config(self):
            return {**super().get_config(), "factor": self.factor}

    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2), Times(3)])
    model.save(tmp_path / "own.keras")
    loaded = tf.keras.models.load_model(tmp_path / "own.keras", custom_objects={"Times": Times})
    x = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    with pytest.raises(ValueError, match="'Times' is a class that Keras does not have; give it with custom_objects"):
        tf.keras.models.load_model(tmp_path / "own.keras")


def test_models_on_a_tape_take_a_last_axis_of_length_1_more():
    inputs = tf.keras.Input((2, 3, 1))
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(1)(tf.keras.layers.Flatten()(inputs)))
    x = tf.Variable(np.ones((4, 2, 3), np.float32))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(x, training=True))
    kernel, x_gradient = tape.gradient(total, [model.weights[0], x])
    np.testing.assert_allclose(kernel, np.full((6, 1), 4.0))
    np.testing.assert_allclose(x_gradient, np.broadcast_to(model.get_weights()[0].reshape(2, 3), (4, 2, 3)))


def test_functions_and_initializers_in_files_of_keras(tmp_path):
    def squared(x):
        return x**2

    class Scaled(tf.keras.layers.Layer):
        def __init__(self, initializer="he_normal", **settings):
            super().__init__(**settings)
            self.initializer = tf.keras.initializers.get(initializer)

        def build(self, shape):
            self.scale = self.add_weight(shape=(shape[-1],), initializer=self.initializer)

        def call(self, x):
            return x * self.scale

        def get_config(self):
            return {**super().get_config(), "initializer": tf.keras.initializers.serialize(self.initializer)}

    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2, activation=squared), Scaled("ones")])
    model.save(tmp_path / "own.keras")
    loaded = tf.keras.models.load_model(tmp_path / "own.keras", custom_objects={"squared": squared, "Scaled": Scaled})
    x = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


def test_numbers_beside_tensors_and_pictures_by_themselves():
    class Weighs(tf.keras.layers.Layer):
        def call(self, pair):
            return pair[0] * pair[1]

    factors = tf.constant([1.0, 2.0, 3.0])
    x = tf.keras.Input((3,))
    model = tf.keras.Model(x, tf.keras.layers.Lambda(lambda t: Weighs()([t, factors]))(x))
    assert model.predict(np.ones((1, 3)), verbose=0).tolist() == [[1, 2, 3]]
    picture = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    assert tf.keras.layers.RandomRotation(0.1)(picture, training=False).shape == (2, 4, 3)
    assert tf.Variable(lambda: np.arange(3.0)).numpy().tolist() == [0, 1, 2]
    assert tf.math.cumprod([1.0, 2.0, 3.0], exclusive=True).tolist() == [1, 1, 2]
    assert tf.cumsum([[1, 2], [3, 4]]).tolist() == [[1, 2], [4, 6]]


def test_texts_are_moved_about_as_they_are():
    words = np.array([b"a", b"b"], object)
    for together in (tf.concat((words, np.array(["c", "d"])), 0), tf.stack([words, tf.constant(["c", "d"])])):
        assert np.asarray(together).reshape(-1).tolist() == [b"a", b"b", b"c", b"d"]
    assert np.asarray(tf.where([True, False], words, tf.constant(["x", "y"]))).tolist() == [b"a", b"y"]
    assert np.asarray(tf.equal(words, tf.constant(["a", "c"]))).tolist() == [True, False]
    with pytest.raises(TypeError, match="expected texts throughout"):
        tf.concat((words, [1, 2]), 0)


def test_a_row_of_gamma_distributions():
    numbers = np.asarray(tf.random.gamma(shape=[4000], alpha=[0.25, 2.0]))
    assert numbers.shape == (4000, 2)
    np.testing.assert_allclose(numbers.mean(0), [0.25, 2.0], rtol=0.15)


def test_pixels_are_spread_over_pictures_of_any_size():
    pictures = np.arange(192, dtype=np.float32).reshape(2, 3, 4, 8)
    x = tf.keras.Input((None, None, 8))
    model = tf.keras.Model(x, tf.nn.depth_to_space(x, 2))
    for part in (pictures, pictures[:, :2]):
        np.testing.assert_array_equal(model.predict(part), tf.nn.depth_to_space(part, 2).numpy())


def test_programs_for_several_devices_run_on_one():
    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        assert tf.distribute.get_strategy() is strategy and tf.distribute.has_strategy()
        weight = tf.Variable(1.0)
    rows = tf.data.Dataset.from_tensor_slices([1.0, 2.0, 3.0, 4.0]).batch(2 * strategy.num_replicas_in_sync)
    totals = []
    for batch in strategy.experimental_distribute_dataset(rows):
        each = strategy.run(lambda x: x * weight, args=(batch,))
        totals.append(float(strategy.reduce(tf.distribute.ReduceOp.SUM, each, axis=0)))
    assert totals == [3.0, 7.0] and not tf.distribute.has_strategy()
    with pytest.raises(ValueError, match="there is no TPU"):
        tf.distribute.cluster_resolver.TPUClusterResolver()
    with pytest.raises(ValueError, match="reduce_op is"):
        strategy.reduce("LARGEST", 1.0)


def test_batches_of_two_sizes_side_by_side():
    large = tf.data.Dataset.range(8).batch(4)
    both = tf.data.Dataset.zip((large, tf.data.Dataset.range(4).batch(2)))
    assert [(len(x), size) for (x, y), size, _ in both.blocks() if len(y) == 2] == [(4, 4), (4, 4)]
    numbers = large.as_numpy_iterator()
    assert numbers.next().tolist() == [0, 1, 2, 3] and next(numbers).tolist() == [4, 5, 6, 7]


def test_rows_of_any_length_with_a_number_beside_them():
    texts = tf.data.Dataset.from_tensor_slices(["a b", "c"]).map(tf.strings.split)
    rows = tf.data.Dataset.zip((texts, tf.data.Dataset.range(2))).padded_batch(2)
    words, numbers = next(iter(rows))
    assert words.numpy().tolist() == [[b"a", b"b"], [b"c", b""]] and numbers.numpy().tolist() == [0, 1]
