"""Data sets: what each method gives, in which order, and how models take them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clarinet
from clarinet import Input, Sequential, layers, ops
from clarinet.data import AUTOTUNE, Dataset, Options

X, Y = np.arange(20, dtype=np.float32).reshape(10, 2), np.arange(10)


def listed(dataset: Dataset) -> list[Any]:
    return [np.asarray(one).tolist() for one in dataset.as_numpy_iterator()]


def numbers(count: int = 10) -> Dataset:
    return Dataset.range(count)


PIPELINES: list[tuple[Callable[[], Dataset], list[Any]]] = [
    (lambda: Dataset.from_tensor_slices([1, 2, 3]), [1, 2, 3]),
    (lambda: Dataset.from_tensors([1, 2, 3]), [[1, 2, 3]]),
    (lambda: Dataset.range(1, 8, 3), [1, 4, 7]),
    (lambda: Dataset.range(3, 0, -1), [3, 2, 1]),
    (lambda: numbers(3).repeat(2), [0, 1, 2, 0, 1, 2]),
    (lambda: numbers(3).repeat(0), []),
    (lambda: numbers().take(2), [0, 1]),
    (lambda: numbers(3).take(-1), [0, 1, 2]),
    (lambda: numbers().skip(7), [7, 8, 9]),
    (lambda: numbers(5).batch(2), [[0, 1], [2, 3], [4]]),
    (lambda: numbers(5).batch(2, drop_remainder=True), [[0, 1], [2, 3]]),
    (lambda: numbers(4).batch(2).batch(2), [[[0, 1], [2, 3]]]),
    (lambda: numbers(5).batch(2).unbatch(), [0, 1, 2, 3, 4]),
    (lambda: numbers().filter(lambda x: x % 3 == 0), [0, 3, 6, 9]),
    (lambda: numbers(3).map(lambda x: x * 2), [0, 2, 4]),
    (lambda: numbers(3).concatenate(numbers(2)), [0, 1, 2, 0, 1]),
    (lambda: numbers(6).shard(3, 1), [1, 4]),
    (lambda: numbers().take_while(lambda x: x < 3), [0, 1, 2]),
    (lambda: numbers(5).window(2, shift=1, drop_remainder=True).flat_map(lambda w: w.batch(2)),
     [[0, 1], [1, 2], [2, 3], [3, 4]]),
    (lambda: numbers(7).window(3).flat_map(lambda w: w.batch(3)), [[0, 1, 2], [3, 4, 5], [6]]),
    (lambda: numbers(7).window(3, shift=4, stride=2).flat_map(lambda w: w.batch(3)), [[0, 2, 4], [4, 6]]),
    (lambda: numbers(4).flat_map(Dataset.range), [0, 0, 1, 0, 1, 2]),
    (lambda: numbers(3).interleave(lambda n: Dataset.from_tensors(n).repeat(3), cycle_length=2, block_length=2),
     [0, 0, 1, 1, 0, 1, 2, 2, 2]),
    (lambda: Dataset.from_generator(lambda: ([1] * n for n in (1, 3)), output_types="int32").padded_batch(2),
     [[[1, 0, 0], [1, 1, 1]]]),
    (lambda: Dataset.from_generator(lambda: ([1] * n for n in (1, 2)), output_types="int32").padded_batch(
        2, padded_shapes=(3,), padding_values=-1), [[[1, -1, -1], [1, 1, -1]]]),
    (lambda: numbers(3).prefetch(AUTOTUNE).with_options(Options()).apply(lambda d: d.batch(3)), [[0, 1, 2]]),
]  # fmt: skip


@pytest.mark.parametrize(("make", "expected"), PIPELINES, ids=[str(i) for i in range(len(PIPELINES))])
def test_elements(make: Callable[[], Dataset], expected: list[Any]) -> None:
    dataset = make()
    assert listed(dataset) == expected
    assert listed(dataset) == expected, "every pass begins anew"
    if dataset.cardinality() >= 0:
        assert len(dataset) == len(expected)


def test_structures() -> None:
    both = Dataset.zip((numbers(3), numbers(2).map(lambda x: {"half": x / 2})))
    assert [(int(n), float(d["half"])) for n, d in both] == [(0, 0.0), (1, 0.5)]
    assert [tuple(map(int, pair)) for pair in Dataset.zip(numbers(2), numbers(2))] == [(0, 0), (1, 1)]
    first = next(iter(Dataset.from_tensor_slices({"a": X, "b": Y}).batch(3)))
    assert first["a"].shape == (3, 2) and first["b"].numpy().tolist() == [0, 1, 2]
    assert [(int(i), int(n)) for i, n in numbers(2).enumerate(5)] == [(5, 0), (6, 1)]
    assert int(numbers(5).reduce(0, lambda total, n: total + n)) == 10
    assert list(Dataset.from_tensor_slices(["a", "é"]).as_numpy_iterator()) == [b"a", "é".encode()]
    spec = Dataset.from_tensor_slices((X, Y)).element_spec
    assert [(s.shape, str(s.dtype)) for s in spec] == [((2,), "float32"), ((), "int64")]
    assert [str(s.dtype) for s in Dataset.from_tensor_slices(([1.5], [1], [True])).element_spec] == [
        "float32", "int32", "bool",
    ]  # fmt: skip


@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 2**32))
def test_a_shuffle_keeps_all_elements_and_follows_from_its_seed(count: int, buffer: int, seed: int) -> None:
    dataset = numbers(count).shuffle(buffer, seed=seed)
    first, second = listed(dataset), listed(dataset)
    assert sorted(first) == sorted(second) == list(range(count))
    again = numbers(count).shuffle(buffer, seed=seed)
    assert [listed(again), listed(again)] == [first, second]
    assert all(n <= place + buffer for place, n in enumerate(first)), "nothing comes before it is in the buffer"
    fixed = numbers(count).shuffle(buffer, seed=seed, reshuffle_each_iteration=False)
    assert listed(fixed) == listed(fixed) == first


def test_a_shuffle_is_even() -> None:
    dataset = numbers(8).shuffle(3, seed=1)
    places = np.zeros((8, 8))
    for _ in range(2000):
        places[np.arange(8), listed(dataset)] += 1
    # The first comes out of the buffer at once with chance 1/3, at the second place with 2/3 times 1/3, ...
    np.testing.assert_allclose(places[:3, 0] / 2000, [1 / 3, 2 / 9, 4 / 27], atol=0.04)


def test_set_random_seed_fixes_the_order() -> None:
    orders = []
    for _ in range(2):
        clarinet.utils.set_random_seed(3)
        orders.append(listed(numbers(30).shuffle(30)))
    assert orders[0] == orders[1] != list(range(30))


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    seen: list[int] = []

    def endless() -> Iterator[int]:
        n = 0
        while True:
            seen.append(n)
            yield n
            n += 1

    dataset = Dataset.from_generator(endless).map(lambda x: x + 1).batch(2)
    assert seen == []
    assert listed(dataset.take(2)) == [[1, 2], [3, 4]]
    assert seen == [0, 1, 2, 3]


def test_a_cache_computes_once() -> None:
    seen: list[int] = []

    def counted(x: Any) -> Any:
        seen.append(int(x))
        return np.asarray(x) + 1

    dataset = numbers(3).map(counted).cache()
    assert listed(dataset) == listed(dataset) == [1, 2, 3]
    assert seen == [0, 1, 2]
    assert listed(dataset.take(1)) == [1]


TOGETHER: list[Callable[..., Any]] = [
    lambda x, y: (ops.cast(x, "float32") / 255.0, y),
    lambda x, y: (ops.expand_dims(x, 0), ops.one_hot(y, 10)),
    lambda x, y: (ops.reshape(x, (2, 1)), y),
    lambda x, y: (x[::-1], y + 1),
    lambda x, y: (x * ops.cast(y, "float32"), x[0]),
    lambda x, y: (ops.sum(x), ops.max(x, axis=0)),
    lambda x, y: (ops.stack([x, x]), ops.concatenate([x, x])),
    lambda x, y: ({"a": x, "b": y}, ops.flip(x, 0)),
    lambda x, y: (ops.matmul(x, np.ones((2, 3), np.float32)), ops.transpose(ops.reshape(x, (1, 2)))),
    lambda x, y: ops.where(x > 3, x, -x),
    lambda x, y: ops.pad(x, [[1, 2]]),
]


@pytest.mark.parametrize("function", TOGETHER, ids=[str(i) for i in range(len(TOGETHER))])
def test_operations_run_on_many_elements_at_once(function: Callable[..., Any]) -> None:
    dataset = Dataset.from_tensor_slices((X, Y)).map(function)
    found = list(dataset)
    assert dataset.reason is None  # type: ignore[attr-defined]
    for (x, y), element in zip(zip(X, Y), found, strict=True):
        alone = function(ops.convert_to_tensor(x), ops.convert_to_tensor(y))
        for one, other in zip(ops.structures.leaves(element), ops.structures.leaves(alone), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6)
            assert one.dtype == np.asarray(other).dtype


def test_other_functions_run_element_by_element_and_say_so() -> None:
    by_numpy = Dataset.from_tensor_slices((X, Y)).map(lambda x, y: (np.asarray(x)[: int(y) % 2 + 1].sum(), y))
    assert [float(x) for x, _ in by_numpy][:2] == [0.0, 5.0]
    assert "<lambda>: " in (by_numpy.reason or "")  # type: ignore[attr-defined]
    mixed = Dataset.from_tensor_slices((X, Y)).map(lambda x, y: x if y > 4 else -x)
    np.testing.assert_array_equal(np.stack(list(mixed)), np.where(Y[:, None] > 4, X, -X))
    assert mixed.reason  # type: ignore[attr-defined]


REFUSED = [
    (lambda: Dataset.from_tensor_slices((X, Y[:3])), ValueError, "different numbers of rows: 3, 10"),
    (lambda: Dataset.from_tensor_slices(3), ValueError, "a row for each element"),
    (lambda: Dataset.from_tensor_slices([object()]), TypeError, "expected numbers or texts"),
    (lambda: Dataset.from_generator(iter([1])), TypeError, "expected a function that makes a generator"),
    (lambda: numbers().batch(0), ValueError, "batch: batch_size: expected a whole number of at least 1"),
    (lambda: list(numbers().flat_map(lambda n: n)), TypeError, "has to give a Dataset, received Tensor"),
    (lambda: list(numbers().map(lambda n: None)), TypeError, "the function gave None"),
    (lambda: list(Dataset.from_generator(lambda: iter([[1], [1, 2]])).batch(2)), ValueError, "use padded_batch"),
    (lambda: len(numbers().repeat()), TypeError, "has no end"),
    (lambda: len(numbers().filter(bool)), TypeError, "only knows at its end"),
    (lambda: Dataset.list_files("nothing-*.here"), FileNotFoundError, "no file matches"),
    (lambda: list(numbers().unbatch()), ValueError, "batch the data set first"),
]


@pytest.mark.parametrize(("make", "error", "message"), REFUSED, ids=[message for _, _, message in REFUSED])
def test_refusals(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def network() -> Any:
    clarinet.utils.set_random_seed(1)
    model = Sequential([Input((2,)), layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


def test_models_take_data_sets_with_the_bits_of_arrays() -> None:
    labels = (Y % 2).astype(np.float32)
    x = X / 20
    dataset = Dataset.from_tensor_slices((x, labels)).batch(3)
    by_rows, by_dataset = network(), network()
    rows = by_rows.fit(x, labels, batch_size=3, shuffle=False, epochs=2, validation_data=(x, labels), verbose=0)
    batches = by_dataset.fit(dataset, epochs=2, validation_data=dataset, verbose=0)
    assert rows.history == batches.history
    for one, other in zip(by_rows.get_weights(), by_dataset.get_weights()):
        np.testing.assert_array_equal(one, other)
    assert by_dataset.evaluate(dataset) == by_rows.evaluate(x, labels, batch_size=3)
    np.testing.assert_array_equal(by_dataset.predict(dataset), by_rows.predict(x))
    np.testing.assert_array_equal(by_dataset.predict(dataset.map(lambda x, y: x)), by_rows.predict(x))


def test_steps_callbacks_and_ends() -> None:
    seen: list[int] = []

    class Watch(clarinet.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            seen.append(batch)

    dataset = Dataset.from_tensor_slices((X / 20, (Y % 2).astype(np.float32))).repeat().batch(4)
    plain, watched = network(), network()
    first = plain.fit(dataset, steps_per_epoch=3, epochs=2, verbose=0)
    second = watched.fit(dataset, steps_per_epoch=3, epochs=2, verbose=0, callbacks=[Watch()])
    assert first.history == second.history
    assert seen == [0, 1, 2, 0, 1, 2]
    with pytest.raises(ValueError, match=r"expected batches: end with .batch\(32\)"):
        network().fit(Dataset.range(4).map(lambda x: (x, x)), verbose=0)


def test_layers_adapt_to_data_sets() -> None:
    one, other = layers.Normalization(), layers.Normalization()
    one.adapt(X)
    other.adapt(Dataset.from_tensor_slices(X).batch(4))
    np.testing.assert_allclose(one(X), other(X), rtol=1e-6)
    words = layers.TextVectorization(output_mode="int")
    words.adapt(Dataset.from_tensor_slices(["a b", "b c"]).batch(2))
    assert words.get_vocabulary()[2] == "b"
