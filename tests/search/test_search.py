"""Searches in this process: what trials are worth, what is kept of them, and going on."""

import math

import numpy as np
import optuna
import pytest

import clarinet
from clarinet import runs
from clarinet.search import load, search
from clarinet.utils import set_random_seed
from tests.search.programs import SPACE, X, Y, build


@pytest.fixture
def store(tmp_path):
    return runs.Store(tmp_path / "store")


@pytest.fixture
def find(store):
    """A search in this process."""

    def found(space=SPACE, x=X, y=Y, build=build, **settings):
        given = {"trials": 6, "workers": 0, "epochs": 3, "verbose": 0, "store": store, **settings}
        return search(build, space, x, y, **given)

    return found


def test_a_trial_is_a_training(find, store):
    found = find(validation_data=(X[:20], Y[:20]), trials=3, seed=5)
    for trial in found:
        set_random_seed(5)
        model = build(**trial.values)
        history = model.fit(X, Y, epochs=3, seed=5, verbose=0, validation_data=(X[:20], Y[:20])).history
        assert trial.value == min(history["val_loss"])
        kept = store.get(trial.run)
        assert (kept.status, kept.group, kept.history) == ("finished", "search", history)
        assert {**kept.config} == trial.values
        assert kept.document("fit") == {"epochs": 3, "seed": 5}


def test_the_best_model_has_the_weights_of_its_best_epoch(find):
    found = find(space={"learning_rate": [0.05, 0.3, 0.31]}, epochs=8, validation_data=(X, Y), pruner=None)
    assert found.best.value == min(each.value for each in found)
    assert found.best_model().evaluate(X, Y, verbose=0) == pytest.approx(found.best.value, rel=1e-6)
    assert found.ranked[0] == found.best


def test_the_same_seed_finds_the_same(find):
    one, two = find(seed=3), find(seed=3)
    assert (one.name, two.name) == ("search", "search-2")
    assert [(e.values, e.value, e.state) for e in one] == [(e.values, e.value, e.state) for e in two]
    assert [each.values for each in find(seed=4)] != [each.values for each in one]


def test_seeds_and_folds(find):
    found = find(trials=2, seeds=[1, 7], cv=3, pruner=None)
    for trial in found:
        assert len(trial.scores) == 6 and len(set(trial.scores)) == 6
        assert trial.value == pytest.approx(np.mean(trial.scores))


def test_rows_that_trials_are_judged_on_are_drawn_once(find):
    def build_constant(rate):
        model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1, kernel_initializer="zeros")])
        model.compile(clarinet.optimizers.SGD(0.0), "mse")
        return model

    rows = np.arange(50, dtype="float32")[:, None]
    found = find({"rate": (0.0, 1.0)}, rows, rows, build_constant, trials=2, pruner=None)
    assert found.trials[0].value == found.trials[1].value != pytest.approx(np.mean(rows[40:] ** 2))


def test_hyperparameters_of_fit(find, store):
    found = find({**SPACE, "batch_size": [8, 32]}, trials=3)
    assert [store.get(e.run).document("fit")["batch_size"] for e in found] == [e.values["batch_size"] for e in found]


def test_inputs_by_name_are_split_too(find):
    def build_two(units):
        a, b = clarinet.Input((2,), name="a"), clarinet.Input((1,), name="b")
        y = clarinet.layers.Dense(1)(clarinet.layers.Concatenate()([clarinet.layers.Dense(units)(a), b]))
        model = clarinet.Model([a, b], y)
        model.compile("sgd", "mse")
        return model

    found = find({"units": (1, 4)}, {"a": X[:, :2], "b": X[:, 2:]}, Y, build_two, trials=2, cv=2)
    assert {each.state for each in found} == {"complete"}


def test_choices_that_are_objects(find):
    found = find({"learning_rate": [0.01], "activation": [clarinet.activations.relu, np.tanh and "tanh"]}, trials=4)
    assert {each.values["activation"] for each in found} <= {"relu", "tanh"}
    assert all(each.state in ("complete", "pruned") for each in found)


def test_a_space_may_be_a_function(find):
    def space(trial):
        deep = trial.suggest_categorical("deep", [False, True])
        return {"learning_rate": 0.01, "units": trial.suggest_int("units", 8, 16) if deep else 4}

    found = find(space, trials=6)
    assert all(("units" in each.values) is each.values["deep"] for each in found)
    assert find(space, trials=8, resume=True).trials[:6] == found.trials


def test_pruned_trials_end_early(find):
    rates = [0.1, 0.1, 0.1, 0.1, 0.1, 1e-3]
    found = find(first=[{"learning_rate": rate, "units": 4} for rate in rates], epochs=6)
    assert [each.state for each in found] == ["complete"] * 5 + ["pruned"]
    assert found.trials[-1].epochs == 2
    assert found.trials[-1] not in found.ranked


def test_what_diverges_ends_and_is_worse_than_all(find):
    found = find(
        first=[{"learning_rate": 1e30, "units": 4}], space={**SPACE, "learning_rate": (1e-3, 1e30, "log")}, trials=1
    )
    assert (found.trials[0].state, found.trials[0].value) == ("diverged", None)
    assert math.isnan(found.columns()["val_loss"][0])


def test_a_trial_that_fails_is_kept_with_its_error(find, store):
    def build_small(units):
        if units > 9:
            raise MemoryError("too large")
        return build(0.01, units)

    first = [{"units": 3}, {"units": 12}]
    found = find({"units": (1, 20)}, build=build_small, first=first, trials=2)
    assert [(e.state, e.error) for e in found] == [("complete", None), ("failed", "MemoryError: too large")]
    assert store.get(found.trials[1].run).status == "failed"
    with pytest.raises(RuntimeError, match="the first 3 trials all failed; the last: MemoryError: too large"):
        find({"units": (10, 20)}, build=build_small)


def test_going_on(find):
    found = find(trials=4, seed=1, name="steps")
    more = find(trials=7, seed=1, name="steps", resume=True)
    assert more.trials[:4] == found.trials and len(more) == 7
    assert find(trials=7, seed=1, name="steps", resume=True).trials == more.trials


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"metric": "loss"}, "metric was 'val_loss', now 'loss'"),
        ({"epochs": 4}, "fit was"),
        ({"y": Y + 1}, "data was other rows"),
        ({"space": {**SPACE, "units": (2, 17)}}, "space was"),
        ({"cv": 2}, "cv was None, now 2"),
    ],
)
def test_another_search_does_not_go_on_as_this_one(find, changed, words):
    find(trials=1)
    with pytest.raises(ValueError, match=words):
        find(**{"trials": 2, "resume": True, **changed})


def test_ctrl_c_keeps_what_is_over(find, store):
    def interrupted(learning_rate, units):
        if len(store.query("SELECT id FROM runs")) > 3:
            raise KeyboardInterrupt
        return build(learning_rate, units)

    with pytest.raises(KeyboardInterrupt):
        find(build=interrupted)
    found = load("search", store)
    assert [each.state for each in found] == ["complete"] * 3 + ["unfinished"]
    assert store.get(found.trials[3].run).status == "interrupted"
    values = found.trials[3].values
    more = find(trials=4, resume=True)
    assert more.trials[:3] == found.trials[:3]
    assert (more.trials[3].values, more.trials[3].run) == (values, found.trials[3].run)


def test_time_is_a_budget_too(find):
    assert len(find(trials=None, timeout=0.2)) >= 1
    assert len(find(trials=3, timeout="1h")) == 3


def test_tables(find):
    found = find(trials=5)
    frame = found.to_pandas()
    assert list(frame.columns) == ["state", "val_loss", "learning_rate", "units", "epochs", "seconds", "run"]
    assert frame["val_loss"].min() == found.best.value
    assert found.to_polars()["units"].to_list() == [each.values["units"] for each in found]
    assert str(found).splitlines()[0].startswith("search: 5 trials (5 complete), by val_loss")
    shares = found.importance()
    assert set(shares) == {"learning_rate", "units"} and sum(shares.values()) == pytest.approx(1)


def test_optunas_samplers_and_pruners(find):
    sampler, pruner = optuna.samplers.RandomSampler(seed=0), optuna.pruners.SuccessiveHalvingPruner()
    found = find(sampler=sampler, pruner=pruner, trials=8, epochs=4)
    assert len(found.ranked) >= 1 and len(found) == 8


@pytest.mark.parametrize(
    "settings, kind, words",
    [
        ({"trials": 0}, ValueError, "trials"),
        ({"workers": -1}, ValueError, "workers"),
        ({"cv": 1}, ValueError, "cv"),
        ({"cv": 2, "validation_data": (X, Y)}, ValueError, "leave out validation_data"),
        ({"validation_split": 0.0, "metric": "val_loss"}, ValueError, "'val_loss' needs rows to validate on"),
        ({"metric": "val_lo", "mode": "min"}, ValueError, "not among the numbers of an epoch.*val_loss"),
        ({"metric": "val_strange"}, ValueError, "give mode='max' or 'min'"),
        ({"seeds": [1, 1]}, ValueError, "seeds"),
        ({"epoch": 3}, TypeError, "no argument 'epoch'.*epochs"),
        ({"run": "x"}, TypeError, "no argument 'run'"),
        ({"sampler": "tpe"}, TypeError, "optuna.samplers"),
        ({"pruner": "mean"}, TypeError, "'median'"),
        ({"timeout": "soon"}, ValueError, "'30s'"),
        ({"executor": 3}, TypeError, "concurrent.futures"),
        ({"name": "a/b"}, ValueError, "name"),
        ({"first": [{"units": 99}]}, ValueError, "units=99 is not among the values of the space"),
        ({"first": [{"unit": 3}]}, ValueError, "'unit' is not in the space.*units"),
        ({"build": lambda learning_rate, units: 3}, ValueError, "returns a compiled clarinet model, received int"),
        ({"epochs": 0}, ValueError, "epochs: expected a whole number of at least 1"),
        ({"space": {"learning_rate": (0.1, 0.2), "epochs": [1]}}, TypeError, "'epochs' is in the space and"),
    ],
)
def test_refusals_come_before_any_work(find, store, settings, kind, words):
    with pytest.raises(kind, match=words):
        find(**settings)
    assert not any(run.status == "finished" for run in runs.Runs(store).entries())


def test_unknown_searches(store, find):
    with pytest.raises(ValueError, match=r"no search 'houses'.*there are none yet"):
        load("houses", store)
    find(trials=1, name="horses")
    with pytest.raises(ValueError, match="horses"):
        load("houses", store)
