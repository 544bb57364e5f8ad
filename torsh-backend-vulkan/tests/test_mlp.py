# SPDX-License-Identifier: MIT OR Apache-2.0
"""The digits network (linear, relu, linear, cross entropy, Adam) trains wholly on the device."""
import pathlib

import numpy as np
import pytest

import torsh
from conftest import ROOT
from torsh import nn
from torsh.nn import functional as F

ROWS = np.loadtxt(ROOT / "examples" / "data" / "digits.csv", delimiter=",", dtype=np.float32)
X, Y = ROWS[:, :64] / 16, ROWS[:, 64].astype(np.int64)
BATCH = 64


def network() -> nn.Sequential:
    torsh.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))


def train(device: str, steps: int, watch=lambda step: None):
    """Weights are made on the CPU and copied over."""
    model = network().to(device)
    optimizer = torsh.optim.Adam(model.parameters(), lr=2e-3)
    rng, losses = np.random.default_rng(0), []
    for step in range(steps):
        picked = rng.integers(0, len(X), BATCH)
        x, y = torsh.from_numpy(X[picked]).to(device), torsh.from_numpy(Y[picked]).to(device)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        watch(step)
    return model, losses


def test_the_same_losses_as_on_the_cpu_over_50_steps(device):
    assert train(device, 50)[1] == pytest.approx(train("cpu", 50)[1], abs=1e-4)


def test_a_step_is_one_batch_in_one_loss_out_and_few_submissions(device):
    seen = []
    train(device, 6, lambda step: seen.append(torsh.vulkan.counters()))
    for before, after in zip(seen[2:], seen[3:]):
        step = {k: after[k] - before[k] for k in after}
        assert step["uploads"] == 2 and step["uploaded_bytes"] == BATCH * (64 * 4 + 8)
        assert step["downloads"] == 1 and step["downloaded_bytes"] == 4
        assert 1 <= step["submissions"] < 10
        assert step["pipelines"] == 0
        assert step["barriers"] < step["dispatches"]


def test_it_learns_the_digits(device):
    model, _ = train(device, 500)
    with torsh.no_grad():
        right = model(torsh.from_numpy(X).to(device)).argmax(1) == torsh.from_numpy(Y).to(device)
    assert right.float().mean().item() >= 0.95


def test_memory_stays_flat(device):
    train(device, 10)
    before = torsh.vulkan.memory_allocated(), torsh.vulkan.memory_reserved()
    train(device, 60)
    assert (torsh.vulkan.memory_allocated(), torsh.vulkan.memory_reserved()) == before


def test_a_model_saved_on_one_device_loads_on_the_other(device, tmp_path: pathlib.Path):
    model, _ = train(device, 3)
    torsh.save(model.state_dict(), tmp_path / "model.pt")
    there, here = network(), network().to(device)
    there.load_state_dict(torsh.load(tmp_path / "model.pt", map_location="cpu"))
    here.load_state_dict(torsh.load(tmp_path / "model.pt", map_location=device))
    assert {p.device.type for p in there.parameters()} == {"cpu"} and {p.device.type for p in here.parameters()} == {"vulkan"}
    for a, b, c in zip(model.parameters(), there.parameters(), here.parameters()):
        assert torsh.equal(a.cpu(), b) and torsh.equal(a.cpu(), c.cpu())
