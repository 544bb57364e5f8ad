# SPDX-License-Identifier: MIT OR Apache-2.0
"""The argument parser: forms that are accepted, and what is said about those that are not."""
import pytest

from compare import cases, check, needs_torch

pytestmark = needs_torch

X = "x = T.ones(2, 3)\n"


@pytest.mark.parametrize("code", cases("""\
T.add(x, x)
T.add(x, 1)
T.add(x, 1, alpha=2)
T.add(input=x, other=x)
T.add(x1=x, x2=x)
x.add(other=2)
T.sum(x, 0)
T.sum(x, dim=0, keepdim=True)
T.sum(x, axis=0, keepdims=True)
x.sum((0, 1))
x.sum([0])
x.sum(-1, True)
x.sum(dim=np.int64(0))
x.sum(dtype=T.float64)
x.max(1)
x.max(dim=1, keepdim=True)
x.max()
T.max(x, x * 2)
x.view(3, 2)
x.view((3, 2))
x.view([3, 2])
x.view(-1)
x.view(T.Size([6]))
x.reshape(3, 2)
x.permute(1, 0)
x.permute((1, 0))
T.permute(x, (1, 0))
x.expand(2, 2, 3)
x.flip(0, 1)
x.flip([0])
x.transpose(0, 1)
x.transpose(dim0=0, dim1=1)
x.squeeze(0, 1)
T.zeros(2, 3)
T.zeros((2, 3))
T.zeros(size=(2,))
T.zeros(T.tensor(2))
T.zeros([])
T.ones(2, dtype=float)
T.ones(2, dtype=T.int32, requires_grad=False)
T.ones(2, requires_grad=True)
T.full((2,), 3)
T.full((2,), 3., dtype=T.int64)
T.full((2,), T.tensor(3.))
T.arange(5)
T.arange(1, 5)
T.arange(1, 5, 2)
T.arange(0., 1., 0.25)
T.arange(end=3)
T.arange(3, dtype=float)
T.linspace(0, 1, 5)
T.eye(3)
T.eye(2, 3)
T.rand(2, 3).shape
T.randn((2, 3)).shape
T.rand(2, generator=T.Generator()).shape
T.randint(10, (5,)).dtype
T.randint(3, 4, (5,))
T.randint(low=3, high=4, size=(2, 2))
T.empty(2, 3, dtype=T.uint8).shape
T.zeros_like(x)
T.ones_like(x, dtype=T.int64)
T.full_like(x, 2)
T.cat([x, x])
T.cat((x, x), 1)
T.cat(tensors=[x, x], dim=-1)
T.stack([x, x])
T.where(x > 0, x, 0.)
x.where(x > 0, 0)
x.clamp(0, 1)
x.clamp(min=T.tensor(0.), max=1)
x.clamp(max=0.5)
x.softmax(1)
x.softmax(dim=-1, dtype=T.float64)
x.split(1, 1)
x.chunk(2)
x.unbind()
x.to(T.float64)
x.to("cpu")
x.to(T.device("cpu"), T.float16)
x.to(dtype=T.int64)
x.to(device="cpu", dtype=T.bool)
x.to(T.ones(1, dtype=T.int32))
x.to(T.float32) is x
x.to(T.float32, copy=True) is x
x.half().dtype
x.type(T.int64)
x.type("torch.DoubleTensor" if T.__name__ == "torch" else "torsh.DoubleTensor").dtype
x.type()
x.double().float().long().int().bool().dtype
x.contiguous() is x
x.t().contiguous()
x.clone(memory_format=T.preserve_format)
x.std()
x.var(0, correction=0)
x.size(), x.size(1), x.size(dim=0), x.stride(), x.stride(0)
x.dim(), x.numel(), x.nelement(), x.ndimension(), x.element_size(), x.nbytes, x.itemsize
T.add(x, x, out=T.empty(2, 3))
"""))
def test_accepted(code):
    check(X + code)


@pytest.mark.parametrize("code", cases("""\
T.add("a", 1)
T.add(x)
T.add(x, x, x, x)
T.relu()
T.relu(1)
T.relu(x, x)
T.relu(x, foo=1)
T.relu(x, input=x)
T.sum("a")
x.sum("a")
x.sum(0, 1)
x.sum(dim=0, foo=1)
x.sum(True)
x.sum(0, keepdim=1)
x.view(2, "a")
x.view([2, "a"])
T.zeros("a")
T.zeros(2, "a")
T.zeros()
T.zeros(2.0)
T.zeros((2, 3), (1,))
T.zeros(2, (3,))
T.zeros(2, dtype="a")
T.cat([x, 1])
T.cat(x)
x.add(other="a")
x.transpose(0)
x.transpose(0, "a")
x.transpose(0, 1.0)
x.max(0, 1)
x.softmax()
T.mm(x, None)
T.mm(x, mat2=None)
T.randperm(3.0)
T.arange(1, 2, 3, 4)
x.size(2)
x.stride(-3)
x + "a"
x + None
x < "a"
x @ 2
[1, 2] + x
"""))
def test_refused(code):
    check(X + code)


@pytest.mark.parametrize("code", cases("""\
x.size("a")
T.device("foo")
x.to("foo")
x.to(T.float64, foo=1)
x.to(T.float64, T.float64)
T.tensor()
T.tensor(1, 2)
T.tensor([1], dtype="a")
T.tensor([1], requires_grad=True)
T.from_numpy()
"""))
def test_refused_in_other_words(code):
    check(X + code, text=False)


def test_named_results():
    check("T.tensor([[1., 3., 2.]]).max(1)")
    check("type(T.tensor([[1., 3., 2.]]).max(1)).__name__")
    check("T.tensor([[1., 3., 2.]]).max(1).indices")
    check("T.tensor([[1., 3., 2.]]).min(dim=1).values")


def test_keywords_made_at_run_time():
    check(X + 'x.sum(**{"".join(["di", "m"]): 0})')


def test_long_lists():
    check("T.cat([T.ones(1) for _ in range(100)]).shape")
    check("T.ones(*([1] * 40)).shape")
