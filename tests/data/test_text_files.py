"""Lines and columns of text files as data sets, files as tensors, and checkpoints of loops of one's own."""

import gzip

import numpy as np
import pytest

import clarinet as tf


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('age,name,fare\n1,"a, b",2.5\n3,c,\n5,d,1\n')
    return path


def test_lines_of_several_files_plain_and_packed(tmp_path):
    (tmp_path / "a.txt").write_text("one\n\ntwo")
    (tmp_path / "b.txt").write_text("three\r\n")
    files = [tmp_path / "a.txt", str(tmp_path / "b.txt")]
    assert list(tf.data.TextLineDataset(files).as_numpy_iterator()) == [b"one", b"", b"two", b"three"]
    listed = tf.data.Dataset.list_files(str(tmp_path / "*.txt"), shuffle=False)
    read = listed.interleave(lambda file: tf.data.TextLineDataset(file).skip(1), cycle_length=2)
    assert list(read.as_numpy_iterator()) == [b"", b"two"]
    with gzip.open(tmp_path / "c.gz", "wt") as file:
        file.write("four\n")
    assert [str(line) for line in tf.data.TextLineDataset(tmp_path / "c.gz", "GZIP")] == ["b'four'"]
    with pytest.raises(ValueError, match="expected 'GZIP'"):
        tf.data.TextLineDataset(files, "zip")


def test_columns_of_csv_files(table):
    rows = tf.data.experimental.CsvDataset(table, [tf.int32, tf.string, 7.0], header=True)
    assert list(rows.as_numpy_iterator()) == [(1, b"a, b", 2.5), (3, b"c", 7.0), (5, b"d", 1.0)]
    some = tf.data.experimental.CsvDataset(str(table), [0.0], header=True, select_cols=[0])
    stacked = some.batch(3).map(lambda *columns: tf.stack(columns, 1)).unbatch()
    assert [row.tolist() for row in stacked] == [[1], [3], [5]]
    with pytest.raises(ValueError, match="a field is empty"):
        list(tf.data.experimental.CsvDataset(table, [0, "", tf.float32], header=True))
    with pytest.raises(ValueError, match="has 3 fields to read, expected 2"):
        list(tf.data.experimental.CsvDataset(table, [0, ""], header=True))
    with pytest.raises(ValueError, match="record_defaults says that the column holds int32"):
        list(tf.data.experimental.CsvDataset(table, [0, 0, 0.0], header=True))


def test_batches_of_named_columns(table):
    make = tf.data.experimental.make_csv_dataset
    batches = list(make(str(table), 2, label_name="age", num_epochs=1, shuffle=False))
    assert [label.tolist() for _, label in batches] == [[1, 3], [5]]
    assert batches[0][0]["fare"].tolist() == [2.5, 0] and batches[0][0]["fare"].dtype == np.float32
    assert batches[0][0]["name"].tolist() == [b"a, b", b"c"] and batches[0][1].dtype == np.int32
    drawn = make(table, 3, select_columns=["age"], shuffle_seed=1)  # without end
    assert all(sorted(batch["age"].tolist()) == [1, 3, 5] for batch in drawn.take(3))
    with pytest.raises(ValueError, match="label_name='wage'"):
        make(table, 2, label_name="wage")
    with pytest.raises(FileNotFoundError, match="no file matches"):
        make("nowhere/*.csv", 2)


def test_files_and_what_they_hold(tmp_path):
    image = pytest.importorskip("PIL.Image")
    path = str(tmp_path / "red.png")
    image.new("RGB", (4, 3), (255, 0, 0)).save(path)

    def read(file):
        return tf.image.resize(tf.io.decode_png(tf.io.read_file(file), channels=3), (2, 2)) / 255.0

    (batch,) = tf.data.Dataset.list_files(path).map(read).batch(1)
    np.testing.assert_allclose(batch, np.broadcast_to([1.0, 0.0, 0.0], (1, 2, 2, 3)))
    assert tf.image.decode_image(tf.io.read_file(path), channels=1).shape == (3, 4, 1)
    tf.io.write_file(str(tmp_path / "new" / "word"), "yes")
    with tf.io.gfile.GFile(tmp_path / "new" / "word") as file:
        assert file.read() == "yes"
    assert tf.io.gfile.exists(path) and tf.io.gfile.listdir(tmp_path / "new") == ["word"]
    yuv = tf.image.rgb_to_yuv(np.array([[[1.0, 0.5, 0.25]]]))
    np.testing.assert_allclose(yuv[0, 0], [0.6210, -0.1826, 0.3325], atol=1e-4)
    np.testing.assert_allclose(tf.image.yuv_to_rgb(yuv), [[[1.0, 0.5, 0.25]]], atol=1e-6)


def test_checkpoints_of_a_loop(tmp_path):
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(3,))])
    optimizer, step = tf.keras.optimizers.Adam(0.1), tf.Variable(0)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer, step=step)
    manager = tf.train.CheckpointManager(checkpoint, tmp_path / "kept", max_to_keep=2)
    assert manager.restore_or_initialize() is None

    def train():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(np.ones((2, 3), np.float32)) - 5))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        checkpoint.step.assign_add(1)
        return float(loss)

    for _ in range(3):
        train()
        manager.save()
    assert [name[-6:] for name in manager.checkpoints] == ["ckpt-2", "ckpt-3"]
    after = [train(), train()]
    checkpoint.restore(tf.train.latest_checkpoint(tmp_path / "kept")).assert_consumed()
    assert int(step) == 3 and int(optimizer.iterations) == 3
    assert [train(), train()] == after
    with pytest.raises(TypeError, match="epoch is int"):
        tf.train.Checkpoint(epoch=1)
    fresh = tf.train.Checkpoint(optimizer=tf.keras.optimizers.Adam())
    with pytest.raises(ValueError, match=r"optimizer.build\(model.trainable_variables\) makes room"):
        fresh.restore(manager.latest_checkpoint)


def test_a_model_for_a_loop_of_ones_own_needs_no_call():
    class Pair(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.encoder = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(3,), bias_initializer=None)])
            self.decoder = tf.keras.Sequential([tf.keras.layers.Dense(3, input_shape=(2,))])

    model = Pair()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model.decoder(model.encoder(np.ones((1, 3), np.float32))))
    gradients = tape.gradient(loss, model.trainable_variables)
    assert [g.shape for g in gradients] == [(3, 2), (2,), (2, 3), (3,)]
    with pytest.raises(NotImplementedError, match="define call"):
        model(np.ones((1, 3), np.float32))


def test_a_layer_as_activation_of_a_layer_runs_on_some_engine():
    layers = tf.keras.layers
    model = tf.keras.Sequential([layers.Dense(3, input_shape=(2,)), layers.Activation(layers.LeakyReLU(0.2))])
    model.compile(loss="mse", optimizer="sgd")
    model.trainable = False
    before = model.get_weights()
    assert np.isfinite(model.train_on_batch(np.ones((4, 2)), np.ones((4, 3))))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))
