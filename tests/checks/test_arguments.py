"""Arguments that count, switch or weigh: NumPy's numbers are as good as Python's, what has no meaning is refused."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.layers import Dense, Input
from clarinet.optimizers import SGD

X = np.linspace(-1, 1, 40, dtype=np.float32).reshape(10, 4)
IDS = np.arange(10) % 3
HUGE = 10**5000  # Python writes no number of so many digits


def kind(value: Any) -> str:
    """The name of a case: its type's."""
    return type(value).__name__


def classifier(**compiling: Any) -> clarinet.Sequential:
    clarinet.utils.set_random_seed(1)
    model = clarinet.Sequential([Input((4,)), Dense(3, "softmax")])
    model.compile(**{"optimizer": "sgd", "loss": "sparse_categorical_crossentropy"} | compiling)
    return model


def fit(x: Any = X, y: Any = IDS, **arguments: Any) -> Any:
    return classifier().fit(x, y, **{"verbose": 0} | arguments).history["loss"]


def evaluate(**arguments: Any) -> Any:
    return classifier().evaluate(X, IDS, **arguments)


def predict(**arguments: Any) -> Any:
    return classifier().predict(X, **arguments)


COUNTS = [
    *((fit, name) for name in ("batch_size", "epochs", "steps_per_epoch", "validation_freq")),
    *((fit, name) for name in ("validation_steps", "validation_batch_size", "initial_epoch", "stats_every")),
    *((verb, name) for verb in (evaluate, predict) for name in ("batch_size", "steps")),
]


@pytest.mark.parametrize(("verb", "name"), COUNTS)
@pytest.mark.parametrize("value", [-1, 2.0, "3", True, np.float32(4), [5], 2**63, HUGE, -HUGE, float("nan")], ids=kind)
def test_what_counts_nothing_is_refused_by_name(verb: Callable[..., Any], name: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{name}: expected a whole number .*received"):
        verb(**{name: value})


@pytest.mark.parametrize("value", [np.uint8(4), np.int64(4), np.int8(4)])
@pytest.mark.parametrize(("verb", "name"), COUNTS)
def test_whole_numbers_of_numpy_are_as_good(verb: Callable[..., Any], name: str, value: Any) -> None:
    more: dict[str, Any] = {"batch_size": 3} if "steps" in name else {}
    if verb is fit:
        more |= {"epochs": 8, "validation_data": (X, IDS)}
    assert np.array_equal(verb(**more | {name: value}), verb(**more | {name: 4}))


def test_a_count_of_eight_bits_does_not_overflow() -> None:
    x, y = np.tile(X, (100, 1)), np.tile(IDS, 100)
    counts = {"batch_size": 200, "steps_per_epoch": 4, "validation_batch_size": 200}
    small = {name: np.uint8(value) for name, value in counts.items()}
    assert fit(x, y, validation_data=(x, y), **small) == fit(x, y, validation_data=(x, y), **counts)


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        (predict, {"verbose": "loud"}),
        (predict, {"verbose": 3}),
        (predict, {"callbacks": [print]}),
        (evaluate, {"verbose": -1}),
        (evaluate, {"return_dict": "yes"}),
        (fit, {"validation_split": HUGE}),
        (fit, {"seed": -1}),
        (fit, {"seed": HUGE}),
        (fit, {"checkpoint": -HUGE}),
        (lambda **a: classifier()(X, **a), {"training": "yes"}),
        (lambda **a: classifier().train_on_batch(X, IDS, **a), {"return_dict": 1}),
        (lambda **a: classifier().train_on_batch(X, IDS, **a), {"class_weight": [1, 2]}),
        (lambda **a: classifier().test_on_batch(X, IDS, **a), {"return_dict": None}),
    ],
    ids=kind,
)
def test_other_arguments_are_refused_by_name(verb: Callable[..., Any], arguments: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{next(iter(arguments))}: "):
        verb(**arguments)


@pytest.mark.parametrize("verb", ["train_on_batch", "test_on_batch", "evaluate", "fit"])
def test_what_a_model_lacks_is_said_in_the_words_of_the_call(verb: str) -> None:
    model = clarinet.Sequential([Input((4,)), Dense(3)])
    with pytest.raises(ValueError, match=f"^{verb}: the model "):
        getattr(model, verb)(X, IDS)


@pytest.mark.parametrize("call", ["predict", "predict_on_batch", "__call__", "make_plan"])
def test_a_model_without_layers_says_so(call: str) -> None:
    with pytest.raises(ValueError, match="the model has no layers; add one"):
        getattr(clarinet.Sequential([Input((4,))]), call)(*([X] if call != "make_plan" else []))


@pytest.mark.parametrize("call", ["predict_on_batch", "__call__"])
def test_a_source_of_batches_is_no_batch(call: str) -> None:
    with pytest.raises(TypeError, match="x: expected an array of numbers, received a generator"):
        getattr(classifier(), call)(x for x in [X])


@pytest.mark.parametrize("call", [lambda m: m.predict(X, batch_size=4, steps=2), lambda m: m.predict(X, 3, 1, 3)[:8]])
def test_predict_takes_as_many_batches_as_asked(call: Callable[[Any], Any]) -> None:
    model = classifier()
    assert np.array_equal(call(model), model.predict(X[:8]))


def test_evaluate_takes_as_many_batches_as_asked() -> None:
    model = classifier()
    assert model.evaluate(X, IDS, batch_size=3, steps=2) == model.evaluate(X[:6], IDS[:6], batch_size=3)
    assert model.evaluate(X, IDS, steps=20) == model.evaluate(X, IDS)


def test_predicting_nothing_gives_nothing() -> None:
    assert classifier().predict(X[:0]).shape == classifier().predict(X[:0], batch_size=2).shape == (0, 3)


# Weights of classes.


@pytest.mark.parametrize("key", [np.int64, np.uint8, float, np.float64, np.float32, Fraction])
@pytest.mark.parametrize("value", [float, np.float64, np.float32, np.int16, Fraction])
def test_weights_of_classes_in_any_numbers(key: Any, value: Any) -> None:
    plain = {0: 1.0, 1: 3.0, 2: 2.0}
    assert fit(class_weight={key(k): value(v) for k, v in plain.items()}) == fit(class_weight=plain)


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({np.nan: 1.0}, "nan is not a class"),
        ({np.inf: 1.0}, "inf is not a class"),
        ({HUGE: 1.0}, "a whole number of 5001 digits is not a class; expected class ids from 0 to 2"),
        ({True: 1.0}, "True is not a class"),
        ({np.True_: 1.0}, "np.True_ is not a class"),
        ({0.5: 1.0}, "0.5 is not a class"),
        ({None: 1.0}, "None is not a class"),
        ({0: HUGE}, "the weight of class 0 is a whole number of 5001 digits; expected a finite number"),
        ({0: 1e39}, r"the weight of class 0 is 1e\+39; expected a finite number that float32 can hold"),
        ({0: np.float64(np.inf)}, "the weight of class 0 is"),
        ({0: "2"}, "the weight of class 0 is '2'"),
        ({0: np.ones(2)}, "the weight of class 0 is array"),
        ({0: 0, 1: 0.0, 2: 0}, "every class in y weighs 0"),
    ],
)
def test_what_is_no_weight_of_a_class_is_refused(class_weight: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^class_weight: {message}"):
        fit(class_weight=class_weight)


# Numbers that float32 cannot hold.


def beyond(array: Any, place: Any, value: float = 1e39) -> Any:
    array = np.array(array, np.float64)
    array[place] = value
    return array


@pytest.mark.parametrize("value", [1e39, -1e300, 3.5e38])
@pytest.mark.parametrize("form", [np.ascontiguousarray, np.asfortranarray, lambda a: a.astype(">f8"), np.longdouble])
def test_inputs_beyond_float32_are_refused(form: Callable[[Any], Any], value: float) -> None:
    x = form(beyond(X, (3, 2), value))
    with pytest.raises(ValueError, match=r"^x: holds .* at row 3, column 2; expected numbers that float32 can hold"):
        fit(x)
    model = classifier(dtype="float64")
    model.fit(x, IDS, verbose=0)  # these are held


@pytest.mark.parametrize("value", [3.4e38, -3.4e38, 1e-300])
def test_inputs_within_float32_are_taken(value: float) -> None:
    assert clarinet.checks.finite.first_nonfinite(np.full((50, 50), value), dtype=np.float32) is None


def test_labels_and_weights_beyond_float32_are_refused() -> None:
    model = clarinet.Sequential([Input((4,)), Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"^y: holds 1e\+39 at row 4; expected numbers that float32 can hold"):
        model.fit(X, beyond(np.zeros(10), 4))
    with pytest.raises(ValueError, match=r"^sample_weight: holds 1e\+39 at row 4; .* up to 3.4e\+38: scale them$"):
        model.fit(X, np.zeros(10), sample_weight=beyond(np.ones(10), 4))
    with pytest.raises(ValueError, match=r"^x: holds a whole number of 401 digits in row 0"):
        model.fit([[10**400, 0, 0, 0]], [1.0])


@pytest.mark.parametrize("rate", [1e39, lambda step: float("nan"), lambda step: -1e300])
def test_learning_rates_that_float32_cannot_hold_are_refused(rate: Any) -> None:
    model = classifier(optimizer=SGD(rate))
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"^learning_rate: received .* for step 0; expected a finite number"):
        model.fit(X, IDS, verbose=0)
    with pytest.raises(ValueError, match=r"^learning_rate: received"):
        model.train_on_batch(X, IDS)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


# Rows that count for nothing.


@pytest.mark.parametrize("verb", ["fit", "evaluate"])
def test_rows_that_all_weigh_nothing_are_refused(verb: str) -> None:
    with pytest.raises(ValueError, match=r"^sample_weight: every weight is 0"):
        getattr(classifier(), verb)(X, IDS, sample_weight=np.zeros(10))
    with pytest.raises(ValueError, match=r"^validation_data: sample_weight: every weight is 0"):
        fit(validation_data=(X, IDS, np.zeros(10)))


def test_a_single_batch_may_weigh_nothing() -> None:
    model = classifier()
    before = model.get_weights()
    assert model.train_on_batch(X, IDS, sample_weight=np.zeros(10)) == 0
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


# Sizes of layers.


@pytest.mark.parametrize("size", [2**63, 2**70, HUGE], ids=kind)
def test_sizes_that_no_memory_holds_are_refused_by_name(size: int) -> None:
    for make, name in (
        (lambda: Dense(size), "Dense: units"),
        (lambda: Input((size,)), "Input: shape"),
        (lambda: clarinet.layers.Conv2D(2, size), "Conv2D: kernel_size"),
        (lambda: clarinet.layers.LSTM(size), "LSTM: units"),
    ):
        with pytest.raises(ValueError, match=rf"^{name}: expected .*below 2\*\*63, received"):
            make()


def test_weights_that_no_memory_holds_are_named() -> None:
    with pytest.raises(MemoryError, match=r"take 8.36e\+04 GB.* is .kernel. of shape \(2, 4398046511104\), in layer 3"):
        clarinet.Sequential([Input((4,)), Dense(4), Dense(2**40), Dense(2), Dense(2**42)])
