"""Texts, sequences and pictures come out as in Keras."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clarinet
from clarinet.preprocessing import image, sequence, text

keras: Any = pytest.importorskip("keras")
LEGACY = pytest.importorskip("keras.src.legacy.preprocessing.text")
SEQUENCES = pytest.importorskip("keras.src.legacy.preprocessing.sequence")

TEXTS = ["The cat sat on the mat.", "The dog, the CAT; the bird!", "one\ttwo  three", "", "a-b c_d"]
WORDS = st.lists(st.text("abC .,!-", max_size=12), max_size=6)
SETTINGS = [{}, {"num_words": 4}, {"oov_token": "?"}, {"num_words": 3, "oov_token": "?"}, {"char_level": True}]


@given(WORDS, WORDS, st.sampled_from([*SETTINGS, {"lower": False, "filters": "."}]))
def test_tokenizer(learned: list[str], used: list[str], settings: dict[str, Any]) -> None:
    ours, theirs = text.Tokenizer(**settings), LEGACY.Tokenizer(**settings)
    for one in (ours, theirs):
        one.fit_on_texts(learned)
    assert ours.word_index == theirs.word_index
    assert dict(ours.word_counts) == dict(theirs.word_counts)
    assert ours.document_count == theirs.document_count
    sequences = ours.texts_to_sequences(used)
    assert sequences == theirs.texts_to_sequences(used)
    assert ours.sequences_to_texts(sequences) == theirs.sequences_to_texts(sequences)


@pytest.mark.parametrize("mode", ["binary", "count", "freq", "tfidf"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_matrices_of_texts(mode: str, settings: dict[str, Any]) -> None:
    ours, theirs = text.Tokenizer(**settings), LEGACY.Tokenizer(**settings)
    for one in (ours, theirs):
        one.fit_on_texts(TEXTS)
    np.testing.assert_array_equal(ours.texts_to_matrix(TEXTS, mode), theirs.texts_to_matrix(TEXTS, mode))


def test_tokenizers_travel_as_json() -> None:
    tokenizer = text.Tokenizer(num_words=5, oov_token="?")
    tokenizer.fit_on_texts(TEXTS)
    assert json.loads(tokenizer.to_json())["class_name"] == "Tokenizer"
    for read in (text.tokenizer_from_json, LEGACY.tokenizer_from_json):
        assert read(tokenizer.to_json()).texts_to_sequences(TEXTS) == tokenizer.texts_to_sequences(TEXTS)
    with pytest.raises(ValueError, match=r"expected what Tokenizer\.to_json gave"):
        text.tokenizer_from_json("[1]")


@pytest.mark.parametrize("one", TEXTS)
def test_words_and_hashes(one: str) -> None:
    assert text.text_to_word_sequence(one) == LEGACY.text_to_word_sequence(one)
    assert text.one_hot(one, 30) == LEGACY.one_hot(one, 30)
    assert text.hashing_trick(one, 30, "md5") == LEGACY.hashing_trick(one, 30, hash_function="md5")


@pytest.mark.parametrize(
    "settings",
    [{}, {"sampling_rate": 2, "stride": 3}, {"reverse": True, "batch_size": 4}, {"start_index": 3, "end_index": 15}],
    ids=str,
)
def test_timeseries_generator(settings: dict[str, Any]) -> None:
    data, targets = np.arange(40).reshape(20, 2), np.arange(20)
    ours = sequence.TimeseriesGenerator(data, targets, 4, **settings)
    theirs = SEQUENCES.TimeseriesGenerator(data, targets, 4, **settings)
    assert len(ours) == len(theirs)
    for i in range(len(ours)):
        for one, other in zip(ours[i], theirs[i]):
            np.testing.assert_array_equal(one, other)


def test_skipgrams() -> None:
    words = [1, 0, 3, 2, 5, 4, 1]
    settings: dict[str, Any]
    for settings in ({}, {"categorical": True}, {"window_size": 1, "negative_samples": 0.5}):
        import random

        random.seed(3)
        ours = sequence.skipgrams(words, 6, seed=7, **settings)
        random.seed(3)
        assert ours == SEQUENCES.skipgrams(words, 6, seed=7, **settings)
    np.testing.assert_allclose(sequence.make_sampling_table(30), SEQUENCES.make_sampling_table(30), rtol=1e-12)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"sequence_stride": 3, "sampling_rate": 2},
        {"batch_size": 4, "start_index": 2, "end_index": 18},
        {"batch_size": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("with_targets", [True, False])
def test_timeseries_dataset(settings: dict[str, Any], with_targets: bool) -> None:
    data, targets = np.arange(40.0).reshape(20, 2), np.arange(20)
    goals = targets if with_targets else None
    ours = list(clarinet.utils.timeseries_dataset_from_array(data, goals, 3, **settings))
    start, rate = settings.get("start_index", 0), settings.get("sampling_rate", 1)
    end, stride = settings.get("end_index", 20), settings.get("sequence_stride", 1)
    begins = range(start, end - 2 * rate, stride)
    size = settings.get("batch_size", 128) or 1
    windows = [data[i : i + 2 * rate + 1 : rate] for i in begins]
    batches = [windows[i : i + size] for i in range(0, len(windows), size)]
    assert len(ours) == len(batches)
    for found, expected in zip(ours, batches):
        x = found[0] if with_targets else found
        np.testing.assert_array_equal(x, np.stack(expected) if settings.get("batch_size", 1) else expected[0])
    if with_targets:
        np.testing.assert_array_equal(np.concatenate([np.atleast_1d(y) for _, y in ours]), [targets[i] for i in begins])


def test_a_shuffled_series_has_all_windows_and_follows_from_its_seed() -> None:
    orders = [
        [int(x[0]) for x in clarinet.utils.timeseries_dataset_from_array(
            np.arange(50), None, 3, batch_size=None, shuffle=True, seed=5)]
        for _ in range(2)
    ]  # fmt: skip
    assert orders[0] == orders[1] != sorted(orders[0])
    assert sorted(orders[0]) == list(range(48))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    generator = np.random.default_rng(0)
    for name, count in (("cats", 5), ("dogs", 4)):
        (tmp_path / name).mkdir()
        for i in range(count):
            array = generator.integers(0, 256, (6 + i, 8, 3))
            image.save_img(tmp_path / name / f"{i}.png", array, scale=False)
    return tmp_path


def test_pictures_as_arrays_and_files(pictures: Path) -> None:
    path = pictures / "cats" / "3.png"
    for settings in (
        {},
        {"color_mode": "grayscale"},
        {"color_mode": "rgba"},
        {"target_size": (4, 5)},
        {"target_size": (4, 5), "interpolation": "bicubic", "keep_aspect_ratio": True},
    ):
        ours, theirs = image.load_img(path, **settings), keras.utils.load_img(path, **settings)  # type: ignore[arg-type]
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
        array = image.img_to_array(ours)
        np.testing.assert_array_equal(array, keras.utils.img_to_array(theirs))
        assert array.dtype == np.float32
    for shape in ((3, 4, 1), (3, 4, 3), (3, 4, 4)):
        x = np.random.default_rng(1).normal(size=shape) * 300
        for scale in (True, False):
            ours, theirs = image.array_to_img(abs(x), scale=scale), keras.utils.array_to_img(abs(x), scale=scale)
            assert ours.mode == theirs.mode
            np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
    x = np.random.default_rng(1).uniform(size=(2, 7, 9, 3)).astype(np.float32)
    expected = keras.preprocessing.image.smart_resize(x, (4, 4))
    np.testing.assert_allclose(image.smart_resize(x, (4, 4)), expected, atol=1e-5)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected shape"):
        image.array_to_img(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="the last axis holds the channels"):
        image.img_to_array(np.zeros((2, 2)), data_format="channels_first")
    with pytest.raises(ValueError, match="color_mode is one of"):
        image.load_img(tmp_path / "a.png", color_mode="cmyk")
    with pytest.raises(FileNotFoundError):
        image.load_img(tmp_path / "a.png")
    with pytest.raises(ValueError, match="no window of 9 rows fits"):
        clarinet.utils.timeseries_dataset_from_array(np.arange(5), None, 9)


def test_a_folder_of_pictures(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset: Any = clarinet.utils.image_dataset_from_directory(pictures, image_size=(6, 8), batch_size=4, shuffle=False)
    assert capsys.readouterr().out == "Found 9 files belonging to 2 classes.\n"
    assert dataset.class_names == ["cats", "dogs"]
    x, y = (np.concatenate(parts) for parts in zip(*dataset))
    assert (x.shape, x.dtype, y.tolist()) == ((9, 6, 8, 3), np.float32, [0] * 5 + [1] * 4)
    np.testing.assert_array_equal(x[0], image.img_to_array(image.load_img(dataset.file_paths[0])))
    one_hot: Any = clarinet.utils.image_dataset_from_directory(
        pictures, label_mode="categorical", image_size=4, color_mode="grayscale", verbose=False, seed=1
    )
    x, y = next(iter(one_hot))
    assert (x.shape, y.shape) == ((9, 4, 4, 1), (9, 2))
    assert [p.split("/")[-2] for p in one_hot.file_paths] != sorted(p.split("/")[-2] for p in one_hot.file_paths)


def test_the_parts_of_a_folder_are_those_of_keras(pictures: Path) -> None:
    from keras.src.utils import dataset_utils

    paths, _, _ = dataset_utils.index_directory(
        str(pictures), "inferred", (".png",), shuffle=True, seed=3, verbose=False
    )
    train, held_out = clarinet.utils.image_dataset_from_directory(
        pictures, validation_split=0.3, subset="both", seed=3, image_size=4, verbose=False
    )
    assert [*train.file_paths, *held_out.file_paths] == paths
    assert len(held_out.file_paths) == 2


def test_a_folder_of_texts(tmp_path: Path) -> None:
    for name in ("neg", "pos"):
        (tmp_path / name).mkdir()
        for i in range(3):
            (tmp_path / name / f"{i}.txt").write_text(f"{name} é {i}", "utf-8")
    dataset: Any = clarinet.utils.text_dataset_from_directory(
        tmp_path, label_mode="binary", shuffle=False, verbose=False, batch_size=2
    )
    texts, labels = next(iter(dataset))
    assert texts.numpy().tolist() == ["neg é 0".encode(), "neg é 1".encode()]
    assert labels.numpy().tolist() == [[0.0], [0.0]]
    words = clarinet.layers.TextVectorization()
    words.adapt(dataset.map(lambda x, y: x))
    assert "é" in words.get_vocabulary()
    for settings, message in (
        ({"label_mode": "ints"}, "label_mode is one of"),
        ({"validation_split": 0.5}, "go together"),
        ({"validation_split": 0.5, "subset": "training"}, "needs a seed"),
        ({"class_names": ["new"]}, "there is no folder 'new'"),
    ):
        with pytest.raises(ValueError, match=message):
            clarinet.utils.text_dataset_from_directory(tmp_path, **settings)
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        clarinet.utils.text_dataset_from_directory(tmp_path / "missing")
