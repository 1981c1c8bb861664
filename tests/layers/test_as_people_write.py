"""What programs do with layers, models, losses and metrics of their own beyond the guides' first pages."""

import numpy as np
import pytest

import clarinet
import clarinet as tf
from clarinet import layers, ops

X = np.random.default_rng(3).normal(size=(8, 3)).astype("float32")


class Scaled(clarinet.Model):
    """Makes a weight in ``build`` and has one as an attribute."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)
        self.shift = clarinet.Variable(np.zeros(2, "float32"), name="shift")

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")
        super().build(input_shape)

    def call(self, x):
        return self.dense(x * self.scale) + self.shift


def test_a_model_makes_weights_itself():
    model = Scaled()
    model.compile(clarinet.optimizers.SGD(0.1), "mse")
    model(X)
    dense, shift, scale = model.dense.get_weights(), model.shift.numpy(), model.scale.numpy()
    model.fit(X, np.ones((8, 2)), batch_size=8, verbose=0)
    error = 2 * ((X * scale) @ dense[0] + dense[1] + shift - 1) / 16
    np.testing.assert_allclose(model.shift.numpy(), shift - 0.1 * error.sum(0), rtol=1e-5)
    np.testing.assert_allclose(model.scale.numpy(), scale - 0.1 * ((error @ dense[0].T) * X).sum(0), rtol=1e-5)
    assert [w.path for w in model.weights] == ["scaled/shift", "scaled/scale", "dense/kernel", "dense/bias"]
    assert model.layers == [model.dense]
    assert model.engine == "native"


def test_weights_of_a_model_within_another(tmp_path):
    inner = Scaled()
    inputs = layers.Input((3,))
    model = clarinet.Model(inputs, layers.Dense(1)(inner(inputs)))
    model.compile("sgd", "mse")
    before = inner.scale.numpy()
    model.fit(X, np.ones((8, 1)), verbose=0)
    assert (inner.scale.numpy() != before).all()
    with pytest.raises(TypeError, match="makes weights itself"):
        model.save(tmp_path / "m.clarinet")
    model.save_weights(tmp_path / "w.safetensors")


def test_build_is_called_once():
    model = Scaled()
    model.build((None, 3))
    model(X)
    assert len(model.weights) == 4


def test_a_layer_has_its_weights_once_it_is_used():
    inputs = layers.Input((3,))
    encoder = layers.Dense(2)
    hidden = encoder(inputs)
    kernel = encoder.weights[0]

    class Tied(layers.Layer):
        def call(self, x):
            return x @ ops.transpose(encoder.kernel)

    model = clarinet.Model(inputs, Tied()(hidden))
    assert kernel is encoder.kernel
    assert len(model.trainable_weights) == 2
    model.compile(clarinet.optimizers.SGD(0.1), "mse")
    w, b = (each.astype(float) for each in encoder.get_weights())
    model.fit(X, X, batch_size=8, verbose=0)
    h = X @ w + b
    error = 2 * (h @ w.T - X) / 24
    np.testing.assert_allclose(encoder.kernel.numpy(), w - 0.1 * (X.T @ (error @ w) + error.T @ h), rtol=1e-4)


def test_a_gradient_of_ones_own_counts_in_models():
    @tf.custom_gradient
    def reversed_gradient(x):
        return tf.identity(x), lambda upstream: -upstream

    class Reverse(layers.Layer):
        def call(self, x):
            return reversed_gradient(x)

    model = clarinet.Sequential([layers.Input((3,)), Reverse(), layers.Dense(1)])
    x = ops.convert_to_tensor(X)
    with clarinet.GradientTape() as tape:
        tape.watch(x)
        y = model(x)
    np.testing.assert_allclose(tape.gradient(y, x), np.tile(-model.layers[1].kernel.numpy().T, (8, 1)))


def test_a_loss_reads_a_variable_as_it_is_now():
    alpha = clarinet.Variable(1.0, trainable=False)
    model = clarinet.Sequential([layers.Input((3,)), layers.Dense(1)])
    model.compile(clarinet.optimizers.SGD(0.0), lambda t, p: alpha * ops.mean(ops.square(t - p)))
    first = model.fit(X, np.ones((8, 1)), verbose=0).history["loss"][0]
    alpha.assign(3.0)
    assert model.fit(X, np.ones((8, 1)), verbose=0).history["loss"][0] == pytest.approx(3 * first)


def test_a_loss_that_reads_a_trained_weight_is_refused():
    model = clarinet.Sequential([layers.Input((3,)), layers.Dense(1)])
    kernel = model.layers[0].kernel
    model.compile("sgd", lambda t, p: ops.mean(ops.square(t - p)) + ops.sum(ops.square(kernel)))
    with pytest.raises(ValueError, match=r"reads the weight 'dense/kernel'.*kernel_regularizer"):
        model.fit(X, np.ones((8, 1)), verbose=0)


def test_only_layers_add_to_the_loss():
    class Penalty(layers.Layer):
        def call(self, x):
            self.add_loss(ops.mean(ops.square(x)))
            return x

    inputs = layers.Input((3,))
    model = clarinet.Model(inputs, Penalty()(layers.Dense(2)(inputs)))
    model.compile("sgd")
    expected = np.square(model.predict(X)).mean()
    assert model.fit(X, batch_size=8, verbose=0).history["loss"][0] == pytest.approx(expected, rel=1e-5)


def test_layers_within_layers_need_no_names():
    class Block(layers.Layer):
        def __init__(self):
            super().__init__()
            self.one = clarinet.Sequential([layers.Dense(3)])
            self.two = clarinet.Sequential([layers.Dense(3)])

        def build(self, input_shape):
            self.built = True

        def call(self, inputs):
            return layers.add([self.one(inputs), layers.Activation("relu")(self.two(inputs=inputs))])

    model = clarinet.Sequential([layers.Input((3,)), Block(), Block()])
    model.compile("sgd", "mse")
    model.fit(X, X, verbose=0)
    assert len(model.weights) == 8


def test_a_layer_with_weights_made_within_a_call_is_refused():
    class Wrong(layers.Layer):
        def call(self, x):
            return layers.Dense(2)(x)

    inputs = layers.Input((3,))
    model = clarinet.Model(inputs, Wrong()(inputs))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"Dense is made within a call.*__init__ or build"):
        model.fit(X, np.ones((8, 2)), verbose=0)


def test_shapes_are_computed_as_in_keras():
    assert layers.Conv2D(8, 3).compute_output_shape((None, 28, 28, 1)) == (None, 26, 26, 8)
    assert layers.Concatenate().compute_output_shape([(4, 2), (4, 3)]) == (4, 5)
    assert Scaled().compute_output_shape((None, 3)) == (None, 2)


def test_what_a_model_is_called_on():
    model = clarinet.Sequential([layers.Input((3,)), layers.Dense(1)])
    np.testing.assert_array_equal(model(inputs=X), model(X))
    with pytest.raises(TypeError, match="has no argument states: call it on"):
        model(X, states=X)


def test_losses_and_metrics_that_override_what_keras_calls():
    class Contrast(clarinet.losses.Loss):
        def __call__(self, y_true, y_pred, sample_weight=None):
            return ops.mean(ops.square(y_true - y_pred))

    class Perplexity(clarinet.metrics.Mean):
        def __init__(self):
            super().__init__("perplexity", dtype="float32")

        def update_state(self, y_true, y_pred, sample_weight=None):
            return super().update_state(ops.square(y_true - y_pred), sample_weight=sample_weight)

        def result(self):
            return ops.exp(super().result())

    model = clarinet.Sequential([layers.Input((3,)), layers.Dense(1)])
    model.compile(clarinet.optimizers.SGD(0.0), Contrast(), metrics=[Perplexity()])
    found = model.fit(X, np.ones((8, 1)), batch_size=8, verbose=0).history
    assert found["perplexity"][0] == pytest.approx(np.exp(found["loss"][0]), rel=1e-4)


def test_ids_in_a_part_of_the_input():
    pairs = np.array([[0, 4], [1, 3]])
    inputs = layers.Input((2,), dtype="int32")
    both = layers.Embedding(2, 3)(inputs[:, 0]) * layers.Embedding(5, 3)(inputs[:, 1])
    assert clarinet.Model(inputs, both).predict(pairs).shape == (2, 3)


def test_a_function_as_initializer_is_saved_by_name(tmp_path):
    def quarter(shape, dtype=None):
        return ops.full(shape, 0.25, dtype=dtype)

    model = clarinet.Sequential([layers.Input((3,)), layers.Dense(1, kernel_initializer=quarter)])
    model.save(tmp_path / "m.clarinet")
    assert (clarinet.models.load_model(tmp_path / "m.clarinet").get_weights()[0] == 0.25).all()
    with pytest.raises(ValueError, match="'quarter' is not there to draw values"):
        clarinet.models.clone_model(clarinet.models.load_model(tmp_path / "m.clarinet")).get_weights()


def test_names_of_tensorflow():
    product = tf.matmul([[1.0, 2.0]], [[3.0, 4.0]], transpose_b=True)
    assert product.tolist() == [[11.0]]
    assert tf.Variable(initial_value=tf.zeros((2,))).shape == (2,)
    assert isinstance(tf.random_uniform_initializer(), clarinet.initializers.RandomUniform)
    logits = tf.constant([0.0, 0.0])
    with clarinet.GradientTape() as tape:
        tape.watch(logits)
        loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.constant([1.0, 0.0]), logits=logits)
    assert tape.gradient(loss, logits).tolist() == [-0.5, 0.5]
    rows = ops.convert_to_tensor(X)
    with clarinet.GradientTape() as tape:
        tape.watch(rows)
        y = clarinet.utils.normalize(rows, axis=1)
    assert tape.gradient(y, rows) is not None


def test_rows_that_are_joined_with_an_axis_are_parted_again():
    class Steps(layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, x):
            flat = ops.reshape(x, (-1, 3))
            return x + ops.reshape(ops.relu(self.dense(flat)) + flat, (-1, 5, 3))

    x = np.random.default_rng(4).normal(size=(6, 5, 3)).astype("float32")
    inputs = layers.Input((5, 3))
    layer = Steps()
    model = clarinet.Model(inputs, layer(inputs))
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(model.predict(x), 2 * x + np.maximum(x @ kernel + bias, 0), atol=1e-5)
    model.compile("sgd", "mse")
    model.fit(x, x, batch_size=3, verbose=0)


def test_time_distributed_takes_a_model(tmp_path):
    inner = clarinet.Sequential([layers.Input((3,)), layers.Dense(2, "relu"), layers.BatchNormalization()])
    inputs = layers.Input((4, 3))
    model = clarinet.Model(inputs, layers.TimeDistributed(inner)(inputs))
    x = np.random.default_rng(4).normal(size=(6, 4, 3)).astype("float32")
    np.testing.assert_allclose(model.predict(x)[:, 1], inner.predict(x[:, 1]), atol=1e-6)
    model.save(tmp_path / "m.clarinet")
    np.testing.assert_array_equal(clarinet.models.load_model(tmp_path / "m.clarinet").predict(x), model.predict(x))
    own = clarinet.Model(inner.inputs, inner.inputs[0] * 2)
    with pytest.raises(ValueError, match=r"reshape to \(-1, \.\.\.\) in a layer of your own"):
        layers.TimeDistributed(own)(inputs)
