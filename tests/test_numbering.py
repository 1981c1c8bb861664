"""Programs that ask for the version of Keras or TensorFlow take the branch of Keras 3."""

from __future__ import annotations

import json
import pickle

import pytest

import clarinet
from clarinet import keras, tf


@pytest.mark.parametrize(
    "version",
    [clarinet.__version__, clarinet.version.VERSION, tf.version.VERSION, keras.__version__, keras.version()],
)
def test_branches_are_those_of_keras_3(version: str) -> None:
    assert version >= "2.0" and version > "2.9" and version >= "2.16" and version >= "3.0" and version > "3.2.1"
    assert not version < "2" and not version < "3.0" and not version <= "1.15.0" and version < "4"
    assert version.startswith("2.") and version.startswith("2") and not version.startswith("1")


def test_it_is_the_version_of_clarinet() -> None:
    own = clarinet.__version__
    major, minor, *_ = own.split(".")
    assert (own >= f"{major}.{minor}") and own < f"0.{int(minor) + 1}" and not own < own
    assert json.loads(json.dumps(own)) == own == str(own) == pickle.loads(pickle.dumps(own))
    assert hash(own) == hash(str(own)) and own.startswith(major)
