"""The doctor at a loop in PyTorch."""

import numpy as np
import pytest

from clarinet.doctor import Doctor
from tests.doctor.test_planted import X, Y

torch = pytest.importorskip("torch")
nn = torch.nn
AMOUNTS = (X @ np.linspace(-1, 1, 10))[:, None].astype(np.float32)


def network(*hidden, ends=()):
    torch.manual_seed(0)
    return nn.Sequential(*hidden, nn.Linear(16, 1), *ends)


def train(module, rate, y=AMOUNTS, loss=None, x=X, epochs=4, data=False, steps=8, function=None):
    loss = loss or nn.MSELoss()
    optimizer = torch.optim.SGD(module.parameters(), rate)
    rows, labels = torch.tensor(x), torch.tensor(y)
    given = {"x": x, "y": y, "epochs": epochs, "batch_size": 64} if data else {}
    with Doctor.watch(module, optimizer, loss=None if function else loss, steps=steps, quiet=True, **given) as watch:
        for _ in range(epochs):
            for start in range(0, len(rows), 64):
                optimizer.zero_grad()
                value = loss(module(rows[start : start + 64]), labels[start : start + 64])
                if function:
                    watch.see(value)
                value.backward()
                optimizer.step()
    return watch


def test_a_sound_loop_is_left_alone_and_its_hooks_are_taken_off(capsys):
    module = network(nn.Linear(10, 16), nn.ReLU(), ends=[nn.Sigmoid()])
    watch = train(module, 0.5, Y[:, None], nn.BCELoss(), data=True, epochs=10)
    assert watch.report.healthy, str(watch.report)
    assert not watch._hooks
    assert not any(leaf._forward_hooks for leaf in module.modules())
    assert module.training
    assert capsys.readouterr().out == ""


def test_steps_that_are_too_long_and_where_they_overflow():
    module = network(nn.Linear(10, 16), nn.LeakyReLU(), nn.Linear(16, 16), nn.LeakyReLU())
    watch = train(module, 1.0, epochs=9)
    finding = watch.report.findings[0]
    assert (finding.kind, finding.where) == ("learning_rate_too_high", "optimizer")
    assert len([f for f in watch.report.findings if f.severity != "hint"]) == 1


def test_the_row_that_blows_up_is_named():
    x = X.copy()
    x[77] *= 1e30
    module = network(nn.Linear(10, 16), nn.LeakyReLU())
    watch = train(module, 1e-4, x=x)
    failure = watch._record.failure
    assert (failure.step, failure.of_batch) == (2, True)
    assert failure.what == "loss" or failure.rows == (13,)
    assert watch.report.findings[0].evidence["located"]


def test_dead_units_saturation_and_small_steps():
    dead = network(nn.Linear(10, 16), nn.ReLU())
    nn.init.constant_(dead[0].bias, -50.0)
    kinds = {(f.kind, f.where) for f in train(dead, 0.01, data=True, epochs=6).report.findings}
    assert ("dying_relu", "layer:1") in kinds
    flat = network(nn.Linear(10, 16), nn.Tanh())
    nn.init.normal_(flat[0].weight, std=80.0)
    kinds = {(f.kind, f.where) for f in train(flat, 1e-4, epochs=6).report.findings}
    assert ("saturated_activation", "layer:1") in kinds
    slow = train(network(nn.Linear(10, 16), nn.ReLU()), 1e-8, epochs=6, function=True)
    assert ("learning_rate_too_low", "optimizer") in {(f.kind, f.where) for f in slow.report.findings}


def test_what_is_found_before_training_is_said_first(capsys):
    module = network(nn.Linear(10, 16), nn.ReLU(), ends=[nn.Softmax(-1)])
    optimizer = torch.optim.Adam(module.parameters(), 1e-2)
    with Doctor.watch(module, optimizer, loss=nn.BCELoss(), x=X, y=Y[:, None]) as watch:
        pass
    assert watch.report.findings[0].kind == "softmax_on_single_unit"
    assert "Doctor (before training)" in capsys.readouterr().out
