# SPDX-License-Identifier: MIT OR Apache-2.0
"""save and load: PyTorch's files, both ways."""
import io
from collections import Counter, OrderedDict

import pytest

import torsh

from compare import needs_torch, torch

DTYPES = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool"]


def values(T):
    base = T.arange(6.0)
    return {
        "none": None, "bool": True, "int": -5, "big": 2 ** 62, "float": 1.5, "complex": 1 + 2j, "text": "ä\n", "bytes": b"\0x",
        "list": [1, [2, "a"], (3,)], "size": T.Size([2, 3]), "ordered": OrderedDict([("b", 1), ("a", 2)]),
        "counter": Counter("aab"), 5: "key", "dtype": T.float16, "device": T.device("cpu"),
        "base": base, "view": base.view(2, 3).t(), "part": base[2:4], "empty": T.zeros(0, 2),
        "parameter": T.nn.Parameter(T.ones(2)), "grad": T.ones(2, requires_grad=True),
        "tensors": [T.ones(2, dtype=getattr(T, d)) for d in DTYPES],
    }


def same(a, b):
    """a out of torsh, b out of PyTorch or torsh."""
    if hasattr(b, "requires_grad"):
        return (a.tolist() == b.tolist() and a.shape == tuple(b.shape) and a.stride() == b.stride()
                and a.requires_grad == b.requires_grad and type(a).__name__ == type(b).__name__
                and str(a.dtype).split(".")[1] == str(b.dtype).split(".")[1])
    if isinstance(b, dict):
        return type(a) is type(b) and list(a) == list(b) and all(same(a[k], b[k]) for k in b)
    if isinstance(b, (list, tuple)):
        return type(a).__name__ == type(b).__name__ and len(a) == len(b) and all(map(same, a, b))
    return repr(a).replace("torsh.", "torch.") == repr(b).replace("torsh.", "torch.")


def test_comes_back(tmp_path):
    torsh.save(values(torsh), tmp_path / "a.pt")
    back = torsh.load(tmp_path / "a.pt")
    assert same(back, values(torsh))
    assert back["view"].data_ptr() == back["base"].data_ptr() and back["part"].data_ptr() == back["base"].data_ptr() + 8
    buffer = io.BytesIO()
    torsh.save(values(torsh), buffer)
    buffer.seek(0)
    assert same(torsh.load(buffer), values(torsh))


@needs_torch
def test_pytorch_reads_ours(tmp_path):
    torsh.save(values(torsh), str(tmp_path / "a.pt"))
    assert same(values(torsh), torch.load(tmp_path / "a.pt", weights_only=True))


@needs_torch
def test_we_read_pytorchs(tmp_path):
    torch.save(values(torch), tmp_path / "a.pt")
    assert same(torsh.load(tmp_path / "a.pt"), values(torch))


@needs_torch
def test_models_and_optimizers_go_both_ways(tmp_path):
    def make(T):
        T.manual_seed(0)
        m = T.nn.Sequential(T.nn.Linear(3, 4), T.nn.Tanh(), T.nn.Linear(4, 1))
        return m, T.optim.Adam(m.parameters(), lr=0.1)

    def train(T, m, o):
        x = T.arange(12.0).reshape(4, 3)
        for _ in range(3):
            o.zero_grad()
            m(x).sum().backward()
            o.step()

    for a, b in ((torsh, torch), (torch, torsh)):
        m, o = make(a)
        train(a, m, o)
        a.save({"model": m.state_dict(), "optimizer": o.state_dict()}, tmp_path / "m.pt")
        n, p = make(b)
        saved = b.load(tmp_path / "m.pt")
        assert hasattr(saved["model"], "_metadata")
        n.load_state_dict(saved["model"])
        p.load_state_dict(saved["optimizer"])
        train(a, m, o)
        train(b, n, p)
        for x, y in zip(m.parameters(), n.parameters()):
            assert [pytest.approx(v, abs=1e-5) for v in x.flatten().tolist()] == y.flatten().tolist()


def test_refused(tmp_path):
    with pytest.raises(TypeError, match="cannot save a Linear"):
        torsh.save(torsh.nn.Linear(1, 1), tmp_path / "a.pt")
    with pytest.raises(FileNotFoundError):
        torsh.load(tmp_path / "none.pt")
    (tmp_path / "bad.pt").write_bytes(b"nothing of the kind")
    with pytest.raises(RuntimeError):
        torsh.load(tmp_path / "bad.pt")
    with pytest.raises(NotImplementedError, match="weights_only"):
        torsh.load(tmp_path / "bad.pt", weights_only=False)
    loop = []
    loop.append(loop)
    with pytest.raises((RecursionError, ValueError)):
        torsh.save(loop, tmp_path / "a.pt")


def test_map_location(tmp_path):
    torsh.save({"a": torsh.ones(1), "p": torsh.nn.Parameter(torsh.ones(1))}, tmp_path / "a.pt")
    back = torsh.load(tmp_path / "a.pt", map_location="cpu")
    assert back["a"].tolist() == [1] and isinstance(back["p"], torsh.nn.Parameter)
    assert torsh.load(tmp_path / "a.pt", map_location={"cuda:0": "cpu"})["a"].device == torsh.device("cpu")
