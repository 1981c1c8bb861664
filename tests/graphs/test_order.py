"""Walks over graphs meet every tensor once, however many ways lead to it."""

from clarinet import applications, backend, layers


def test_inputs_are_found_where_tensors_are_shared() -> None:
    first, second = layers.Input((3,)), layers.Input((3,))
    x = layers.Add()([first, second])
    for _ in range(60):  # 2^60 ways lead back
        x = layers.Add()([x, x])
    assert backend.get_source_inputs(x) == [first, second]
    assert backend.get_source_inputs(first) == [first]
    assert backend.get_source_inputs(3.0) == [3.0]


def test_an_architecture_begins_with_the_inputs_of_its_tensor() -> None:
    first, second = layers.Input((32, 32, 3)), layers.Input((32, 32, 3))
    both = layers.Add()([first, second])
    model = applications.MobileNetV2(weights=None, input_tensor=both, alpha=0.35, include_top=False)
    assert [tensor.shape for tensor in model.inputs] == [(None, 32, 32, 3)] * 2
