# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gradients: modes, backward, grad, hooks, functions of one's own, gradcheck."""
import weakref

import pytest

import torsh
from torsh.autograd import Function, gradcheck, gradgradcheck
from torsh.autograd.function import once_differentiable

from compare import cases, check, needs_torch


@needs_torch
@pytest.mark.parametrize("code", cases("""\
---
x = T.ones(2, requires_grad=True)
(x * x).sum().backward()
(x * 3).sum().backward()
x.grad
---
x = T.ones(2, requires_grad=True)
(x * x).backward(T.tensor([1., 2.]))
x.grad
---
x = T.ones(2, requires_grad=True)
y = T.ones(2, requires_grad=True)
T.autograd.grad((x * y * y).sum(), [x, y])
---
x = T.ones(2, requires_grad=True)
g, = T.autograd.grad((x ** 3).sum(), x, create_graph=True)
T.autograd.grad(g.sum(), x)
---
x = T.ones(2, requires_grad=True)
y = T.ones(2, requires_grad=True)
T.autograd.grad((x * 2).sum(), [x, y], allow_unused=True)
---
x = T.ones(2, requires_grad=True)
y = T.ones(2, requires_grad=True)
T.autograd.grad((x * 2).sum(), [x, y])
---
x = T.ones(2, requires_grad=True)
y = T.ones(2, requires_grad=True)
T.autograd.grad((x * 2).sum(), [x, y], materialize_grads=True)
---
x = T.ones(2, requires_grad=True)
y = T.ones(2, requires_grad=True)
(x * y).sum().backward(inputs=[x])
(x.grad, y.grad)
---
x = T.ones(2, requires_grad=True)
y = (x * x).sum()
y.backward()
y.backward()
---
x = T.ones(2, requires_grad=True)
y = (x * x).sum()
y.backward(retain_graph=True)
y.backward()
x.grad
---
x = T.ones(2, requires_grad=True)
x.backward()
---
T.ones(2).backward()
---
T.ones(2, dtype=T.int64).requires_grad_()
---
x = T.ones(2, requires_grad=True)
x.add_(1)
---
x = T.ones(2, requires_grad=True)
y = x * 1
y.requires_grad_(False)
---
x = T.ones(2, requires_grad=True)
y = x.exp()
y.add_(1)
y.sum().backward()
---
x = T.ones(2, requires_grad=True)
with T.no_grad():
    y = x * 2
y.requires_grad
---
x = T.ones(2, requires_grad=True)
@T.no_grad()
def f(): return x * 2
f().requires_grad
---
x = T.ones(2, requires_grad=True)
@T.no_grad
def f(): return (x * 2).requires_grad, T.is_grad_enabled()
f()
---
x = T.ones(2, requires_grad=True)
@T.no_grad()
def f():
    yield (x * 2).requires_grad
    yield T.is_grad_enabled()
[(a, T.is_grad_enabled()) for a in f()]
---
with T.no_grad():
    with T.enable_grad():
        a = T.is_grad_enabled()
    b = T.is_grad_enabled()
(a, b, T.is_grad_enabled())
---
T.set_grad_enabled(False)
a = T.is_grad_enabled()
T.set_grad_enabled(True)
(a, T.is_grad_enabled())
---
with T.set_grad_enabled(False):
    a = T.is_grad_enabled()
(a, T.is_grad_enabled())
---
x = T.ones(2, requires_grad=True)
with T.inference_mode():
    a = (x * 2).requires_grad
a
---
x = T.ones(2, requires_grad=True)
y = x * 2
y.retain_grad()
(y * y).sum().backward()
(y.grad, x.grad, y.is_leaf, x.is_leaf)
---
x = T.ones(2, requires_grad=True)
y = x.detach()
(y.requires_grad, y.data_ptr() == x.data_ptr(), x.data.requires_grad)
---
x = T.ones(2, requires_grad=True)
y = (x * 2).detach_()
(y.requires_grad, y.is_leaf)
---
x = T.ones(2, requires_grad=True)
x.grad = T.ones(2)
x.grad = None
x.grad
---
x = T.ones(2, requires_grad=True)
x.grad = T.ones(3)
---
x = T.ones(2, requires_grad=True)
x.grad = 1
---
x = T.ones(2, requires_grad=True)
x.data = T.zeros(3)
(x, x.is_leaf)
---
x = T.ones(2, requires_grad=True)
h = x.register_hook(lambda g: g * 10)
(x * x).sum().backward()
a = x.grad.clone()
h.remove()
x.grad = None
(x * x).sum().backward()
(a, x.grad)
---
x = T.ones(2, requires_grad=True)
y = x * 2
seen = []
y.register_hook(lambda g: seen.append(g.tolist()))
(y * 3).sum().backward()
seen
---
x = T.ones(2, requires_grad=True)
seen = []
x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.tolist()))
(x * 3).sum().backward()
seen
---
T.ones(2).register_hook(lambda g: g)
---
x = T.ones(2, requires_grad=True)
x.register_hook(lambda g: 1 / 0)
x.sum().backward()
---
x = T.ones(2, requires_grad=True)
(x * 2).grad_fn.name(), x.grad_fn, len((x * x).grad_fn.next_functions)
---
x = T.ones(3, requires_grad=True)
y = x * 1
y[1:].mul_(5)
y.sum().backward()
x.grad
---
x = T.ones(2, 2, requires_grad=True)
T.autograd.backward([x.sum(), (x * x).sum()])
x.grad
"""))
def test_as_pytorch(code):
    check(code)


def test_the_hooks_own_exception_comes_out_with_its_traceback():
    x = torsh.ones(2, requires_grad=True)

    def failing(grad):
        raise KeyError("mine")

    x.register_hook(failing)
    with pytest.raises(KeyError, match="mine") as caught:
        x.sum().backward()
    assert "failing" in [f.name for f in caught.traceback]
    x.sum()  # and everything still works


# ---- functions -------------------------------------------------------------------------------------------------------

class Exp(Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        y, = ctx.saved_tensors
        return g * y


def test_function():
    x = torsh.randn(3, dtype=torsh.float64, requires_grad=True)
    y = Exp.apply(x)
    assert y.grad_fn.name() == "ExpBackward" and y.requires_grad and not y.is_leaf
    y.sum().backward()
    assert torsh.testing.assert_close(x.grad, x.exp().detach()) is None
    assert gradcheck(Exp.apply, x) and gradgradcheck(Exp.apply, x)
    with torsh.no_grad():
        assert not Exp.apply(x).requires_grad


FUNCTIONS = """
Function = T.autograd.Function
class Mul(Function):
    @staticmethod
    def forward(ctx, x, k, y):
        ctx.k = k
        ctx.save_for_backward(x, y)
        return x * y * k, x + y
    @staticmethod
    def backward(ctx, g, h):
        x, y = ctx.saved_tensors
        return g * y * ctx.k + h, None, g * x * ctx.k + h
class Setup(Function):
    @staticmethod
    def forward(x, k):
        return x * k
    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.k = inputs[1]
    @staticmethod
    def backward(ctx, g):
        return g * ctx.k, None
class AddOne(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.add_(1)
    @staticmethod
    def backward(ctx, g):
        return g * 2
class Sorted(Function):
    @staticmethod
    def forward(ctx, x):
        v, i = x.max(0)
        ctx.mark_non_differentiable(i)
        ctx.n = x.shape
        return v, i
    @staticmethod
    def backward(ctx, g, h):
        ctx.seen = h
        return g.expand(ctx.n)
class Same(Function):
    @staticmethod
    def forward(ctx, x):
        return x
    @staticmethod
    def backward(ctx, g):
        return g * 3
class Count(Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1
    @staticmethod
    def backward(ctx, g):
        return g, g
class Needs(Function):
    @staticmethod
    def forward(ctx, x, y):
        return x * y
    @staticmethod
    def backward(ctx, g):
        return (g if ctx.needs_input_grad[0] else None), (g if ctx.needs_input_grad[1] else None)
class Bare(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 1, x * 2
    @staticmethod
    def backward(ctx, g, h):
        return T.full((2,), 7. if h is None else 8.)
x = T.tensor([1., 2.], requires_grad=True)
y = T.tensor([3., 4.], requires_grad=True)
"""


@needs_torch
@pytest.mark.parametrize("code", cases("""\
---
a, b = Mul.apply(x, 2., y)
(a + b).sum().backward()
(x.grad, y.grad)
---
a, b = Mul.apply(x, 2., y)
a.sum().backward()
(x.grad, y.grad)
---
a, b = Mul.apply(x, 2., y)
T.autograd.grad(T.autograd.grad(a.sum(), x, create_graph=True)[0].sum(), y)
---
Setup.apply(x, 5.).sum().backward()
x.grad
---
z = x * 1
w = AddOne.apply(z)
w.sum().backward()
(w is z, x.grad, z)
---
v, i = Sorted.apply(x)
v.backward()
(i.requires_grad, v.requires_grad, x.grad)
---
z = Same.apply(x)
z.sum().backward()
(z is x, x.grad)
---
Count.apply(x).sum().backward()
---
Needs.apply(x, y.detach()).sum().backward()
x.grad
---
Bare.apply(x)[0].sum().backward()
x.grad
---
Mul.apply(x, 1., y.detach())[0].requires_grad
---
Function.apply(x)
---
a, b = Mul.apply(x, 2., y)
s = a.sum()
s.backward()
s.backward()
---
z = x * 1
a, b = Mul.apply(z, 2., y)
z.add_(1)
a.sum().backward()
"""))
def test_functions_as_pytorchs(code):
    check(FUNCTIONS + code)


def test_once_differentiable():
    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            assert not torsh.is_grad_enabled()
            return g * 2 * ctx.saved_tensors[0]

    x = torsh.ones(2, requires_grad=True)
    Square.apply(x).sum().backward()
    assert x.grad.tolist() == [2, 2]
    w = torsh.ones(2, requires_grad=True)
    g, = torsh.autograd.grad((Square.apply(x) * w).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        g.sum().backward()


def test_backward_of_ones_own_that_fails():
    class Fails(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            raise LookupError("here")

    x = torsh.ones(2, requires_grad=True)
    with pytest.raises(LookupError, match="here"):
        Fails.apply(x).sum().backward()


def test_gradcheck_finds_what_is_wrong():
    class Wrong(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 3

    x = torsh.randn(3, dtype=torsh.float64, requires_grad=True)
    assert not gradcheck(Wrong.apply, x, raise_exception=False)
    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        gradcheck(Wrong.apply, x)
    with pytest.raises(ValueError, match="at least one input"):
        gradcheck(torsh.exp, x.detach())


@needs_torch
@pytest.mark.parametrize("code", cases("""\
---
b = x * 1; v = b[:2]; b.mul_(2); y = v * 3
T.autograd.grad(y.sum(), x)
---
x.sum().backward(); x.detach_()
(x.grad, x.requires_grad)
---
y = T.ones(4, requires_grad=True); (x + y).sum().backward(inputs=[x, y]); x.grad.add_(1)
(x.grad, y.grad)
---
seen = []; x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.tolist())); (x * 2).sum().backward(inputs=[x])
seen
---
y = x * 2; (y * 3).sum().backward(inputs=[y])
(y.grad, x.grad)
---
handles = []; handles.append(x.register_hook(lambda g: (handles[0].remove(), g * 2)[1])); (x * 1).sum().backward(); (x * 1).sum().backward()
x.grad
---
y = x * 2; h = y.register_hook(lambda g: g * 10); y.mul_(3); h.remove(); y.sum().backward()
x.grad
---
T.mean(x, dim=0, out=T.empty(()))
---
T.add(T.ones(4), T.ones(4), out=x)
---
T.eq(x, T.ones(4), out=T.empty(4, dtype=T.bool))
---
T.autograd.grad(T.ones(2).sum(), [T.ones(2)])
---
a = T.arange(3.)
T.add(a, T.ones(2, 3), out=a)
---
T.zeros(4).copy_(T.ones(1, 4))
---
t = T.arange(4.); t[T.tensor([1, 2, 3])] = t[:3]
t
---
T.zeros(1).expand(2 ** 40, 2 ** 40).shape
---
T.ones(2, 3).sum_to_size(3, 3)
---
T.ones(2, device="meta").tolist()
"""))
def test_what_was_wrong_once(code):
    setup = "x = T.tensor([1., 2., 3., 4.], requires_grad=True)\n"
    check(setup + code.replace("; ", "\n"), text="meta" not in code)
@pytest.mark.parametrize("call", ["clamp_(0, 1)", "clamp_(T.zeros(3), T.ones(3))", "clamp_(max=T.ones(()))"])
def test_composite_in_place(call):
    check(f"x = T.tensor([-1., 0.5, 2.], requires_grad=True)\ny = x * 1\ny.{call}\n(y * y).sum().backward()\nx.grad")


def test_composite_in_place_is_no_cycle():
    y = torsh.ones(2, requires_grad=True) * 1
    y.clamp_(0, 1)
    ref = weakref.ref(y)
    del y
    assert ref() is None
