"""The arguments of ``fit``: each is a field of one record and says what it is for; nobody else keeps a list of them."""

from __future__ import annotations

import inspect
from dataclasses import FrozenInstanceError, fields
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import checks
from clarinet.callbacks import Callback
from clarinet.checks.arguments import _RULES
from clarinet.settings import FACTS, FitSettings, Role, names_of
from clarinet.training import trainer
from clarinet.training.trainer import DEFAULTS, settings_of

X = np.linspace(-1, 1, 40, dtype=np.float32).reshape(10, 4)
Y = X[:, :1]


def network() -> clarinet.Sequential:
    clarinet.utils.set_random_seed(1)
    model = clarinet.Sequential([clarinet.Input((4,)), clarinet.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_every_argument_of_fit_is_a_field_with_a_fact() -> None:
    arguments = list(inspect.signature(trainer.fit).parameters)
    assert ["self", *(each.name for each in fields(FitSettings))] == arguments
    assert list(FACTS) == arguments[1:]


def test_the_roles_part_the_arguments() -> None:
    parts = [names_of(role) for role in Role]
    assert sorted(name for part in parts for name in part) == sorted(FACTS)
    assert set(names_of(Role.DATA)) == {"x", "y", "sample_weight", "validation_data", "target"}


def test_every_argument_but_data_and_callbacks_has_a_rule_of_its_own() -> None:
    assert set(FACTS) - set(names_of(Role.DATA)) - {"callbacks"} <= set(_RULES)


def test_facts_agree_with_each_other() -> None:
    for name, fact in FACTS.items():
        assert not (fact.fixed and fact.role is not Role.NUMBERS), name
        assert fact.recorded or fact.role is not Role.NUMBERS, name
        assert not (fact.recorded and fact.role is Role.DATA), name
        assert not (fact.writes and fact.role is not Role.DISPLAY), name


def test_every_argument_arrives_in_its_own_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """``fit`` names all of them once more, in order."""
    seen: list[FitSettings] = []

    class Enough(Exception):
        pass

    def take(model: Any, settings: FitSettings) -> Any:
        seen.append(settings)
        raise Enough

    monkeypatch.setattr(checks, "check_fit_arguments", take)
    given = {name: object() for name in FACTS}
    for call in (network().fit, network().fit_events):
        with pytest.raises(Enough):
            call(**given)
    assert [vars(settings) for settings in seen] == [given, given]


def test_defaults_stand_in_fit_alone() -> None:
    assert settings_of(X, Y, 4) == FitSettings(**{**DEFAULTS, "x": X, "y": Y, "batch_size": 4})
    with pytest.raises(TypeError):
        FitSettings()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'epoch'"):
        settings_of(X, Y, epoch=3)
    assert inspect.signature(clarinet.Sequential.fit_events).parameters == inspect.signature(trainer.fit).parameters


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        settings_of(X, Y).epochs = 2  # type: ignore[misc]


def test_what_a_run_keeps_and_what_resuming_needs() -> None:
    settings = settings_of(X, Y, epochs=7, class_weight={0: 2.0}, verbose=0, run="digits", checkpoint=3)
    assert settings.recorded() == {
        "batch_size": None, "epochs": 7, "callbacks": None, "validation_split": 0.0, "shuffle": True,
        "class_weight": {0: 2.0}, "initial_epoch": 0, "steps_per_epoch": None, "validation_steps": None,
        "validation_batch_size": None, "validation_freq": 1, "seed": None, "stats_every": 100, "checkpoint": 3,
        "resume": False, "distribute": None,
    }  # fmt: skip
    assert settings.fixed() == {
        "batch_size": None, "validation_split": 0.0, "shuffle": True, "class_weight": {0: 2.0}, "initial_epoch": 0,
        "steps_per_epoch": None, "validation_freq": 1, "seed": None, "distribute": None,
    }  # fmt: skip


def test_callbacks_see_the_recorded_settings() -> None:
    class Look(Callback):
        pass

    look = Look()
    network().fit(X, Y, epochs=np.int64(2), verbose=0, callbacks=look, validation_split=0.2)
    told = {"batch_size": 32, "callbacks": ["Look"], "epochs": 2, "validation_split": 0.2}
    assert look.params["arguments"] == settings_of().recorded() | told
    assert type(look.params["arguments"]["epochs"]) is int
