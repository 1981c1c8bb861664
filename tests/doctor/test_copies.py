"""What the doctor trains and looks at are copies that carry all that training does not change."""

import numpy as np
import pytest

import clarinet
from clarinet import Input, Sequential, doctor, optimizers
from clarinet.cli import main
from clarinet.doctor.program import program_of
from clarinet.layers import BatchNormalization, Dense, Normalization, Rescaling, Residual

RNG = np.random.default_rng(0)
X = (RNG.normal(size=(400, 3)) * [1, 100, 3000] + [0, 500, -2000]).astype(np.float32)
YES = (X[:, 0] > 0).astype(np.float32)
AMOUNT = (2000 + 300 * X[:, 0] - X[:, 1])[:, None].astype(np.float32)


def classifier(*before):
    model = Sequential([Input((3,)), *before, Dense(16, activation="relu"), Dense(1, activation="sigmoid")])
    model.compile(optimizers.Adam(0.01), "binary_crossentropy")
    return model


def adapted():
    layer = Normalization()
    layer.adapt(X)
    return layer


def standardised():
    return BatchNormalization(center=False, scale=False, epsilon=1e-7, trainable=False)


def with_statistics(model):
    model.layers[0].set_weights([X.mean(axis=0), X.var(axis=0)])
    return model


MODELS = {
    "adapted": lambda: classifier(adapted()),
    "adapted within": lambda: classifier(Residual([adapted(), Rescaling(0.5)])),
    "frozen statistics": lambda: with_statistics(classifier(standardised())),
}


@pytest.mark.parametrize("trained", [False, True], ids=["fresh", "trained"])
@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
def test_statistics_of_the_data_stay_with_a_copy(build, trained):
    model = build()
    if trained:
        model.fit(X, YES, epochs=1, verbose=0)
    program = program_of(model, X, YES, None, {})
    for seed in (0, 3):
        for own, copy in zip(model.layers[0].get_weights(), program.model(seed).layers[0].get_weights(), strict=True):
            np.testing.assert_array_equal(own, copy)


@pytest.mark.parametrize("trained", [False, True], ids=["fresh", "trained"])
@pytest.mark.parametrize("build", [MODELS["adapted"], MODELS["frozen statistics"]], ids=["adapted", "frozen"])
def test_nothing_is_said_of_data_that_the_model_scales_itself(build, trained):
    model = build()
    if trained:
        model.fit(X, YES, epochs=2, verbose=0)
    report = doctor.examine(model, X, YES, epochs=20)
    assert report.findings == (), str(report)


def test_weights_that_were_trained_elsewhere_and_frozen_stay_with_a_copy():
    source = classifier()
    source.fit(X / X.std(axis=0), YES, epochs=1, verbose=0)
    source.layers[0].trainable = False
    model = Sequential([Input((3,)), source.layers[0], Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    model.fit(X / X.std(axis=0), YES, epochs=1, verbose=0)
    program = program_of(model, X, YES, None, {})
    for seed in (0, 3):
        copy = program.model(seed)
        np.testing.assert_array_equal(copy.layers[0].get_weights()[0], model.layers[0].get_weights()[0])
        assert not np.array_equal(copy.layers[1].get_weights()[0], model.layers[1].get_weights()[0])


def test_thawed_layers_go_on_from_the_weights_that_they_have():
    model = classifier()
    model.layers[0].trainable = model.layers[1].trainable = False
    finding = next(f for f in doctor.examine(model, X, YES).findings if f.kind == "frozen_layers")
    program = program_of(model, X, YES, None, {})
    before, after = program.model(), finding.change(program).model()
    assert all(layer.trainable for layer in after.layers)
    for own, copy in zip(before.get_weights(), after.get_weights(), strict=True):
        np.testing.assert_array_equal(own, copy)


def test_an_examination_draws_no_weights():
    models = classifier(adapted()), classifier(adapted())
    doctor.examine(models[0], X, YES, epochs=2)
    for model in models:
        model.fit(X, YES, seed=7, verbose=0)
    for one, other in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_dtype_and_an_adapted_target_stay_with_a_copy():
    model = Sequential([Input((3,)), adapted(), Dense(1)])
    model.compile(optimizers.Adam(0.05), "mse", target="standard", dtype="float64")
    model.fit(X, AMOUNT, epochs=1, verbose=0)
    copy = program_of(model, X, AMOUNT * 2, None, {}).model()
    assert copy.dtype == np.float64
    assert copy.target.center == model.target.center
    assert copy.target is not model.target


@pytest.mark.parametrize("ending", [[Dense(1)], [Dense(1, activation="tanh")]], ids=["linear", "tanh"])
def test_the_range_that_the_last_layers_give_the_target_counts(ending):
    own = Rescaling(2 * float(np.abs(AMOUNT - AMOUNT.mean()).max()), float(AMOUNT.mean()))
    model = Sequential([Input((3,)), adapted(), Dense(16, activation="relu"), *ending, own])
    model.compile(optimizers.Adam(0.01), "mse")
    report = doctor.examine(model, X, AMOUNT, epochs=40)
    assert report.findings == (), str(report)
    bare = Sequential([Input((3,)), adapted(), Dense(16, activation="relu"), *(layer.changed() for layer in ending)])
    bare.compile(optimizers.Adam(0.01), "mse")
    kinds = {finding.kind for finding in doctor.examine(bare, X, AMOUNT, epochs=40).findings}
    assert "unscaled_targets" in kinds


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_nothing_is_said_of_what_train_makes_of_a_table(name, tmp_path, capsys):
    datasets = pytest.importorskip("sklearn.datasets")
    bunch = getattr(datasets, f"load_{name}")(**({"scaled": False} if name == "diabetes" else {}))
    columns = [f"c{i}" for i in range(bunch.data.shape[1])]
    answers = bunch.target if name == "diabetes" else [f"kind {number}" for number in bunch.target]
    lines = [",".join(map(str, [*row, answer])) for row, answer in zip(bunch.data, answers)]
    table, model = str(tmp_path / "table.csv"), str(tmp_path / "m.clarinet")
    (tmp_path / "table.csv").write_text("\n".join([",".join([*columns, "answer"]), *lines]), "utf-8")
    assert main(["train", table, "--target", "answer", "--seed", "1", "--out", model]) == 0
    capsys.readouterr()
    assert main(["doctor", model, table]) == 0
    assert ": healthy: " in capsys.readouterr().out


def test_a_trained_model_is_the_same_afterwards():
    model = with_statistics(classifier(standardised()))
    model.fit(X, YES, epochs=2, verbose=0)
    before, answers = model.get_weights(), model.predict(X)
    doctor.examine(model, X, YES, epochs=5)
    doctor.treat(model, X, YES, epochs=1)
    for own, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(own, now)
    np.testing.assert_array_equal(model.predict(X), answers)
    assert isinstance(model, clarinet.Sequential)
