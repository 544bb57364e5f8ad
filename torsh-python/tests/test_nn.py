# SPDX-License-Identifier: MIT OR Apache-2.0
"""Layers, functions and initial values, beside PyTorch's: the same seed gives the same weights and outputs."""
import inspect

import pytest

import torsh

from compare import cases, check, needs_torch, torch

pytestmark = needs_torch

LAYERS = cases("""\
Linear(3, 4)                                  | 2, 3
Linear(3, 4, bias=False)                      | 5, 2, 3
Linear(3, 4, dtype=T.float64)                 | None
Conv2d(2, 4, 3)                               | 2, 2, 8, 8
Conv2d(2, 4, 3, padding=1, stride=2)          | 2, 2, 8, 8
Conv2d(4, 4, (3, 1), 1, (1, 0), groups=2)     | 2, 4, 8, 8
Conv2d(2, 4, 3, dilation=2, bias=False)       | 2, 8, 8
Conv2d(2, 4, 3, padding="same")               | 1, 2, 8, 8
Conv2d(2, 4, (2, 4), padding="same")          | 1, 2, 8, 8
Conv2d(2, 4, 3, padding="valid")              | 1, 2, 8, 8
ReLU()                                        | 2, 3
ReLU(inplace=True)                            | 2, 3
LeakyReLU(0.2)                                | 2, 3
GELU()                                        | 2, 3
GELU("tanh")                                  | 2, 3
SiLU()                                        | 2, 3
Sigmoid()                                     | 2, 3
Tanh()                                        | 2, 3
Softmax(dim=1)                                | 2, 3
LogSoftmax(dim=-1)                            | 2, 3
Softmax()                                     | 2, 3
Dropout(0.3)                                  | 20, 20
Dropout(0.3, inplace=True)                    | 4, 4
Dropout(0.0)                                  | 4, 4
Dropout(1.0)                                  | 4, 4
BatchNorm1d(3)                                | 4, 3
BatchNorm1d(3, affine=False)                  | 4, 3, 5
BatchNorm1d(3, track_running_stats=False)     | 4, 3
BatchNorm1d(3, momentum=None)                 | 4, 3
BatchNorm2d(3)                                | 2, 3, 4, 4
BatchNorm2d(3, bias=False)                    | 2, 3, 4, 4
LayerNorm(4)                                  | 2, 3, 4
LayerNorm((3, 4), elementwise_affine=False)   | 2, 3, 4
LayerNorm(4, bias=False, eps=1e-3)            | 2, 4
MaxPool2d(2)                                  | 1, 2, 6, 6
MaxPool2d(3, stride=2, padding=1)             | 1, 2, 7, 7
MaxPool2d((2, 3), ceil_mode=True)             | 2, 7, 7
MaxPool2d(2, return_indices=True)             | 1, 2, 6, 6
AvgPool2d(2)                                  | 1, 2, 6, 6
AvgPool2d(3, 2, 1, count_include_pad=False)   | 1, 2, 7, 7
AdaptiveAvgPool2d((2, 3))                     | 1, 2, 7, 7
AdaptiveAvgPool2d((None, 1))                  | 1, 2, 7, 7
AdaptiveAvgPool2d(1)                          | 2, 7, 7
Flatten()                                     | 2, 3, 4
Flatten(0, 1)                                 | 2, 3, 4
Identity(1, a=2)                              | 2, 3
Embedding(5, 3)                               | None
Embedding(5, 3, padding_idx=-1)               | None
Sequential(T.nn.Linear(3, 4), T.nn.ReLU(), T.nn.Linear(4, 2)) | 2, 3
""")


@pytest.mark.parametrize("line", LAYERS)
def test_layer(line):
    layer, shape = (p.strip() for p in line.split("|"))
    setup = f"m = T.nn.{layer}\n"
    check(setup + "repr(m)")
    check(setup + "{k: v.clone() for k, v in m.state_dict().items()}")
    check(setup + "[(k, p.requires_grad, p.dtype) for k, p in m.named_parameters()]")
    if shape == "None":
        return
    inputs = f"x = T.linspace(-2, 3, {shape.replace(',', ' *')}).reshape({shape}).requires_grad_()\n"
    x = "x * 1" if "inplace" in layer else "x"
    check(setup + inputs + f"m({x})")
    check(setup + inputs + f"y = m({x})\nm({x})\n{{k: v.clone() for k, v in m.state_dict().items()}}")
    check(setup + inputs + f"m.eval()\nm({x})")
    if "return_indices" not in layer:
        check(setup + inputs + f"y = m({x})\n(y * T.arange(1. * y.numel()).reshape(y.shape).sin()).sum().backward()\n"
              "[x.grad] + [p.grad for p in m.parameters()]", text=False)


@pytest.mark.parametrize("code", cases("""\
T.nn.Embedding(5, 3)(T.tensor([[0, 4], [1, 1]]))
T.nn.Embedding(5, 3, padding_idx=1).weight
T.nn.Embedding(5, 3)(T.tensor([5]))
T.nn.Embedding.from_pretrained(T.ones(2, 3)).weight.requires_grad
T.nn.Embedding(5, 3, padding_idx=7)
T.nn.CrossEntropyLoss()(T.arange(6.).reshape(2, 3), T.tensor([0, 2]))
T.nn.CrossEntropyLoss(label_smoothing=0.1, reduction="sum")(T.arange(6.).reshape(2, 3), T.tensor([0, 2]))
T.nn.CrossEntropyLoss(weight=T.tensor([1., 2., 3.]))(T.arange(6.).reshape(2, 3), T.tensor([0, 2]))
T.nn.CrossEntropyLoss(ignore_index=2, reduction="none")(T.arange(6.).reshape(2, 3), T.tensor([0, 2]))
T.nn.CrossEntropyLoss()(T.arange(6.).reshape(2, 3), T.full((2, 3), 1 / 3))
F.cross_entropy(T.arange(24.).reshape(2, 3, 4), T.zeros(2, 4, dtype=T.int64))
F.cross_entropy(T.ones(2, 3), T.tensor([0, 3]))
F.cross_entropy(T.ones(2, 3), T.tensor([0]))
F.cross_entropy(T.ones(2, 3), T.tensor([0, 1]), reduction="foo")
T.nn.NLLLoss()(F.log_softmax(T.arange(6.).reshape(2, 3), 1), T.tensor([0, 2]))
F.nll_loss(T.ones(3).log_softmax(0), T.tensor(1))
T.nn.MSELoss()(T.arange(3.), T.ones(3))
F.mse_loss(T.arange(3.), T.ones(3), reduction="sum")
F.mse_loss(T.arange(3.), T.ones(3), reduction="none")
F.mse_loss(T.arange(3.), T.ones(3), weight=T.arange(3.))
F.mse_loss(T.ones(2, 3), T.ones(3))
T.nn.BCEWithLogitsLoss()(T.arange(3.), T.ones(3))
T.nn.BCEWithLogitsLoss(pos_weight=T.tensor(2.), reduction="none")(T.arange(3.), T.ones(3))
F.binary_cross_entropy_with_logits(T.ones(2), T.ones(3))
F.relu(T.arange(-2., 2.))
F.relu(T.arange(-2., 2.), inplace=True)
F.leaky_relu(T.arange(-2., 2.), 0.1)
F.gelu(T.arange(-2., 2.), approximate="tanh")
F.silu(T.arange(-2., 2.))
F.softmax(T.ones(2, 3), dim=0, dtype=T.float64)
F.dropout(T.ones(10), 0.5, training=False)
F.dropout(T.ones(50), 0.5)
F.dropout(T.ones(2), 1.5)
F.linear(T.ones(2, 3), T.ones(4, 3), T.ones(4))
F.linear(T.ones(2, 3), T.ones(4, 2))
F.conv2d(T.ones(1, 1, 4, 4), T.ones(1, 1, 2, 2), stride=2)
F.conv2d(T.ones(1, 2, 4, 4), T.ones(1, 1, 2, 2))
F.conv2d(T.ones(1, 1, 4, 4), T.ones(1, 1, 2, 2), padding="same", stride=2)
F.max_pool2d(T.arange(16.).reshape(1, 4, 4), 2)
F.max_pool2d(T.arange(16.).reshape(1, 4, 4), kernel_size=2, return_indices=True)
F.avg_pool2d(T.arange(16.).reshape(1, 4, 4), 2, stride=1)
F.adaptive_avg_pool2d(T.arange(16.).reshape(1, 4, 4), (2, 1))
F.layer_norm(T.arange(6.).reshape(2, 3), (3,))
F.layer_norm(T.arange(6.).reshape(2, 3), (2,))
F.batch_norm(T.arange(6.).reshape(2, 3), T.zeros(3), T.ones(3))
F.batch_norm(T.ones(1, 3), None, None, training=True)
F.embedding(T.tensor([0, 1]), T.arange(6.).reshape(3, 2))
T.nn.BatchNorm1d(3)(T.ones(3))
T.nn.BatchNorm2d(3)(T.ones(3, 3))
T.nn.Conv2d(3, 4, 3, groups=2)
T.nn.Dropout(2)
T.nn.Linear(3, 4)(T.ones(2, 5))
"""))
def test_function(code):
    check(code)


@pytest.mark.parametrize("code", cases("""\
T.nn.init.uniform_(w, -1, 2)
T.nn.init.normal_(w, 1, 2)
T.nn.init.constant_(w, 0.3)
T.nn.init.ones_(w)
T.nn.init.zeros_(w)
T.nn.init.xavier_uniform_(w)
T.nn.init.xavier_uniform_(w, gain=2)
T.nn.init.xavier_normal_(w)
T.nn.init.kaiming_uniform_(w)
T.nn.init.kaiming_uniform_(w, a=1, mode="fan_out", nonlinearity="relu")
T.nn.init.kaiming_normal_(w, nonlinearity="tanh")
T.nn.init.trunc_normal_(w)
T.nn.init.trunc_normal_(w, std=0.02)
T.nn.init.uniform_(w, generator=T.Generator().manual_seed(5))
T.nn.init.kaiming_uniform_(T.ones(3))
T.nn.init.kaiming_uniform_(w, mode="foo")
[T.nn.init.calculate_gain(n) for n in ("linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu")]
T.nn.init.calculate_gain("foo")
T.nn.init.calculate_gain("leaky_relu", 0.3)
"""))
def test_initial_values(code):
    check("w = T.nn.Parameter(T.empty(4, 3, 2))\n" + code)


@pytest.mark.parametrize("code", cases("""\
T.nn.utils.clip_grad_norm_(ps, 1.0)
T.nn.utils.clip_grad_norm_(ps, 100.0)
T.nn.utils.clip_grad_norm_(ps, 1.0, norm_type=1)
T.nn.utils.clip_grad_norm_(ps, 1.0, norm_type=float("inf"))
T.nn.utils.clip_grad_norm_([], 1.0)
T.nn.utils.clip_grad_value_(ps, 2.0)
T.nn.utils.parameters_to_vector(ps)
T.nn.utils.vector_to_parameters(T.zeros(10), ps)
"""))
def test_helpers(code):
    setup = ("ps = [T.nn.Parameter(T.ones(2, 3)), T.nn.Parameter(T.zeros(4))]\n"
             "ps[0].grad = T.arange(6.).reshape(2, 3)\nps[1].grad = T.arange(4.) * -1\n")
    check(setup + f"r = {code}\n(r, ps[0], ps[1], ps[0].grad, ps[1].grad)")


@pytest.mark.parametrize("name", torsh.nn.functional.__all__)
def test_signature_of_function(name):
    ours = getattr(torsh.nn.functional, name)
    theirs = getattr(torch.nn.functional, name)
    theirs = {"max_pool2d": torch.nn.functional._max_pool2d}.get(name, theirs)
    try:
        expected = inspect.signature(theirs)
    except ValueError:
        pytest.skip("PyTorch's is a builtin")
    got = inspect.signature(ours)
    assert [(p.name, p.default) for p in got.parameters.values()] == [(p.name, p.default) for p in expected.parameters.values()]


@pytest.mark.parametrize("name", [n for n in torsh.nn.__all__ if inspect.isclass(getattr(torsh.nn, n))])
def test_signature_of_module(name):
    ours, theirs = getattr(torsh.nn, name), getattr(torch.nn, name)
    got, expected = (list(inspect.signature(c.__init__).parameters.values()) for c in (ours, theirs))
    if any(p.kind == p.VAR_POSITIONAL for p in expected):
        return
    assert [(p.name, p.default) for p in got] == [(p.name, p.default) for p in expected]


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_modes_that_are_not_there_say_so(mode):
    with pytest.raises(NotImplementedError, match=f"padding_mode='{mode}'"):
        torsh.nn.Conv2d(1, 1, 3, padding_mode=mode)
