"""Spectrograms against Keras, in models whose sounds are of any length, and in files."""

import numpy as np
import pytest

from clarinet import keras

SOUNDS = np.random.default_rng(0).normal(size=(2, 200, 2)).astype(np.float32)


@pytest.mark.parametrize(
    "settings",
    [
        {"frame_length": 64},
        {"frame_length": 64, "mode": "psd", "padding": "same"},
        {"frame_length": 32, "mode": "stft", "scaling": "spectrum", "frame_step": 8},
        {"frame_length": 40, "mode": "imag", "periodic": True, "fft_length": 128},
        {"frame_length": 16, "mode": "magnitude", "window": None, "expand_dims": True},
        {"frame_length": 16, "mode": "real", "window": "blackman", "scaling": None},
    ],
    ids=lambda settings: settings.get("mode", "log"),
)
def test_convolutions_give_what_keras_gives(settings):
    oracle = pytest.importorskip("keras")
    expected = np.asarray(oracle.layers.STFTSpectrogram(**settings)(SOUNDS))
    found = np.asarray(keras.layers.STFTSpectrogram(**settings)(SOUNDS))
    np.testing.assert_allclose(found, expected, atol=5e-4)


@pytest.mark.parametrize("settings", [{}, {"power_to_db": False, "window": "hamming", "sequence_length": 50}])
def test_bands_as_wide_as_the_ear_hears_them(settings):
    oracle = pytest.importorskip("keras")
    settings = {"fft_length": 64, "sequence_stride": 16, "num_mel_bins": 10} | settings
    expected = np.asarray(oracle.layers.MelSpectrogram(**settings)(SOUNDS[..., 0]))
    np.testing.assert_allclose(keras.layers.MelSpectrogram(**settings)(SOUNDS[..., 0]), expected, rtol=1e-4, atol=1e-3)


def test_a_model_of_sounds_of_any_length(tmp_path):
    x = keras.Input((None, 1))
    layer = keras.layers.STFTSpectrogram(frame_length=16)
    model = keras.Model(x, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling1D()(layer(x))))
    model.compile("adam", "mse")
    sounds = SOUNDS[..., :1]
    before = model.get_weights()[0]
    model.fit(sounds, np.ones((2, 1)), epochs=2, verbose=0)
    assert len(model.trainable_variables) == 4 and (model.get_weights()[0] != before).any()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(sounds[:, :100]), model.predict(sounds[:, :100]))
    layer.trainable = False
    assert len(model.trainable_variables) == 2


def test_what_they_refuse():
    with pytest.raises(ValueError, match="mode is one of log, magnitude"):
        keras.layers.STFTSpectrogram(mode="loud")
    with pytest.raises(ValueError, match="expected 1 <= frame_step <= frame_length <= fft_length, received 9, 8, 8"):
        keras.layers.STFTSpectrogram(frame_length=8, frame_step=9)
    with pytest.raises(ValueError, match="a window of 70 samples is longer than fft_length 64"):
        keras.layers.MelSpectrogram(fft_length=64, sequence_length=70)
    with pytest.raises(ValueError, match="the window has the shape"):
        keras.initializers.STFT(window=[1.0, 2.0])((3, 1, 2))
