"""Fields that convert: what a constructor accepts, what a layer holds."""

import copy
import inspect
import pickle

import pytest

from clarinet import activations, initializers, layers, optimizers, regularizers
from clarinet.fields import Field
from clarinet.regularizers import L2


def test_what_is_given_is_converted_once() -> None:
    layer = layers.Dense(3, activation="relu", kernel_initializer="zeros", kernel_regularizer=L2(0.5))
    assert layer.activation is activations.relu
    assert layer.kernel_initializer == initializers.Zeros()
    assert layer.bias_regularizer is None and layer.kernel_regularizer == regularizers.L2(0.5)
    assert layers.Conv2D(1, 3, strides=2).strides == (2, 2)
    assert layers.Conv1D(1, 3, strides=2).strides == (2,)
    assert layers.MaxPooling2D((2, 3)).strides == (2, 3)


def test_the_class_gives_the_default_as_it_is_written() -> None:
    parameters = inspect.signature(layers.Dense).parameters
    assert parameters["kernel_initializer"].default == "glorot_uniform" == layers.Dense.kernel_initializer
    assert parameters["activation"].default is None


def test_copies_and_configurations_hold_what_is_kept() -> None:
    layer = layers.Conv2D(2, 3, strides=(1, 2), activation="tanh")
    for clone in (copy.copy(layer), copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert clone.strides == (1, 2) and clone.activation == activations.tanh
    again = layers.Conv2D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def test_fields_of_a_layer_stay_fixed() -> None:
    layer = layers.Dense(3)
    with pytest.raises(AttributeError, match=r"Dense\.units is fixed"):
        layer.units = 4


def test_messages_name_the_field() -> None:
    with pytest.raises(ValueError, match="Conv2D: strides: expected a positive whole number"):
        layers.Conv2D(1, 3, strides=0)
    with pytest.raises(ValueError, match="unknown regularizer 'l4'"):
        layers.Dense(3, activity_regularizer="l4")
    with pytest.raises(TypeError, match="SGD: learning_rate: expected a finite number"):
        optimizers.SGD("fast")


def test_a_learning_rate_may_be_set_in_any_of_its_ways() -> None:
    optimizer = optimizers.SGD(0.5)
    schedule = optimizers.schedules.ExponentialDecay(0.5, 10, 0.9)
    optimizer.learning_rate = {"class_name": "ExponentialDecay", "config": schedule.get_config()}
    assert optimizer.rate(0) == 0.5 and callable(optimizer.learning_rate)
    with pytest.raises(TypeError, match="SGD: learning_rate"):
        optimizer.learning_rate = "slow"
    assert callable(optimizer.learning_rate)


def test_a_field_that_is_not_set_yet_is_not_there() -> None:
    class Number(Field[str, int]):
        def convert(self, value: str, owner: object) -> int:
            return int(value)

    class Owner:
        size = Number("7")

    owner = Owner()
    assert Owner.size == "7" and not hasattr(owner, "size")
    owner.size = "12"
    assert owner.size == 12
