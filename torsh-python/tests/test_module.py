# SPDX-License-Identifier: MIT OR Apache-2.0
"""nn.Module: registration, walking, state, hooks, copies."""
import copy
import pickle

import pytest

import torsh
from torsh import nn

from compare import cases, check, needs_torch

NET = """
class Net(T.nn.Module):
    def __init__(self):
        super().__init__()
        self.a = T.nn.Linear(2, 3)
        self.b = T.nn.Sequential(T.nn.Linear(3, 3), T.nn.BatchNorm1d(3))
        self.scale = T.nn.Parameter(T.ones(1))
        self.register_buffer("count", T.zeros(2))
        self.register_buffer("scratch", T.zeros(1), persistent=False)
        self.plain = 5
        self.empty = None
    def forward(self, x):
        return self.b(self.a(x)) * self.scale
m = Net()
"""


@needs_torch
@pytest.mark.parametrize("code", cases("""\
repr(m)
[n for n, _ in m.named_parameters()]
[n for n, _ in m.named_parameters(prefix="p", recurse=False)]
[n for n, _ in m.named_buffers()]
[n for n, _ in m.named_modules()]
[n for n, _ in m.named_children()]
len(list(m.parameters())), len(list(m.buffers())), len(list(m.modules())), len(list(m.children()))
list(m.state_dict())
list(m.state_dict(prefix="x."))
dict(m.state_dict()._metadata)
m.state_dict()["scale"].requires_grad, m.state_dict(keep_vars=True)["scale"].requires_grad
m(T.arange(8.).reshape(4, 2))
m.training, m.eval().training, m.b[1].training, m.train().b[1].training
m.train("a")
m.get_submodule("b.1").num_features
m.get_submodule("b.7")
m.get_submodule("plain")
m.get_parameter("b.0.weight").shape
m.get_parameter("plain")
m.get_buffer("b.1.running_mean")
m.missing
m.weight.foo
m.double().a.weight.dtype, m.count.dtype, m.b[1].num_batches_tracked.dtype
m.to(T.float16).scale.dtype
m.to("cpu", T.float64).scale.dtype
m.to(T.int64)
m.to(T.ones(1, dtype=T.float64)).scale.dtype
m.requires_grad_(False).scale.requires_grad
m.apply(lambda x: None) is m
seen = []; m.apply(lambda x: seen.append(type(x).__name__)); seen
m(T.ones(4, 2)).sum().backward(); m.zero_grad(); [p.grad for p in m.parameters()]
m(T.ones(4, 2)).sum().backward(); m.zero_grad(set_to_none=False); m.scale.grad
m.scale = None; [n for n, _ in m.named_parameters()]
m.scale = 5
m.scale = T.ones(1)
m.a = 5
m.a = None; repr(m)
m.count = T.ones(2); (list(m.state_dict()), m.count)
m.count = 5
m.plain = T.nn.Parameter(T.zeros(1)); [n for n, _ in m.named_parameters()]
m.a = T.nn.Parameter(T.zeros(1)); [n for n, _ in m.named_modules()]
m.scale = T.nn.Linear(1, 1)
m.new = T.nn.Buffer(T.zeros(1)); list(m.state_dict())
m.new = T.nn.Buffer(T.zeros(1), persistent=False); list(m.state_dict())
del m.scale; hasattr(m, "scale")
del m.a; [n for n, _ in m.named_modules()]
del m.count; hasattr(m, "count")
del m.nothing
m.register_parameter("plain", T.nn.Parameter(T.ones(1)))
m.register_parameter("x.y", None)
m.register_parameter("", None)
m.register_parameter("p", T.ones(1))
m.register_parameter("p", None); m.p
m.register_buffer("count", T.ones(3)); m.count
m.register_buffer("plain", T.ones(1))
m.register_buffer("x", 5)
m.add_module("x", 5)
m.add_module("x", T.nn.ReLU()); m.x
m.add_module("forward", T.nn.ReLU())
m.load_state_dict(m.state_dict())
m.load_state_dict({})
m.load_state_dict({"foo": T.ones(1)}, strict=False)
m.load_state_dict({**m.state_dict(), "foo": T.ones(1), "b.7.weight": T.ones(1)})
m.load_state_dict({**m.state_dict(), "scale": T.ones(2)})
m.load_state_dict({**m.state_dict(), "scale": 5})
m.load_state_dict(5)
m.load_state_dict({k: v * 0 + 2 for k, v in m.state_dict().items()}); (m.scale, m.count, m.scale.requires_grad)
m.load_state_dict({k: v.double() for k, v in m.state_dict().items()}, assign=True); (m.scale, m.scale.requires_grad)
s = {k: v for k, v in m.state_dict().items() if "tracked" not in k}; m.load_state_dict(s)
T.nn.Module()(1)
T.nn.Module(1)
"""))
def test_as_pytorch(code):
    check(NET + code.replace("; ", "\n"))


@needs_torch
@pytest.mark.parametrize("code", cases("""\
---
class M(T.nn.Module):
    def __init__(self):
        self.a = T.nn.Parameter(T.ones(1))
M()
---
class M(T.nn.Module):
    def __init__(self):
        self.a = T.nn.ReLU()
M()
---
m = T.nn.Linear(2, 2)
h = m.register_forward_hook(lambda m, args, out: out * 0)
a = m(T.ones(2))
h.remove()
(a, m(T.ones(2)))
---
m = T.nn.Linear(2, 2)
m.register_forward_pre_hook(lambda m, args: args[0] * 2)
m(T.ones(2))
---
m = T.nn.Linear(2, 2)
m.register_forward_hook(lambda m, args, kwargs, out: out + len(kwargs), with_kwargs=True)
m(input=T.ones(2))
---
m = T.nn.Linear(2, 2)
seen = []
m.register_forward_hook(lambda *a: seen.append(1))
m.register_forward_hook(lambda *a: seen.append(2), prepend=True)
m(T.ones(2))
seen
---
s = T.nn.Sequential(T.nn.Linear(2, 2), T.nn.ReLU())
s.append(T.nn.Tanh())
s.insert(1, T.nn.Sigmoid())
del s[0]
s[0] = T.nn.GELU()
(repr(s), len(s), repr(s[-1]), repr(s[1:]), [n for n, _ in s.named_children()])
---
from collections import OrderedDict
T.nn.Sequential(OrderedDict([("a", T.nn.ReLU()), ("b", T.nn.Tanh())]))
---
T.nn.Sequential(T.nn.ReLU())[3]
---
l = T.nn.ModuleList([T.nn.Linear(1, 1), T.nn.Linear(1, 1), T.nn.ReLU()])
l += [T.nn.ReLU()]
l.extend([T.nn.Tanh()])
(repr(l), len(l), [n for n, _ in l.named_parameters()], repr(l[:2]))
---
d = T.nn.ModuleDict({"a": T.nn.ReLU(), "b": T.nn.Linear(1, 1)})
d["c"] = T.nn.Tanh()
x = d.pop("a")
(repr(d), list(d.keys()), "b" in d, len(d))
---
p = T.nn.ParameterList([T.nn.Parameter(T.ones(2)), T.nn.Parameter(T.zeros(1, 2))])
p.append(T.nn.Parameter(T.ones(1)))
(repr(p), len(p), [n for n, _ in p.named_parameters()])
---
a = T.nn.Linear(2, 2)
m = T.nn.ModuleList([a, a])
(len(list(m.parameters())), len(list(m.named_parameters(remove_duplicate=False))), list(m.state_dict()))
---
m = T.nn.Linear(2, 2)
m.bias = m.weight
[n for n, _ in m.named_parameters()]
"""))
def test_more_as_pytorch(code):
    check(code)


def net():
    scope = {"T": torsh}
    exec(NET, scope)
    return scope["m"]


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.tied = self.layer.weight
        self.register_buffer("b", torsh.ones(1))


@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_whole(how):
    m = Small()
    c = how(m)
    assert c.layer is c._modules["layer"] and c.layer.weight is c.layer._parameters["weight"]
    assert c.layer.weight.tolist() == m.layer.weight.tolist() and c.layer.weight is not m.layer.weight
    c.layer.weight = nn.Parameter(torsh.zeros(2, 2))
    assert c.layer.weight.sum().item() == 0 and m.layer.weight.sum().item() != 0
    c.load_state_dict(m.state_dict())
    assert isinstance(c.layer.weight, nn.Parameter)


def test_members_and_attributes_are_one():
    m = net()
    m._parameters["scale"] = p = nn.Parameter(torsh.zeros(1))
    assert m.scale is p
    del m._parameters["scale"]
    assert not hasattr(m, "scale")
    m._modules.pop("a")
    assert not hasattr(m, "a")


def test_a_list_makes_a_sequential():
    assert len(nn.Sequential([nn.ReLU(), nn.Tanh()])) == 2


def test_always_call_hooks_run_when_forward_fails():
    m = nn.Linear(2, 2)
    seen = []
    m.register_forward_hook(lambda *a: seen.append(1), always_call=True)
    with pytest.raises(RuntimeError):
        m(torsh.ones(3))
    assert seen == [1]
