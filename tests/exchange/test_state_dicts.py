"""PyTorch's state dicts: both ways against PyTorch, and what does not go together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import clarinet
from clarinet import layers
from clarinet.exchange import load_state_dict, save_state_dict
from clarinet.saving import ModelFileError

RNG = np.random.default_rng(4)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def pictures(torch: Any) -> tuple[Any, Any, np.ndarray, np.ndarray]:
    nn = torch.nn
    theirs = nn.Sequential(
        nn.Conv2d(4, 6, 3, padding=1, groups=2),
        nn.BatchNorm2d(6, eps=1e-3),
        nn.ReLU(),
        nn.Conv2d(6, 12, 3, groups=6),
        nn.ConvTranspose2d(12, 5, 2, stride=2),
        nn.GroupNorm(1, 5, eps=1e-3),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(60, 7),
        nn.LayerNorm(7, eps=1e-3),
        nn.Linear(7, 3, bias=False),
    )
    ours = clarinet.Sequential(
        [
            layers.Input((6, 5, 4)),
            layers.Conv2D(6, 3, padding="same", groups=2),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.DepthwiseConv2D(3, depth_multiplier=2),
            layers.Conv2DTranspose(5, 2, strides=2),
            layers.GroupNormalization(1),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(7),
            layers.LayerNormalization(),
            layers.Dense(3, use_bias=False),
        ]
    )
    x = normal(3, 6, 5, 4)
    return theirs, ours, x, np.moveaxis(x, -1, 1).copy()


def sequences(torch: Any) -> tuple[Any, Any, np.ndarray, np.ndarray]:
    nn = torch.nn

    class Theirs(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(11, 4)
            self.first = nn.LSTM(4, 3, num_layers=2, bidirectional=True, batch_first=True)
            self.second = nn.GRU(6, 5, batch_first=True)
            self.third = nn.RNN(5, 2, batch_first=True)
            self.convolution = nn.Conv1d(2, 3, 2)

        def forward(self, x: Any) -> Any:
            x, _ = self.first(self.embed(x))
            x, _ = self.second(x)
            x, _ = self.third(x)
            return self.convolution(x.transpose(1, 2)).transpose(1, 2)

    both = {"return_sequences": True}
    ours = clarinet.Sequential(
        [
            layers.Input((6,)),
            layers.Embedding(11, 4, name="embed"),
            layers.Bidirectional(layers.LSTM(3, **both)),
            layers.Bidirectional(layers.LSTM(3, **both)),
            layers.GRU(5, **both),
            layers.SimpleRNN(2, **both),
            layers.Conv1D(3, 2),
        ]
    )
    x = RNG.integers(0, 11, (3, 6))
    return Theirs(), ours, x.astype(np.float32), x


@pytest.mark.parametrize("make", [pictures, sequences])
def test_both_ways(make: Any, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    theirs, ours, x, its_x = make(torch)
    torch.manual_seed(1)
    with torch.no_grad():
        for name, tensor in theirs.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand_like(tensor) * (0.9 if "var" in name else 0.4) + 0.1)
    theirs.eval()
    save_file({k: v.numpy() for k, v in theirs.state_dict().items()}, tmp_path / "theirs.safetensors")
    load_state_dict(ours, tmp_path / "theirs.safetensors")
    with torch.no_grad():
        expected = theirs(torch.from_numpy(its_x)).numpy()
    np.testing.assert_allclose(ours.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5)
    save_state_dict(ours, tmp_path / "ours.safetensors")
    wanted, found = theirs.state_dict(), load_file(tmp_path / "ours.safetensors")
    assert sorted(a.shape for a in found.values()) == sorted(tuple(a.shape) for a in wanted.values())
    again = clarinet.models.clone_model(ours)
    load_state_dict(again, tmp_path / "ours.safetensors")
    np.testing.assert_allclose(again.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5)


def test_one_layer_goes_to_torch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    model = clarinet.Sequential([layers.Input((5, 3)), layers.GRU(4, name="g"), layers.Dense(2, name="d")])
    save_state_dict(model, tmp_path / "m.safetensors")
    found = {name: torch.from_numpy(array) for name, array in load_file(tmp_path / "m.safetensors").items()}
    gru, dense = torch.nn.GRU(3, 4, batch_first=True), torch.nn.Linear(4, 2)
    gru.load_state_dict({name[2:] + "_l0": a for name, a in found.items() if name.startswith("g.")})
    dense.load_state_dict({name[2:]: a for name, a in found.items() if name.startswith("d.")})
    x = normal(2, 5, 3)
    with torch.no_grad():
        expected = dense(gru(torch.from_numpy(x))[0][:, -1]).numpy()
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5)


def dense(**names: int) -> Any:
    return clarinet.Sequential([layers.Input((4,)), *(layers.Dense(n, name=name) for name, n in names.items())])


def test_names_decide_and_else_shapes_in_natural_order(tmp_path: Path) -> None:
    weights = {f"layer{i}.{n}": a for i in (2, 10) for n, a in (("weight", normal(4, 4)), ("bias", normal(4)))}
    save_file(weights, tmp_path / "w.safetensors")
    model = dense(a=4, b=4)
    load_state_dict(model, tmp_path / "w.safetensors")
    np.testing.assert_array_equal(model.get_weights()[0], weights["layer2.weight"].T)
    load_state_dict(model, tmp_path / "w.safetensors", names={"a": "layer10"})
    np.testing.assert_array_equal(model.get_weights()[0], weights["layer10.weight"].T)
    named = dense(layer10=4, layer2=4)
    load_state_dict(named, tmp_path / "w.safetensors")
    np.testing.assert_array_equal(named.get_weights()[0], weights["layer10.weight"].T)


def test_what_does_not_go_together_is_said_of_both_sides_and_nothing_changes(tmp_path: Path) -> None:
    save_file({"fc.weight": normal(3, 8), "fc.bias": normal(3)}, tmp_path / "w.safetensors")
    model = dense(out=3)
    before = model.get_weights()
    both = r"'out' \(Dense\) expects bias \(3,\), weight \(3, 4\); the file has 'fc' with bias \(3,\), weight \(3, 8\)"
    with pytest.raises(ModelFileError, match=both):
        load_state_dict(model, tmp_path / "w.safetensors")
    with pytest.raises(ModelFileError, match=r"no module 'head'"):
        load_state_dict(model, tmp_path / "w.safetensors", names={"out": "head"})
    two = {f"{n}.{k}": a for n in "ab" for k, a in (("weight", normal(3, 4)), ("bias", normal(3)))}
    save_file(two, tmp_path / "two")
    with pytest.raises(ModelFileError, match="no layer is left for 'b'"):
        load_state_dict(model, tmp_path / "two")
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    with pytest.raises(ValueError, match=r"dot \(EinsumDense\): PyTorch has no module"):
        save_state_dict(
            clarinet.Sequential([layers.Input((4,)), layers.EinsumDense("ab,bc->ac", 2, name="dot")]), tmp_path / "x"
        )
    (tmp_path / "cut").write_bytes((tmp_path / "two").read_bytes()[:50])
    with pytest.raises(ModelFileError):
        load_state_dict(model, tmp_path / "cut")
