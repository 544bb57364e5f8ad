# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tensors as Python objects: made from data, converted, compared, iterated, printed, copied, pickled."""
import copy
import pickle

import pytest

import torsh

from compare import cases, check, needs_torch


@needs_torch
@pytest.mark.parametrize("code", cases("""\
T.tensor([[1, 2], [3, 4]])
T.tensor([1, 2.5])
T.tensor([True, False])
T.tensor([True, 2])
T.tensor([1, True, 2.5])
T.tensor([])
T.tensor([[], []])
T.tensor(3)
T.tensor(3.5)
T.tensor(True)
T.tensor((1, 2))
T.tensor(range(3))
T.tensor([1.5], dtype=T.int64)
T.tensor([-1], dtype=T.uint8)
T.tensor([300], dtype=T.uint8)
T.tensor([2 ** 31], dtype=T.int32)
T.tensor([float("nan")], dtype=T.int64)
T.tensor([1e300], dtype=T.float32)
T.tensor([1, 2], dtype=T.bfloat16)
T.tensor([0.1], dtype=T.float16)
T.tensor([2], dtype=T.bool)
T.tensor(2 ** 62)
T.tensor(2 ** 70)
T.tensor([2 ** 63 - 1])
T.tensor([[1, 2], [3]])
T.tensor([[1, 2], 3])
T.tensor([1, [2]])
T.tensor("a")
T.tensor(["a"])
T.tensor([1, "a"])
T.tensor(None)
T.tensor([None])
T.tensor({1: 2})
T.tensor([T.ones(2), T.ones(2)])
T.tensor([T.tensor(1), 2.5])
T.tensor([np.float32(1), 2])
T.tensor([np.ones(2), np.ones(2)])
T.tensor(np.float64(2))
T.tensor(np.int8(2))
T.tensor(np.arange(6, dtype="f4").reshape(2, 3))
T.tensor(T.arange(3))
T.tensor([1.], requires_grad=True)
T.tensor([1], dtype=float)
T.Tensor([1, 2])
T.Tensor(2, 3).shape
T.Tensor()
T.as_tensor([1, 2])
T.as_tensor(T.arange(3), dtype=T.float32)
T.asarray([1, 2], dtype=T.float64)
T.tensor([[1, 2], [3, 4]]).tolist()
T.tensor([1.5, 2.5], dtype=T.float16).tolist()
T.tensor([True]).tolist()
T.tensor(5).tolist()
T.zeros(2, 0).tolist()
T.tensor([0.1], dtype=T.float32).item()
T.tensor(2 ** 62).item()
T.tensor(True).item()
T.ones(2).item()
"""))
def test_data(code):
    check(code)


@needs_torch
@pytest.mark.parametrize("code", cases("""\
bool(T.tensor(1.))
bool(T.tensor([0]))
bool(T.ones(2))
bool(T.ones(0))
int(T.tensor(2.7))
int(T.tensor([True]))
int(T.ones(2))
float(T.tensor(3))
float(T.ones(2))
complex(T.tensor(2.5))
[1, 2, 3][T.tensor(1)]
[1, 2, 3][T.tensor(1.)]
[1, 2, 3][T.tensor([0, 1])]
range(T.tensor(3))
len(T.ones(3, 2))
len(T.tensor(1))
iter(T.tensor(1))
list(T.arange(3))
list(T.ones(2, 2))
[a.shape for a in T.ones(2, 3)]
a, b = T.arange(2); (a, b)
2 in T.arange(3)
5 in T.arange(3)
"a" in T.arange(3)
len({hash(t) for t in [T.ones(1), T.ones(1)]})
x = T.ones(1); x in {x}
T.tensor(1) == None
T.tensor(1) == "a"
T.tensor(1) != "a"
f"{T.tensor(1.5):.3f}"
f"{T.tensor(3):d}"
round(T.tensor(2.6))
abs(T.tensor([-1, 2]))
divmod(7, 2)
sum([T.ones(2), T.ones(2)])
max(T.tensor([1, 3, 2]))
T.tensor([1, 2]).shape + (3,)
T.Size([2, 3]).numel()
T.Size([2, 3])[1:]
T.Size([2, 3]) * 2
T.Size([2, 3]) == (2, 3)
T.Size([1.5])
T.float32
T.float, T.double, T.half, T.long, T.int, T.short, T.bool
T.float32.itemsize, T.float32.is_floating_point, T.int8.is_signed, T.uint8.is_signed
T.device("cuda:1")
T.device("cpu"), str(T.device("cuda", 1)), T.device("cuda:1").index, T.device("cpu").type
T.device("cuda:0") == T.device("cuda", 0)
T.strided, T.contiguous_format
T.finfo(T.float32)
T.finfo(T.float16), T.finfo(T.bfloat16), T.finfo(T.float64)
T.finfo(T.float32).eps, T.finfo(T.float32).max, T.finfo(T.float32).bits, T.finfo().dtype
T.iinfo(T.int8), T.iinfo(T.uint8), T.iinfo(T.int64)
T.finfo(T.int32)
T.promote_types(T.int32, T.float16)
T.is_tensor(1), T.is_tensor(T.ones(1)), T.is_floating_point(T.ones(1)), T.numel(T.ones(2, 3))
T.get_default_dtype()
T.set_default_dtype(T.int32)
T.inf, T.pi
T.ones(2).T
T.ones(2, 3).T.shape, T.ones(2, 3, 4).mT.shape
x = T.ones(2, 3); x.data_ptr() == x.view(6).data_ptr()
x = T.ones(4); (x.storage_offset(), x[1:].storage_offset())
x = T.ones(2); v = x._version; x.add_(1); x._version - v
T.ones(2).is_contiguous(), T.ones(2, 3).t().is_contiguous()
T.ones(2).is_cpu, T.ones(2).is_cuda, T.ones(2).device, T.ones(2).layout
"""))
def test_protocols(code):
    check(code)


@needs_torch
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8", "bool"])
@pytest.mark.parametrize("code", ["a + b", "a - b", "a * b", "a / b", "a // b", "a % b", "a ** b", "a & b", "a | b", "a ^ b",
                                  "a == b", "a != b", "a < b", "a <= b", "a > b", "a >= b"])
@pytest.mark.parametrize("other", ["x", "2", "2.5", "True", "np.float32(2)", "T.tensor(2)", "T.tensor(2., dtype=T.float64)"])
def test_operators(dtype, code, other):
    setup = f"x = T.tensor([[1, 2, 3]]).to(T.{dtype})\n"
    check(setup + f"a, b = x, {other}\n" + code)
    check(setup + f"a, b = {other}, x\n" + code)


@needs_torch
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8", "bool"])
@pytest.mark.parametrize("code", ["-x", "+x", "~x", "abs(x)"])
def test_unary_operators(dtype, code):
    check(f"x = T.tensor([[1, 2, 3]]).to(T.{dtype})\n" + code)


@needs_torch
@pytest.mark.parametrize("op", ["+", "-", "*", "/", "//", "%", "**", "&", "|", "^"])
@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
@pytest.mark.parametrize("other", ["x.clone()", "2", "2.5", "True"])
def test_operators_in_place(op, dtype, other):
    check(f"x = T.tensor([[1, 2, 3]]).to(T.{dtype}); y = x; x {op}= {other}\n(x, x is y)")


def test_attributes_of_ones_own():
    x = torsh.ones(1)
    x.name = "x"
    assert x.name == "x" and x.__dict__ == {"name": "x"}
    with pytest.raises(AttributeError):
        x.shape = (2,)


@needs_torch
@pytest.mark.parametrize("code", cases("""\
x.H
x.mH
x.mT
x.new_zeros(2)
x.new_zeros((2, 1), dtype=T.int64)
x.new_ones(2, 3)
x.new_full((2,), 7)
x.new_full([], 2.5, dtype=T.float64)
x.new_empty(2, 0)
x.new_empty((2,), requires_grad=True).shape
x.new_tensor([1, 2])
x.new_tensor([1, 2], dtype=T.int64)
x.new_tensor(3, requires_grad=True)
x.type_as(T.ones(1, dtype=T.int64))
x.type_as(x) is x
T.ones(2, 2, 2).H
T.ones(2, 2, 2).mH
T.ones(2).H
T.ones(2).mT
T.ones(2).mH
T.tensor(2.).mT
"""))
@pytest.mark.parametrize("dtype", ["float16", "float64", "int64"])
def test_made_from_another(code, dtype):
    check(f"x = T.arange(6).reshape(2, 3).to(T.{dtype})\n" + code, text="requires_grad" not in code)


@needs_torch
@pytest.mark.parametrize("code", cases("""\
T.isclose(T.tensor([1., 2., 3.]), T.tensor([1., 2.1, 3.00001]))
T.isclose(T.tensor([1., float("inf"), float("nan")]), T.tensor([1., float("inf"), float("nan")]))
T.isclose(T.tensor([1., float("nan")]), T.tensor([1., float("nan")]), equal_nan=True)
T.isclose(T.tensor([float("inf")]), T.tensor([1e30]))
T.isclose(T.tensor([1, 2]), T.tensor([1, 3]), atol=1.5, rtol=0)
T.isclose(T.tensor([10, 20]), T.tensor([11, 30]), rtol=0.1)
T.isclose(T.tensor([[1.], [2.]]), T.tensor([1., 2.]))
T.isclose(T.tensor([True]), T.tensor([False]))
T.isclose(T.ones(2), T.ones(2, dtype=T.float64))
T.isclose(T.ones(2), T.ones(2), rtol=-1)
T.ones(2).isclose(T.zeros(2), 0, 0)
T.allclose(T.ones(2), T.ones(2) + 1e-9)
T.allclose(T.ones(2), T.zeros(2), atol=1)
T.ones(2).allclose(T.tensor([1., float("nan")]), equal_nan=True)
T.allclose(T.ones(0), T.ones(0))
T.equal(T.ones(2), T.ones(2))
T.equal(T.ones(2), T.ones(2, 1))
T.ones(2).equal(T.tensor([1., float("nan")]))
T.equal(T.ones(0), T.ones(0))
T.equal(T.ones(2), 1)
"""))
def test_close_and_equal(code):
    check(code)


@needs_torch
@pytest.mark.parametrize("options", [
    "precision=2", "precision=8", "profile='short'", "profile='full'", "threshold=5, edgeitems=1", "linewidth=30",
    "sci_mode=True", "sci_mode=False", "precision=1, sci_mode=True, linewidth=40", "threshold=float('inf')", "profile='default'",
])
@pytest.mark.parametrize("code", [
    "T.arange(24).reshape(2, 3, 4) / 7", "T.tensor([1e-6, 1., float('nan')])", "T.tensor([1., 20.])", "T.arange(1200)",
    "T.ones(2, 0)", "T.tensor([1e10, 1.])", "T.zeros(3)", "T.ones(12, dtype=T.float64)", "T.ones(12, requires_grad=True)",
])
def test_printoptions(options, code):
    default = "T.set_printoptions(profile='default')\n"
    check(f"{default}T.set_printoptions({options})\ns = repr({code})\n{default}s")


class Sub(torsh.Tensor):
    pass


def test_subclass():
    s = Sub([1.0, 2.0])
    assert type(s) is Sub and isinstance(s, torsh.Tensor) and type(s + 1) is torsh.Tensor
    assert (s + s).tolist() == [2, 4]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int64", "bool"])
def test_pickle_and_copies(dtype):
    x = torsh.tensor([[1, 0], [3, 4]], dtype=getattr(torsh, dtype))
    x.note = [1]
    for y in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x), copy.copy(x)):
        assert y.tolist() == x.tolist() and y.dtype is x.dtype and y.note == [1] and y is not x
    assert copy.copy(x).data_ptr() == x.data_ptr() and copy.deepcopy(x).data_ptr() != x.data_ptr()
    assert pickle.loads(pickle.dumps(x.dtype)) is x.dtype
    assert pickle.loads(pickle.dumps(x.shape)) == x.shape and type(pickle.loads(pickle.dumps(x.shape))) is torsh.Size
    assert pickle.loads(pickle.dumps(x.device)) == x.device


@needs_torch
@pytest.mark.parametrize("code", ["x.t()", "x[:, 1:]", "x[0]", "x.expand(2, 2, 3)", "x.permute(1, 0)[::2]", "x[2:]", "x[0, 0]"])
def test_pickled_views_keep_their_strides(code):
    setup = "import pickle\nx = T.arange(6.).reshape(2, 3)\n"
    check(setup + f"y = pickle.loads(pickle.dumps({code}))\n(y, y.stride(), y.is_leaf, y._base)")
    assert len(pickle.dumps(torsh.zeros(1).expand(10 ** 9))) < 1000


def test_copies_keep_requires_grad_and_identity():
    x = torsh.ones(2, requires_grad=True)
    a, b = copy.deepcopy([x, x])
    assert a is b and a.requires_grad and a.is_leaf
    assert pickle.loads(pickle.dumps(x)).requires_grad
    with pytest.raises(RuntimeError, match="graph leaves"):
        copy.deepcopy(x * 2)


@needs_torch
@pytest.mark.parametrize("code", cases("""\
repr(T.tensor([1., 2.5]))
repr(T.ones(2, 2, dtype=T.int64))
str(T.tensor(3))
repr(T.ones(2, requires_grad=True) * 2)
repr(T.nn.Parameter(T.ones(2)))
repr(T.zeros(2, 0))
repr(T.tensor([1e10, 1.]))
repr(T.arange(2000))
repr(T.tensor([True]))
repr(T.tensor([float("nan"), float("inf"), 1.]))
repr(T.tensor([1.], dtype=T.float16))
T.tensor([[1., 2.]]).max(1)
"""))
def test_print(code):
    check(code)
