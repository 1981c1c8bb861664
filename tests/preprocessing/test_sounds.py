"""Folders of sounds as data sets."""

import numpy as np
import pytest

import clarinet as tf
from clarinet import keras


@pytest.fixture
def folder(tmp_path):
    for name, level, lengths in (("high", 0.5, (4, 6)), ("low", -0.25, (4, 4))):
        (tmp_path / name).mkdir()
        for i, length in enumerate(lengths):
            path = tmp_path / name / f"{i}.wav"
            path.write_bytes(tf.audio.encode_wav(np.full((length, 1), level), 8000))
    return tmp_path


def test_sounds_of_one_length(folder):
    sounds = keras.utils.audio_dataset_from_directory(folder, output_sequence_length=5, shuffle=False, batch_size=4)
    assert sounds.class_names == ["high", "low"]
    samples, labels = next(iter(sounds))
    assert samples.shape == (4, 5, 1) and labels.numpy().tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(samples[:, 3, 0], [0.5, 0.5, -0.25, -0.25], atol=1e-4)
    assert samples[:, 4, 0].numpy().round(2).tolist() == [0, 0.5, 0, 0]


def test_short_sounds_of_a_batch_end_in_zeros(folder):
    samples, _ = next(iter(keras.utils.audio_dataset_from_directory(folder, shuffle=False, batch_size=2)))
    assert samples.shape == (2, 6, 1) and samples[0, 4:].numpy().tolist() == [[0], [0]]


def test_another_rate_and_two_parts(folder):
    settings = {"sampling_rate": 4000, "output_sequence_length": 2, "validation_split": 0.5, "subset": "both"}
    parts = keras.utils.audio_dataset_from_directory(folder, seed=0, **settings)
    assert [next(iter(part))[0].shape for part in parts] == [(2, 2, 1)] * 2
    with pytest.raises(ValueError, match="ragged=True is not supported"):
        keras.utils.audio_dataset_from_directory(folder, ragged=True)
    (folder / "low" / "0.wav").write_bytes(b"no sound")
    with pytest.raises(ValueError, match="the bytes are not a WAV file"):
        [*keras.utils.audio_dataset_from_directory(folder)]
