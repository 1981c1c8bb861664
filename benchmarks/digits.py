"""Numbers of several digits, and what is no digit: `python -m benchmarks.digits train MODEL`, then `measure MODEL`.

`train` makes the network that tells digits from others (`clarinet.reading.digit_likeness`) and prints thresholds with
the share of the digits set aside that lie below. `measure` reads photos that neither the network nor the threshold has
seen, with a model of your own, e.g. of `clarinet train mnist`.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import clarinet
from benchmarks import non_digits as drawn
from clarinet import reading
from clarinet.datasets.digits import from_ink, to_mnist_form

Split = tuple[np.ndarray, np.ndarray]
#: Scripts of training, of the choice of the threshold, and of the report.
TRAIN, CHOICE, TEST = drawn.SCRIPT_NAMES[:9], drawn.SCRIPT_NAMES[9:12], drawn.SCRIPT_NAMES[12:]
DIGITS_OF_FONTS = 0.1


def main() -> None:
    """Train, or measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("train", "measure"))
    parser.add_argument("model", help="that reads digits, of clarinet train mnist")
    parser.add_argument("--count", type=int, default=24000)
    options = parser.parse_args()
    train(options.count, options.model) if options.what == "train" else measure(options.model)


def train(count: int, reader: str) -> None:
    """Train on MNIST's first 50,000 digits and others; choose the threshold on 10,000 and others."""
    (x, y), _ = clarinet.datasets.mnist.load_data()
    began = time.perf_counter()
    others = forms(np.random.default_rng(1), count, drawn.TRAIN_FONTS, TRAIN, (x[:50000], y[:50000]), 0.07)
    digits = np.concatenate([x[:50000], seen(np.random.default_rng(2), x[:50000], count // 6)])
    print(f"{len(digits)} digits, {len(others)} others, {time.perf_counter() - began:.0f} s")
    rows = np.concatenate([digits, others])
    labels = np.repeat([1.0, 0.0], [len(digits), len(others)])
    clarinet.utils.set_random_seed(5)
    order = np.random.default_rng(3).permutation(len(rows))
    model = reading.untrained_judge()
    epochs = 8
    rate = clarinet.optimizers.schedules.CosineDecay(1e-3, epochs * (len(rows) // 128))
    model.compile(clarinet.optimizers.Adam(rate), "binary_crossentropy", ["accuracy"])
    weight = np.where(labels > 0, len(others) / len(digits), 1.0)
    model.fit(rows[order], labels[order], batch_size=128, epochs=epochs, verbose=2, sample_weight=weight[order])
    from safetensors.numpy import save_file

    kept = {f"{place:02}": np.ascontiguousarray(w) for place, w in enumerate(model.get_weights())}
    save_file(kept, reading._WEIGHTS)
    reading.judge_of_digits.cache_clear()
    choose(reader, x[50000:], y[50000:])


def choose(path: str, x: np.ndarray, y: np.ndarray) -> None:
    """Print thresholds of likeness times the reader's confidence, on digits and others that were not trained on."""
    model = clarinet.load(path)
    held = reading.digit_likeness(x) * np.asarray(model.predict(x)).max(axis=1)
    rows = forms(np.random.default_rng(4), 700, drawn.CHOICE_FONTS, CHOICE, (x, y))
    other = reading.digit_likeness(rows) * np.asarray(model.predict(rows)).max(axis=1)
    for share in (0.008, 0.01, 0.012, 0.015, 0.02):
        least = float(np.quantile(held, share))
        print(f"{share:.1%} of these digits lie below {least:.3f}, and {(other < least).mean():.1%} of the others")


def forms(
    rng: np.random.Generator,
    count: int,
    fonts: tuple[str, ...],
    scripts: tuple[str, ...],
    digits: Split,
    share: float = 0.25,
) -> np.ndarray:
    """What is no digit, in MNIST's form: as drawn, and a share of it as photos, which take longer."""
    makers = list(drawn.kinds(fonts, scripts, *digits, drawn.LIKE_DIGITS).values())
    found: list[np.ndarray] = []
    while len(found) < count:
        ink = makers[len(found) % len(makers)](rng)
        try:
            found.append(to_mnist_form(drawn.photo(ink, rng)) if rng.random() < share else from_ink(ink))
        except (ValueError, IndexError):  # nothing to be seen
            continue
    return np.stack(found)


def seen(rng: np.random.Generator, digits: np.ndarray, count: int) -> np.ndarray:
    """Digits as photos and bent ones, and some of fonts."""
    found = []
    while len(found) < count:
        ink = digits[rng.integers(len(digits))] / 255.0
        if rng.random() < DIGITS_OF_FONTS:
            ink = drawn.bent(drawn.on_sheet(str(rng.integers(10)), drawn.latin(rng, drawn.TRAIN_FONTS), 44), rng)
        try:
            photo = (
                to_mnist_form(drawn.photo(ink, rng)) if rng.random() < 0.7 else from_ink(np.kron(ink, np.ones((2, 2))))
            )
        except (ValueError, IndexError):
            continue
        found.append(photo)
    return np.stack(found)


def measure(path: str) -> None:
    """Print what a model reads of 100 numbers, and what it says of what is no digit."""
    model = clarinet.load(path)
    _, (x, y) = clarinet.datasets.mnist.load_data()
    names = [str(digit) for digit in range(10)]
    rng = np.random.default_rng(100)
    right = 0
    for _ in range(100):
        truth, ink = drawn.number(rng, x, y)
        found, _ = reading.read(model, names, drawn.photo(ink, rng))
        right += found.label == truth
    print(f"numbers of 2 to 5 digits read whole: {right} of 100")
    like = reading.digit_likeness(x)
    sure = np.asarray(model.predict(x)).max(axis=1)
    print(f"MNIST's test digits that are said to be none: {(like * sure < reading.LEAST).mean():.2%}")
    told = [reading.read(model, names, 255 - digit)[0].is_number for digit in x[:300]]
    print(f"the first 300 of them as pictures: {1 - np.mean(told):.2%}")
    total, said = 0, 0
    for name, make in drawn.kinds(drawn.TEST_FONTS, TEST, x, y, "").items():
        if name == "spoilt digits":
            continue
        kinds = [refused(model, names, drawn.photo(make(rng), rng)) for _ in range(34)]
        total, said = total + len(kinds), said + sum(kinds)
        print(f"{name}: {sum(kinds)} of {len(kinds)} are said to be no digit")
    print(f"together: {said} of {total}")


def refused(model: object, names: list[str], grey: np.ndarray) -> bool:
    """Whether a picture is said to be no digit, or to hold nothing."""
    try:
        found, _ = reading.read(model, names, grey)
    except ValueError:
        return True
    return not found.is_number


if __name__ == "__main__":
    main()
