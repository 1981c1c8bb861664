"""Names of TensorFlow that real programs use: shapes as lists, texts of numbers, Sobel's edges, event files."""

import numpy as np
import pytest

import clarinet as tf


def test_shapes_know_as_list():
    tensor = tf.Input((28, 3))
    assert tensor.shape.as_list() == [None, 28, 3] == tensor.get_shape().as_list()
    assert tensor.shape == (None, 28, 3) and tensor.shape.rank == 3 and not tensor.shape.is_fully_defined()
    assert tf.Variable([[1.0, 2.0]]).get_shape().as_list() == [1, 2]
    assert tf.zeros((2, 5)).get_shape().num_elements() == 10
    assert tf.TensorShape([None, 4]) == (None, 4) and tf.TensorShape([None, 4]).num_elements() is None


def test_numbers_as_texts():
    assert tf.cast(np.array([3, 12]), tf.string).numpy().tolist() == [b"3", b"12"]
    assert tf.cast(["a"], tf.dtypes.string).numpy().tolist() == [b"a"]
    assert tf.cast([1.7], tf.int32).tolist() == [1]


def test_sobel_edges_mirror_the_border():
    # Kernels by hand: on a slope of 1 a column, each place inside changes by 8 to the right.
    slope = np.broadcast_to(np.arange(6, dtype=np.float32)[None, None, :, None], (1, 4, 6, 1))
    down, right = np.moveaxis(tf.image.sobel_edges(slope).numpy()[0, :, :, 0], -1, 0)
    np.testing.assert_allclose(down, 0, atol=1e-6)
    np.testing.assert_allclose(right[:, 1:-1], 8)
    np.testing.assert_allclose(right[:, [0, -1]], 0, atol=1e-6)


def test_event_files(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    writer = tf.summary.create_file_writer(str(tmp_path / "logs"))
    assert not tf.summary.scalar("loss", 0.5, step=1)  # nobody writes
    with writer.as_default(step=3):
        assert tf.summary.scalar("loss", tf.constant(0.5))
        assert tf.summary.scalar("loss", 0.25, step=np.int64(4))
        assert tf.summary.histogram("weights", np.arange(4.0))
    with writer.as_default(), pytest.raises(ValueError, match="at which step"):
        tf.summary.scalar("loss", 1.0)
    writer.close()
    (file,) = (tmp_path / "logs").iterdir()
    events = [event for event in EventFileLoader(str(file)).Load() if event.HasField("summary")]
    assert [(event.step, event.summary.value[0].tag) for event in events] == [
        (3, "loss"),
        (4, "loss"),
        (3, "weights"),
    ]


def test_equality_compares_number_by_number_in_networks():
    # By hand: what is padded with 0 does not count, as in many programs' losses.
    def padded(y_true, y_pred):
        counts = tf.cast(y_true != 0, tf.float32)
        return tf.reduce_sum(tf.square(y_true - y_pred) * counts) / tf.reduce_sum(counts)

    y = np.array([[0.0, 1.0], [2.0, 0.0], [3.0, 3.0]], np.float32)
    model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(2)])
    model.compile("sgd", padded)
    prediction = model.predict(y, verbose=0)
    expected = ((y - prediction) ** 2)[y != 0].mean()
    np.testing.assert_allclose(model.evaluate(y, y, verbose=0), expected, rtol=1e-5)

    x = tf.Input((3,))
    same = tf.Model(x, tf.keras.ops.cast(tf.keras.ops.relu(x) == x, "int32"))
    assert same.predict(np.array([[1.0, -1.0, 0.0]]), verbose=0).tolist() == [[1, 0, 1]]
    assert (x == None) is False and (x != "a") is True and {x: 1}[x] == 1  # noqa: E711
