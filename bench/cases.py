# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is timed: each case is written once, with PyTorch's API, against a module handle T.

A case is setup(T, h) -> Run. The helper h draws its numbers, the same in every process, so that results can be compared
before anything is timed. flops and bytes are the least work of one call: every input read once, every result written
once, multiplications and additions only."""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

M = 1 << 20
CASES: dict[str, Case] = {}


class Run:
    """What is timed, a function or a statement (no call around it), and what is compared: check(), by default its result."""

    def __init__(self, timed: Callable[[], Any] | str, check: Callable[[], Any] | None = None, **names: Any):
        if isinstance(timed, str):
            self.source, self.names = timed, names
            self.check = check or (lambda: eval(timed, names))
        else:
            self.source, self.names = "timed()", {"timed": timed}
            self.check = check or timed


@dataclass
class Case:
    setup: Callable[[Any, Any], Run]
    group: str
    flops: float = 0
    bytes: float = 0
    tolerance: float = 1e-4  # of a value and of the mean absolute value together


def case(name: str, group: str, **numbers: Any) -> Callable[[Any], Any]:
    def register(setup: Any) -> Any:
        assert name not in CASES
        CASES[name] = Case(setup, group, **numbers)
        return setup
    return register


def statement(name: str, group: str, source: str, names: Callable[[Any, Any], dict[str, Any]], **numbers: Any) -> None:
    """A case that is one statement over some names."""
    case(name, group, **numbers)(lambda T, h: Run(source, **names(T, h)))


# ---- dispatch: what a call costs beside its work ------------------------------------------------------------

statement("add_small", "dispatch", "a + b", lambda T, h: dict(a=h.randn(4), b=h.randn(4)))
statement("add_small_grad", "dispatch", "a + b", lambda T, h: dict(a=h.randn(4).requires_grad_(), b=h.randn(4)))
statement("view_chain", "dispatch", "x.reshape(4, 2, 3, 8).transpose(1, 2)[:, 1:, 0].unsqueeze(1)",
          lambda T, h: dict(x=h.randn(4, 6, 8)))
statement("tensor_from_numpy", "dispatch", "from_numpy(a)", lambda T, h: dict(from_numpy=T.from_numpy, a=h.array(8, 8)))
statement("item", "dispatch", "a.item()", lambda T, h: dict(a=h.randn(1)))
statement("sum_small", "dispatch", "a.sum()", lambda T, h: dict(a=h.randn(4)))
statement("index_mask_small", "dispatch", "a[m]", lambda T, h: dict(a=h.randn(16), m=h.randn(16) > 0))


@case("backward_small", "dispatch")
def _(T, h):
    a, b = h.randn(4).requires_grad_(), h.randn(4)

    def step():
        a.grad = None
        (a * b).sum().backward()
        return a.grad
    return Run(step)


@case("module_call", "dispatch")
def _(T, h):
    module = h.seeded(T.nn.Linear(4, 4))
    for p in module.parameters():
        p.requires_grad_(False)
    return Run("module(x)", module=module, x=h.randn(1, 4))


# ---- memory: as fast as the memory ----------------------------------------------------------------------------

for n, text in ((M, "1M"), (16 * M, "16M")):
    statement(f"add_{text}", "memory", "a + b", lambda T, h, n=n: dict(a=h.randn(n), b=h.randn(n)), bytes=12 * n)
statement("add_16M_inplace", "memory", "a.add_(b)", lambda T, h: dict(a=h.randn(16 * M), b=h.randn(16 * M) * 1e-6),
          bytes=12 * 16 * M)
statement("broadcast_add", "memory", "a + b", lambda T, h: dict(a=h.randn(4096, 1024), b=h.randn(1024)), bytes=8 * 4 * M)
statement("gelu_4M", "memory", "f(a)", lambda T, h: dict(a=h.randn(4 * M), f=T.nn.functional.gelu), bytes=8 * 4 * M)
statement("exp_4M", "memory", "f(a)", lambda T, h: dict(a=h.randn(4 * M), f=T.exp), bytes=8 * 4 * M)
statement("softmax_4096x1024", "memory", "f(a, dim=-1)", lambda T, h: dict(a=h.randn(4096, 1024), f=T.softmax), bytes=8 * 4 * M)
statement("layer_norm_4096x768", "memory", "f(a, (768,), w, b)", lambda T, h: dict(
    a=h.randn(4096, 768), w=h.randn(768), b=h.randn(768), f=T.nn.functional.layer_norm), bytes=8 * 4096 * 768)
statement("sum_16M", "memory", "a.sum()", lambda T, h: dict(a=h.randn(16 * M) + 1.0), bytes=4 * 16 * M)
statement("sum_dim1", "memory", "a.sum(1)", lambda T, h: dict(a=h.randn(4096, 4096)), bytes=4 * 16 * M)
statement("transpose_copy_4096", "memory", "a.t().contiguous()", lambda T, h: dict(a=h.randn(4096, 4096)), bytes=8 * 16 * M)
statement("index_select", "memory", "f(a, 0, i)", lambda T, h: dict(
    a=h.randn(30522, 768), i=h.integers(30522, 8192), f=T.index_select), bytes=8 * 8192 * 768)


@case("cross_entropy_4096x10k", "memory", bytes=4 * 4096 * 10000 * 3)
def _(T, h):  # forward and backward: the scores read twice, the gradient written once
    x, y = h.randn(4096, 10000).requires_grad_(), h.integers(10000, 4096)

    def step():
        x.grad = None
        loss = T.nn.functional.cross_entropy(x, y)
        loss.backward()
        return loss
    return Run(step, check=lambda: [step(), x.grad])


@case("adamw_step_10M", "memory", bytes=4 * 10_000_000 * 7)
def _(T, h):
    parameters = [T.nn.Parameter(h.randn(1000, 1000)) for _ in range(10)]
    for p in parameters:
        p.grad = h.randn(1000, 1000)
    optimizer = T.optim.AdamW(parameters, lr=1e-4)

    def check():
        optimizer.step()
        optimizer.step()
        return [parameters[0], parameters[9]]
    return Run("step()", check=check, step=optimizer.step)


# ---- compute: as fast as the multipliers ------------------------------------------------------------------------

for n in (64, 256, 512, 1024, 2048):
    statement(f"matmul_{n}", "compute", "mm(a, b)", lambda T, h, n=n: dict(a=h.randn(n, n), b=h.randn(n, n), mm=T.matmul),
              flops=2 * n ** 3, bytes=12 * n * n)
statement("matmul_bf16_1024", "compute", "mm(a, b)", lambda T, h: dict(
    a=h.randn(1024, 1024).to(T.bfloat16), b=h.randn(1024, 1024).to(T.bfloat16), mm=T.matmul), tolerance=1e-2)
statement("linear_768x3072_b512", "compute", "f(x, w, b)", lambda T, h: dict(
    x=h.randn(512, 768), w=h.randn(3072, 768), b=h.randn(3072), f=T.nn.functional.linear),
    flops=2 * 512 * 768 * 3072, bytes=4 * (512 * 768 + 768 * 3072 + 512 * 3072))
statement("linear_768x3072_b1", "compute", "f(x, w, b)", lambda T, h: dict(  # bound by reading the weight
    x=h.randn(1, 768), w=h.randn(3072, 768), b=h.randn(3072), f=T.nn.functional.linear),
    flops=2 * 768 * 3072, bytes=4 * 768 * 3072)
statement("bmm_attention", "compute", "q @ k.transpose(-2, -1)", lambda T, h: dict(
    q=h.randn(8, 12, 512, 64), k=h.randn(8, 12, 512, 64)),
    flops=2 * 96 * 512 * 512 * 64, bytes=4 * 96 * (2 * 512 * 64 + 512 * 512))


def convolution(name: str, batch: int, channels: int, kernel: int, size: int, groups: int = 1, backward: bool = False) -> None:
    weights = channels * channels // groups * kernel * kernel
    passes, image = 3 if backward else 1, batch * channels * size * size

    @case(name, "compute", flops=2 * batch * size * size * weights * passes,
          bytes=4 * (2 * image + weights) * (2 if backward else 1))
    def _(T, h):
        x, b = h.randn(batch, channels, size, size), h.randn(channels)
        w = h.randn(channels, channels // groups, kernel, kernel) * math.sqrt(channels / weights)

        def forward():
            return T.nn.functional.conv2d(x, w, b, padding=kernel // 2, groups=groups)
        if not backward:
            return Run(forward)
        gradient = h.randn(batch, channels, size, size)
        for t in (x, w, b):
            t.requires_grad_()

        def both():
            x.grad = w.grad = b.grad = None
            forward().backward(gradient)
            return [x.grad, w.grad, b.grad]
        return Run(both)


convolution("conv2d_3x3", 8, 64, 3, 56)
convolution("conv2d_3x3_backward", 8, 64, 3, 56, backward=True)
convolution("conv2d_1x1", 8, 64, 1, 56)
convolution("conv2d_depthwise", 8, 128, 3, 56, groups=128)


# ---- operators: one million elements each, to find what is slow -----------------------------------------------

for name in ("abs", "neg", "exp", "log1p", "sin", "cos", "tanh", "sigmoid", "erf", "floor", "round", "relu", "rsqrt",
             "reciprocal"):
    lift = 0.1 if name in ("log1p", "rsqrt", "reciprocal") else None  # keeps to the domain
    statement(f"{name}_1M", "operators", "f(a)", lambda T, h, name=name, lift=lift: dict(
        a=h.randn(M).abs() + lift if lift else h.randn(M), f=getattr(T, name)), bytes=8 * M)
for name, size in (("mul", 4), ("div", 4), ("maximum", 4), ("eq", 1), ("lt", 1)):
    statement(f"{name}_1M", "operators", "f(a, b)", lambda T, h, name=name: dict(
        a=h.randn(M), b=h.randn(M).abs() + 0.1, f=getattr(T, name)), bytes=(8 + size) * M)
for name in ("mean", "amax", "argmax", "var"):
    for dim in (0, 1):
        statement(f"{name}_dim{dim}", "operators", "f(a, dim=d)", lambda T, h, name=name, dim=dim: dict(
            a=h.randn(1024, 1024), f=getattr(T, name), d=dim), bytes=4 * M)
statement("where_1M", "operators", "f(c, a, b)", lambda T, h: dict(
    c=h.randn(M) > 0, a=h.randn(M), b=h.randn(M), f=T.where), bytes=13 * M)
statement("cat_1M", "operators", "f([a, b], 1)", lambda T, h: dict(
    a=h.randn(1024, 512), b=h.randn(1024, 512), f=T.cat), bytes=8 * M)
statement("gather_1M", "operators", "f(a, 1, i)", lambda T, h: dict(
    a=h.randn(1024, 1024), i=h.integers(1024, 1024, 1024), f=T.gather), bytes=16 * M)
statement("to_float64_1M", "operators", "a.double()", lambda T, h: dict(a=h.randn(M)), bytes=12 * M)
statement("to_bfloat16_1M", "operators", "a.to(dtype)", lambda T, h: dict(a=h.randn(M), dtype=T.bfloat16), bytes=6 * M)
statement("nonzero_1M", "operators", "a.nonzero()", lambda T, h: dict(a=h.randn(M) > 0), bytes=5 * M)
statement("max_pool2d", "operators", "f(x, 2)", lambda T, h: dict(x=h.randn(16, 32, 56, 56), f=T.nn.functional.max_pool2d),
          bytes=5 * 16 * 32 * 56 * 56)
statement("randperm_1M", "operators", "f(n)", lambda T, h: dict(f=T.randperm, n=M), bytes=8 * M)
