"""Layers that are written with operations: what they compute is Keras's, in training on both engines as well."""

import numpy as np
import pytest

import clarinet
from clarinet import Input, Model, Sequential, layers

RNG = np.random.default_rng(1)
VOLUMES = {
    1: RNG.normal(size=(3, 4, 7, 2)).astype(np.float32),
    2: RNG.normal(size=(3, 4, 5, 6, 2)).astype(np.float32),
    3: RNG.normal(size=(2, 3, 4, 3, 4, 2)).astype(np.float32),
}


def with_same_weights(name, x, **settings):
    """The layer here and in Keras."""
    import keras

    ours, theirs = getattr(layers, name)(**settings), getattr(keras.layers, name)(**settings)
    ours(x), theirs(x)
    theirs.set_weights([np.asarray(w) for w in ours.get_weights()])
    return ours, theirs


@pytest.mark.parametrize("kind", ["Average", "Max"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_adaptive_pooling_is_that_of_keras(kind, rank):
    x = VOLUMES[rank][:, 0]
    ours, theirs = with_same_weights(f"Adaptive{kind}Pooling{rank}D", x, output_size=(2, 3, 3)[:rank])
    np.testing.assert_allclose(ours(x), np.asarray(theirs(x)), rtol=1e-5, atol=1e-6)
    assert type(ours).from_config(ours.get_config()).get_config() == ours.get_config()


@pytest.mark.parametrize(
    ("rank", "settings"),
    [
        (1, {"padding": "same", "return_sequences": True, "go_backwards": True}),
        (2, {"strides": 2, "unit_forget_bias": False, "return_state": True, "recurrent_activation": "hard_sigmoid"}),
        pytest.param(
            2,
            {"padding": "same", "use_bias": False, "return_sequences": True, "dilation_rate": 2},
            marks=pytest.mark.slow,
        ),
        pytest.param(3, {"padding": "same"}, marks=pytest.mark.slow),
    ],
)
def test_convolutional_lstm_is_that_of_keras(rank, settings):
    x = VOLUMES[rank]
    ours, theirs = with_same_weights(f"ConvLSTM{rank}D", x, filters=2, kernel_size=2, **settings)
    for found, wanted in zip(np.atleast_1d(ours(x)), np.atleast_1d(theirs(x))):
        np.testing.assert_allclose(np.asarray(found), np.asarray(wanted), rtol=1e-4, atol=1e-5)
    assert type(ours).from_config(ours.get_config()).get_config() == ours.get_config()


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_convolutional_lstm_learns(engine):
    clarinet.utils.set_random_seed(0)
    layer = layers.ConvLSTM2D(3, 3, padding="same", dropout=0.1, recurrent_dropout=0.1, data_format="channels_first")
    model = Sequential([Input((3, 1, 4, 4)), layer, layers.Flatten(), layers.Dense(1)])
    model.compile(clarinet.optimizers.Adam(0.02), "mse", engine="auto" if engine == "native" else engine)
    x = np.random.default_rng(2).normal(size=(8, 3, 1, 4, 4)).astype(np.float32)
    history = model.fit(x, 3 + x[:, 0, 0, :1, 0], epochs=12, verbose=0).history["loss"]
    assert history[-1] < history[0] / 2


def test_a_wrapper_of_ones_own_holds_its_layer():
    class Twice(layers.Wrapper):
        def call(self, inputs):
            return 2 * self.layer(inputs)

    x = Input((3,))
    model = Model(x, Twice(layers.Dense(2))(x))
    rows = RNG.normal(size=(4, 3)).astype(np.float32)
    (kernel, bias) = model.get_weights()
    np.testing.assert_allclose(model.predict(rows, verbose=0), 2 * (rows @ kernel + bias), rtol=1e-5)
    again = layers.Wrapper.from_config(layers.Wrapper(layers.Dense(2)).get_config())
    assert again.layer.units == 2


class Fussy(layers.Layer):
    """A layer that says what it takes."""

    def __init__(self, spec):
        super().__init__()
        self.input_spec = spec

    def call(self, inputs):
        return inputs


@pytest.mark.parametrize(
    ("spec", "shape", "message"),
    [
        ({"ndim": 3}, (2, 3), "expected 3 axes"),
        ({"max_ndim": 2}, (2, 3, 1), "at most 2 axes"),
        ({"min_ndim": 3}, (2, 3), "at least 3 axes"),
        ({"axes": {-1: 4}}, (2, 3), "size 4 on axis -1"),
        ({"shape": (None, 4)}, (2, 3), "expected shape"),
        ({"dtype": "int32"}, (2, 3), "dtype int32"),
    ],
)
def test_input_specs_are_looked_at(spec, shape, message):
    import keras

    spec = layers.InputSpec(**spec)
    with pytest.raises(ValueError, match=message):
        Fussy(spec)(np.zeros(shape, np.float32))
    assert clarinet.InputSpec is layers.InputSpec
    assert set(keras.InputSpec().get_config()) <= set(spec.get_config())


def test_input_specs_let_pass_what_fits():
    Fussy(layers.InputSpec(shape=(None, 3, 1), allow_last_axis_squeeze=True))(np.zeros((2, 3)))
    Fussy([layers.InputSpec(ndim=2)])(Input((3,)))
    with pytest.raises(ValueError, match="there are 2 axes"):
        layers.InputSpec(ndim=2, axes={2: 1})


def test_limits_of_all_trainings():
    model = Sequential([Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.zeros((8, 1), np.float32)
    try:
        clarinet.config.set_max_epochs(2)
        clarinet.config.set_max_steps_per_epoch(3)
        assert clarinet.config.max_epochs() == 2 and clarinet.config.max_steps_per_epoch() == 3
        assert len(model.fit(x, x, batch_size=1, epochs=5, verbose=0).history["loss"]) == 2
        assert model.optimizer.iterations == 6
    finally:
        clarinet.config.set_max_epochs(None)
        clarinet.config.set_max_steps_per_epoch(None)


def test_settings_that_are_attributes():
    settings = clarinet.utils.Config(rate=0.1)
    settings.steps = 3
    assert settings.to_json() == '{"rate": 0.1, "steps": 3}'
    settings.freeze()
    with pytest.raises(ValueError, match="frozen"):
        settings.rate = 1
    with pytest.raises(AttributeError, match="did you mean 'rate'"):
        _ = settings.rat


def test_a_list_of_callbacks_for_loops_of_ones_own():
    from clarinet.callbacks import CallbackList, History

    several = CallbackList(add_history=True, epochs=1)
    several.on_train_begin()
    several.on_epoch_end(0, {"loss": 1.0})
    (history,) = several.callbacks
    assert isinstance(history, History) and history.history == {"loss": [1.0]}


def test_mixed_precision_is_float32_and_says_so():
    from clarinet.keras import mixed_precision

    with pytest.warns(clarinet.problems.ClarinetWarning, match="models compute in float32"):
        mixed_precision.set_global_policy(mixed_precision.Policy("mixed_float16"))
    assert mixed_precision.global_policy() == "float32"
