"""Rows that stay in files: what they become, in which order they come, and how models take them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import clarinet
from clarinet import callbacks, layers, optimizers
from clarinet.data import Dataset, sources, stream
from clarinet.data.sources import ArraySource, in_order, shuffled
from clarinet.datasets import load_table
from clarinet.philox import Key, Stream, permutation

pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.dataset")
pytest.importorskip("pyarrow.parquet")

ROWS = 500
RNG = np.random.default_rng(0)
X = RNG.standard_normal((ROWS, 3)).astype(np.float32)
Y = (X @ np.array([1.0, -2.0, 0.5])).astype(np.float32)[:, None]


def table(rows: slice = slice(None)) -> Any:
    return pa.table({"a": X[rows, 0], "b": X[rows, 1], "c": X[rows, 2], "y": Y[rows, 0]})


@pytest.fixture
def parquet(tmp_path: Path) -> str:
    """Two files of several row groups."""
    for number, rows in enumerate((slice(0, 300), slice(300, ROWS))):
        pa.parquet.write_table(table(rows), tmp_path / f"part-{number}.parquet", row_group_size=64)
    return str(tmp_path / "*.parquet")


def model(*more: Any, loss: Any = "mse", units: int = 1, **settings: Any) -> clarinet.Sequential:
    clarinet.utils.set_random_seed(5)
    made = clarinet.Sequential([*more, layers.Dense(8, activation="tanh"), layers.Dense(units)])
    made.compile(settings.pop("optimizer", "adam"), loss, **settings)
    return made


def rows_of(dataset: Dataset) -> Any:
    return np.concatenate([np.asarray(x)[None] for x, _ in dataset])


# The order.


class Numbered(ArraySource):
    """Rows that know their places, of shards of 10."""

    def __init__(self, rows: int) -> None:
        super().__init__(0, [np.arange(rows)], "numbers")
        self._size = 10


def order(rows: int, buffer: int, key: Key, first: int = 0) -> list[int]:
    return [int(i) for chunk in shuffled(Numbered(rows), buffer, key, first) for i in chunk.arrays[0]]


@pytest.mark.parametrize("buffer", [1, 7, 10, 25, 500])
def test_the_order_is_a_function_of_the_key_and_any_place_of_it_can_be_entered(buffer: int) -> None:
    key = Key(3, Stream.SHUFFLE, epoch=2)
    whole = order(97, buffer, key)
    assert sorted(whole) == list(range(97)) and whole == order(97, buffer, key)
    assert whole != order(97, buffer, key.at(epoch=3)) and whole != order(97, buffer, key.at(seed=4))
    for first in (1, 9, 10, 50, 96):
        assert order(97, buffer, key, first) == whole[first:]


def test_shards_first_then_rows_in_the_buffer() -> None:
    key = Key(3, Stream.SHUFFLE)
    shards = permutation(key, 10)
    held = np.concatenate([np.arange(10 * shard, 10 * shard + 10) for shard in shards[:2]])
    assert order(100, 20, key)[:20] == held[permutation(key.at(step=1), 20)].tolist()


def test_nothing_before_a_place_is_read() -> None:
    class Counting(Numbered):
        seen: ClassVar[list[int]] = []

        def read(self, shard: int) -> Any:
            self.seen.append(shard)
            return super().read(shard)

    source = Counting(1000)
    next(shuffled(source, 20, Key(1), 985))
    assert len(source.seen) == 2
    source.seen.clear()
    next(in_order(source, 985))
    assert source.seen == [98]


# Tables.


def test_rows_are_those_of_the_files_in_their_order(parquet: str, tmp_path: Path) -> None:
    rows = stream(parquet, target="y")
    assert len(rows) == ROWS and rows.feature_names == ("a", "b", "c")
    np.testing.assert_array_equal(rows_of(rows), X)
    np.testing.assert_array_equal(rows_of(stream(tmp_path, target="y")), X)
    assert "500 rows" in str(rows) and "'a': numbers from" in str(rows)


def kinds(tmp_path: Path, name: str) -> str:
    path = str(tmp_path / name)
    if name.endswith(".parquet"):
        pa.parquet.write_table(table(), path, row_group_size=100)
    elif name.endswith((".feather", ".arrow")):
        with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, table().schema) as writer:
            writer.write_table(table(), max_chunksize=90)
    else:
        lines = [",".join(map(repr, map(float, row))) for row in np.concatenate([X, Y], axis=1)]
        text = "\n".join(["a,b,c,y", *lines]) + "\n"
        if name.endswith("gz"):
            with pa.output_stream(path, compression="gzip") as out:
                out.write(text.encode())
        else:
            Path(path).write_text(text.replace(",", "\t") if name.endswith("tsv") else text)
    return path


@pytest.mark.parametrize("name", ["t.parquet", "t.feather", "t.csv", "t.tsv", "t.csv.gz"])
def test_every_kind_of_file_trains_as_the_rows_in_memory(tmp_path: Path, name: str) -> None:
    path = kinds(tmp_path, name)
    ours, theirs = model(), model()
    streamed = ours.fit(path, target="y", epochs=3, shuffle=False, batch_size=48, verbose=0).history
    assert streamed == theirs.fit(X, Y, epochs=3, shuffle=False, batch_size=48, verbose=0).history
    for own, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(own, other)
    np.testing.assert_array_equal(ours.predict(path), theirs.predict(X))
    assert ours.evaluate(path) == theirs.evaluate(X, Y)


MIXED = {
    "size": [1.5, None, 3.0, 4.0] * 20,
    "colour": ["red", "green", None, "blue "] * 20,
    "sold": ["2024-01-31", "2024-02-01", "2023-07-04", "2024-12-24"] * 20,
    "garden": [True, False, True, False] * 20,
    "price": [10.0, 20.5, 30.0, 41.5] * 20,
    "kind": ["flat", "house", "house", None] * 20,
}


@pytest.mark.parametrize("target", ["price", "kind"])
@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_columns_become_what_load_table_makes_of_them(tmp_path: Path, target: str, ending: str) -> None:
    path = tmp_path / f"mixed.{ending}"
    held = pa.table(MIXED)
    if ending == "parquet":
        pa.parquet.write_table(held, path, row_group_size=13)
    else:
        lines = [",".join("" if c is None else str(c) for c in row) for row in zip(*MIXED.values())]
        path.write_text("\n".join([",".join(MIXED), *lines]) + "\n")
    expected, rows = load_table(path, target), stream(path, target=target)
    assert rows.coding is not None and rows.coding.columns == expected.coding.columns
    assert rows.coding.target == expected.coding.target and rows.classes == expected.classes
    np.testing.assert_array_equal(rows_of(rows), expected.x)
    np.testing.assert_array_equal(np.stack([np.asarray(y) for _, y in rows]), expected.y)
    if target == "kind":
        return  # rows without one hold a category of their own
    again = stream(path, coding=expected.coding, labels=False)
    np.testing.assert_array_equal(np.stack([np.asarray(x) for x in again]), expected.coding.transform(path))


def test_folders_of_hive_are_columns(tmp_path: Path) -> None:
    years = table().append_column("year", pa.array(np.arange(ROWS) % 3 + 2020))
    by_year = pa.dataset.partitioning(pa.schema([("year", pa.int64())]), flavor="hive")
    pa.dataset.write_dataset(years, tmp_path / "t", format="parquet", partitioning=by_year)
    rows = stream(tmp_path / "t", target="y")
    assert rows.feature_names == ("a", "b", "c", "year") and sorted({*rows_of(rows)[:, 3]}) == [2020, 2021, 2022]


def test_dates_of_arrow_are_dates(tmp_path: Path) -> None:
    moments = np.array(["2024-01-31T10:00", "2023-07-04T23:30", "NaT", "2024-12-24T00:00"] * 5, "datetime64[s]")
    held = pa.table({"when": pa.array(moments), "y": pa.array(RNG.standard_normal(20))})
    pa.parquet.write_table(held, tmp_path / "t.parquet")
    expected = load_table({"when": [None if np.isnat(m) else str(m) for m in moments], "y": held["y"].to_pylist()}, "y")
    rows = stream(tmp_path / "t.parquet", target="y")
    assert rows.feature_names == expected.feature_names
    np.testing.assert_array_equal(rows_of(rows), expected.x)


def test_a_class_and_a_gap_that_no_sample_holds_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clarinet.data.deciding.SAMPLE", 20)
    labels, values = ["a", "b"] * 50, RNG.standard_normal(100).tolist()
    labels[77], values[78] = "rare", None
    constant = [0.0] * 99 + [5.0]
    held = pa.table({"x": values, "almost": constant, "label": labels})
    pa.parquet.write_table(held, tmp_path / "t.parquet", row_group_size=50)
    rows = stream(tmp_path / "t.parquet", target="label")
    assert rows.classes == ("a", "b", "rare") and rows.feature_names == ("x", "x (missing)", "almost")
    assert rows_of(rows)[78, 1] == 1.0


def test_rows_of_numbers_in_one_column(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 256, (50, 12), np.uint8)
    fixed = pa.FixedSizeBinaryArray.from_buffers(pa.binary(12), 50, [None, pa.py_buffer(pixels.tobytes())])
    lists = pa.FixedSizeListArray.from_arrays(pa.array(pixels.ravel().astype(np.float32)), 12)
    pa.parquet.write_table(pa.table({"image": fixed, "y": np.arange(50) % 3}), tmp_path / "b.parquet", row_group_size=7)
    pa.parquet.write_table(pa.table({"image": lists, "y": np.arange(50) % 3}), tmp_path / "l.parquet", row_group_size=7)
    pa.parquet.write_table(
        pa.table({**{f"p{i}": pixels[:, i] for i in range(12)}, "y": np.arange(50) % 3}), tmp_path / "c.parquet"
    )
    for name, dtype in (("b", np.uint8), ("l", np.float32), ("c", np.uint8)):
        rows = stream(tmp_path / f"{name}.parquet", target="y")
        assert rows.head(1).arrays[0].dtype == dtype
        np.testing.assert_array_equal(rows_of(rows), pixels)


# Other files.


def test_arrays_of_numpy_and_hdf5(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file.create_dataset("deep/x", data=X, chunks=(64, 3))
        file.create_dataset("y", data=Y)
    theirs = model().fit(X, Y, epochs=2, shuffle=False, verbose=0).history
    files = str(tmp_path / "x.npy"), str(tmp_path / "y.npy")
    assert model().fit(*files, epochs=2, shuffle=False, verbose=0).history == theirs
    assert model().fit(tmp_path / "t.h5", target="y", epochs=2, shuffle=False, verbose=0).history == theirs
    assert model().evaluate(*files) == model().evaluate(X, Y)


def test_pictures_in_folders(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for name, light in (("dark", 20), ("light", 200)):
        (tmp_path / name).mkdir()
        for i in range(6):
            image.fromarray(np.full((4, 5), light + i, np.uint8)).save(tmp_path / name / f"{i}.png")
    loss = clarinet.losses.SparseCategoricalCrossentropy(from_logits=True)
    made = model(layers.Flatten(), layers.Rescaling(1 / 255), loss=loss, units=2)
    made.fit(tmp_path, epochs=2, verbose=0)
    assert made.metadata["data"]["classes"] == ["dark", "light"]  # type: ignore[index]
    pixels = np.stack([np.full((4, 5), light + i, np.uint8) for light in (20, 200) for i in range(6)])
    np.testing.assert_array_equal(made.predict(tmp_path), made.predict(pixels))


def test_pictures_are_decoded_by_several_threads_in_one_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = pytest.importorskip("PIL.Image")
    for name in "ab":
        (tmp_path / name).mkdir()
        for i in range(100):
            image.fromarray(np.full((4, 5), i, np.uint8)).save(tmp_path / name / f"{i}.png")
    source = stream(tmp_path)._source
    source = getattr(source, "_source", source)  # as it is before it is remembered
    orders = []
    for threads in (1, 3):
        monkeypatch.setattr(sources, "_THREADS", threads)
        orders.append([int(chunk.arrays[0][0, 0, 0]) for chunk in sources.in_order(source, 7, Key(5))])
    assert orders[0] == orders[1] and len(orders[0]) == 193
    (tmp_path / "a" / "5.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"5\.png"):
        list(sources.in_order(source))


def test_columns_of_bytes_stand_side_by_side(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (1500, 130), dtype=np.uint8)
    named = {f"p{i:03}": pixels[:, i] for i in range(130)} | {"y": np.arange(1500) % 3}
    pa.parquet.write_table(pa.table(named), tmp_path / "p.parquet")
    rows = stream(tmp_path / "p.parquet", target="y", keep=[f"p{i:03}" for i in range(130)])
    found = np.concatenate([chunk.arrays[0] for chunk in sources.in_order(rows._source)])
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, pixels)


def test_functions() -> None:
    rows = stream(lambda: zip(X, Y))
    assert rows.cardinality() == -2
    assert model().fit(rows, epochs=2, shuffle=False, verbose=0).history == (
        model().fit(X, Y, epochs=2, shuffle=False, verbose=0).history
    )
    assert model().fit(rows, epochs=2, verbose=0).history == model().fit(rows, epochs=2, verbose=0).history


# Training.


def test_order_follows_from_the_seed(parquet: str) -> None:
    def history(seed: int, **settings: Any) -> Any:
        return model().fit(parquet, target="y", epochs=3, seed=seed, verbose=0, **settings).history

    assert history(1) == history(1) != history(2)
    assert history(1) != history(1, shuffle=False)
    one_by_one = [callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)]
    assert history(1, callbacks=one_by_one) == history(1)


def test_epochs_of_a_few_steps_begin_anew_and_validation_streams(parquet: str) -> None:
    history = model().fit(parquet, target="y", epochs=2, steps_per_epoch=3, validation_data=parquet, verbose=0)
    assert len(history.history["val_loss"]) == 2
    rows = stream(parquet, target="y", buffer=100)
    made = model()
    made.fit(rows, steps_per_epoch=3, batch_size=50, verbose=0)
    assert made.optimizer_state is not None and made.optimizer_state.step == 3


def test_a_saved_model_knows_its_columns(tmp_path: Path) -> None:
    pa.parquet.write_table(pa.table(MIXED), tmp_path / "t.parquet")
    made = model(layers.BatchNormalization())
    made.fit(tmp_path / "t.parquet", target="price", epochs=1, verbose=0)
    made.save(tmp_path / "m.clarinet")
    again = clarinet.models.load_model(tmp_path / "m.clarinet")
    without = pa.table(MIXED).drop_columns(["price"])
    pa.parquet.write_table(without, tmp_path / "new.parquet")
    np.testing.assert_array_equal(again.predict(tmp_path / "new.parquet"), made.predict(tmp_path / "t.parquet"))


def test_statistics_in_one_pass(parquet: str) -> None:
    found = stream(parquet, target="y").statistics()
    assert found.count == ROWS and found.names == ("a", "b", "c")
    np.testing.assert_allclose(found.mean, X.mean(axis=0, dtype=np.float64), rtol=1e-10)
    np.testing.assert_allclose(found.variance, X.var(axis=0, dtype=np.float64), rtol=1e-10)
    np.testing.assert_array_equal([found.minimum, found.maximum], [X.min(axis=0), X.max(axis=0)])
    assert str(found).splitlines()[0] == "500 rows" and len(str(found).splitlines()) == 5


def test_an_unknown_category_is_told_once(tmp_path: Path) -> None:
    pa.parquet.write_table(pa.table({"c": ["a", "b"] * 20, "y": [1.0, 2.5] * 20}), tmp_path / "old.parquet")
    pa.parquet.write_table(
        pa.table({"c": ["a", "z"] * 20, "y": [1.0, 2.5] * 20}), tmp_path / "new.parquet", row_group_size=5
    )
    coding = stream(tmp_path / "old.parquet", target="y").coding
    with pytest.warns(UserWarning, match="holds 'z'") as told:
        found = rows_of(stream(tmp_path / "new.parquet", coding=coding))
    assert len(told) == 1 and found[1].tolist() == [0.0, 0.0]


# What is refused, before any work.


def refusals(tmp_path: Path) -> list[tuple[Any, dict[str, Any], str]]:
    path = tmp_path / "t.parquet"
    pa.parquet.write_table(table(), path)
    pa.parquet.write_table(pa.table({"a": [1.0], "y": [1.0]}), tmp_path / "other.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 nothing")
    (tmp_path / "notes.txt").write_text("x")
    with pa.OSFile(str(tmp_path / "stream.arrow"), "wb") as file, pa.ipc.new_stream(file, table().schema) as writer:
        writer.write_table(table())
    (tmp_path / "bad.csv").write_text("a,b,y\n1,2,3\n4,5\n")
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "short.npy", Y[:9])
    np.save(tmp_path / "text.npy", np.array(["a"]))
    return [
        (str(tmp_path / "none-*.parquet"), {"target": "y"}, "no file matches"),
        (tmp_path / "none.parquet", {"target": "y"}, "there is no such file"),
        (path, {}, "which column should be predicted"),
        (path, {"target": "yy"}, "has no column 'yy'"),
        (path, {"target": "y", "validation_split": 0.2}, "validation_split"),
        (path, {"target": "y", "y": Y}, "are one of its columns"),
        ([path, tmp_path / "other.parquet"], {"target": "y"}, "differ in the columns 'b', 'c'"),
        (tmp_path / "broken.parquet", {"target": "y"}, "cannot be read"),
        (tmp_path / "notes.txt", {}, "cannot be streamed"),
        (tmp_path / "stream.arrow", {"target": "y"}, "has to be written as a file"),
        ([path, tmp_path / "bad.csv"], {"target": "y"}, "files of several kinds"),
        (tmp_path / "bad.csv", {"target": "y"}, "bad.csv: cannot be read"),
        (tmp_path / "x.npy", {"y": tmp_path / "short.npy"}, "different numbers of rows"),
        (tmp_path / "text.npy", {"y": tmp_path / "text.npy"}, "array of numbers"),
        (X, {"y": Y, "target": "y"}, "x names no files"),
    ]


@pytest.mark.parametrize("case", range(15))
def test_refusals(tmp_path: Path, case: int) -> None:
    x, settings, message = refusals(tmp_path)[case]
    made = model()
    with pytest.raises((ValueError, TypeError, FileNotFoundError), match=message):
        made.fit(x, verbose=0, **settings)
    assert not made.built


def test_what_cannot_stream_is_refused(parquet: str) -> None:
    with pytest.raises(ValueError, match="LBFGS looks at all rows for every update"):
        model(optimizer=optimizers.LBFGS()).fit(parquet, target="y", verbose=0)
    with pytest.raises(ValueError, match="has seen no targets yet"):
        model(target="standard").fit(parquet, target="y", verbose=0)
    with pytest.raises(ValueError, match="has learnt to predict 'y'"):
        made = model()
        made.fit(parquet, target="y", verbose=0)
        made.fit(parquet, target="a", verbose=0)


def test_errors_in_mid_training_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clarinet.data.deciding.SAMPLE", 20)
    lines = ["a,y", *(f"{i / 2},{i / 3}" for i in range(100_000)), "oops,3.5"]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(ValueError, match=r"t.csv: cannot be read: .*oops"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model().fit(tmp_path / "t.csv", target="y", verbose=0)
