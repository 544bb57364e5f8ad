# SPDX-License-Identifier: MIT OR Apache-2.0
"""Optimizers and schedulers, beside PyTorch's."""
import copy
import pickle

import pytest

import torsh

from compare import cases, check, needs_torch

pytestmark = needs_torch
OPTIMIZERS = cases("""\
SGD(ps, lr=0.1)
SGD(ps, lr=0.1, momentum=0.9)
SGD(ps, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)
SGD(ps, lr=0.1, momentum=0.9, dampening=0.5, maximize=True)
Adam(ps)
Adam(ps, lr=0.1, betas=(0.5, 0.9), eps=1e-4, weight_decay=0.1)
Adam(ps, lr=0.1, amsgrad=True, maximize=True)
AdamW(ps, lr=0.1)
AdamW(ps, lr=0.1, amsgrad=True, weight_decay=0.5)
Adadelta(ps)
Adadelta(ps, lr=0.5, rho=0.5, eps=1e-3, weight_decay=0.1, maximize=True)
SGD([{"params": ps[:1]}, {"params": ps[1:], "lr": 1.0}], lr=0.1)
Adam([("a", ps[0]), ("b", ps[1])])
""")
SETUP = """
ps = [T.nn.Parameter(T.arange(6.).reshape(2, 3)), T.nn.Parameter(T.tensor(2.)), T.nn.Parameter(T.ones(1))]
ps = ps[:2] if "b\\"" in NAME else ps
o = T.optim.NAME
def step():
    o.zero_grad()
    loss = (ps[0] * ps[0]).sum() * 0.1 + ps[1] * 3
    loss.backward()
    o.step()
    return loss
"""


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_steps(optimizer):
    setup = SETUP.replace('"b\\"" in NAME', str("b\"" in optimizer)).replace("NAME", optimizer)
    check(setup + "for _ in range(5): step()\nps")
    check(setup + "step()\no.state_dict()")
    check(setup + "step()\nrepr(o)")
    check(setup + "for _ in range(2): step()\ns = o.state_dict()\no = T.optim." + optimizer +
          "\no.load_state_dict(s)\nfor _ in range(2): step()\n(ps, o.state_dict())")


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
@pytest.mark.parametrize("name", ["SGD(ps, lr=0.1, momentum=0.9)", "Adam(ps, lr=0.1)", "Adadelta(ps)"])
def test_dtypes(name, dtype):
    check(f"p = T.nn.Parameter(T.arange(4.).to(T.{dtype}))\nps = [p]\no = T.optim.{name}\n"
          "for _ in range(3):\n    p.grad = p.detach().clone() + 1\n    o.step()\np")


@pytest.mark.parametrize("code", cases("""\
T.optim.SGD([], lr=0.1)
T.optim.SGD(T.ones(1), lr=0.1)
T.optim.SGD([T.ones(1, requires_grad=True) * 2], lr=0.1)
T.optim.SGD([1], lr=0.1)
T.optim.SGD([{"params": {p}}], lr=0.1)
T.optim.SGD([{"params": [p]}, {"params": [p]}], lr=0.1)
T.optim.SGD([p], lr=-1)
T.optim.SGD([p], momentum=-1)
T.optim.SGD([p], nesterov=True)
T.optim.Adam([p], betas=(1, 0.9))
T.optim.Adam([p], eps=-1)
T.optim.AdamW([p], weight_decay=-1)
T.optim.Adadelta([p], rho=2)
T.optim.SGD([p]).load_state_dict({"state": {}, "param_groups": []})
T.optim.SGD([p]).load_state_dict({"state": {}, "param_groups": [{"params": [0, 1]}]})
T.optim.SGD([p]).step(lambda: 5)
T.optim.SGD([p]).add_param_group(5)
o = T.optim.SGD([p]); o.add_param_group({"params": T.nn.Parameter(T.ones(2)), "lr": 1}); len(o.param_groups)
o = T.optim.SGD([p]); p.grad = T.ones(1); o.zero_grad(); p.grad
o = T.optim.SGD([p]); p.grad = T.ones(1); o.zero_grad(set_to_none=False); p.grad
o = T.optim.SGD([p]); o.step(); p
o = T.optim.Adam([p]); o.step(); o.state_dict()["state"]
"""))
def test_arguments(code):
    check("p = T.nn.Parameter(T.ones(1))\n" + code.replace("; ", "\n"))


@pytest.mark.parametrize("scheduler", ["StepLR(o, 2)", "StepLR(o, step_size=3, gamma=0.5)", "LambdaLR(o, lambda e: 0.9 ** e)",
                                       "LambdaLR(o, [lambda e: 1 / (e + 1)])"])
def test_schedulers(scheduler):
    setup = "o = T.optim.SGD([T.nn.Parameter(T.ones(1))], lr=1.0)\n"
    check(setup + f"s = T.optim.lr_scheduler.{scheduler}\nseen = []\nfor _ in range(8):\n    o.step()\n    s.step()\n"
          "    seen.append((s.get_last_lr()[0], o.param_groups[0]['lr'], s.last_epoch))\nseen")
    check(setup + f"s = T.optim.lr_scheduler.{scheduler}\no.step()\ns.step()\nt = T.optim.lr_scheduler.{scheduler}\n"
          "t.load_state_dict(s.state_dict())\nt.step()\n(t.get_last_lr(), t.last_epoch)")


def test_scheduler_before_optimizer_warns():
    o = torsh.optim.SGD([torsh.nn.Parameter(torsh.ones(1))], lr=1.0)
    s = torsh.optim.lr_scheduler.StepLR(o, 1)
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        s.step()


@pytest.mark.parametrize("how", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_copies(how):
    p = torsh.nn.Parameter(torsh.ones(2))
    o = torsh.optim.Adam([p], lr=0.1)
    p.grad = torsh.ones(2)
    o.step()
    c = how(o)
    q = c.param_groups[0]["params"][0]
    assert c.state[q]["exp_avg"].tolist() == o.state[p]["exp_avg"].tolist()
    q.grad = torsh.ones(2)
    c.step()
    assert c.state[q]["step"].item() == 2 and o.state[p]["step"].item() == 1


def test_step_hooks():
    p = torsh.nn.Parameter(torsh.ones(1))
    o = torsh.optim.SGD([p], lr=0.1)
    seen = []
    o.register_step_pre_hook(lambda *a: seen.append("before"))
    handle = o.register_step_post_hook(lambda *a: seen.append("after"))
    o.step()
    handle.remove()
    o.step()
    assert seen == ["before", "after", "before"]


def test_parameters_change_in_place_and_unrecorded():
    p = torsh.nn.Parameter(torsh.ones(2))
    o = torsh.optim.Adam([p], lr=0.1)
    p.grad = torsh.ones(2)
    version, at = p._version, p.data_ptr()
    o.step()
    assert p.data_ptr() == at and p._version > version and p.is_leaf and p.grad_fn is None
    assert o.state[p]["exp_avg"] is o.state[p]["exp_avg"]
