# SPDX-License-Identifier: MIT OR Apache-2.0
"""Broadcasting and promotion: for one operator of each dtype rule, every pair of a dtype's tensor, 0-d tensor or number
with another's."""
import itertools
import operator

import pytest

torch = pytest.importorskip("torch")

import torsh  # noqa: E402
from cells import runs  # noqa: E402
from cells.overloads import DTYPES, overloads  # noqa: E402
from cells.placed import Side, mapped, place  # noqa: E402

NUMBERS = {"bool": True, "int": 3, "float": 2.5}
# rule of torsh-tensor/src/dtype_rules.c: the operator that stands for it
OPERATORS = {"promote": "mul.Tensor", "promote_float": "div.Tensor", "subtract": "sub.Tensor", "bool results": "lt.Tensor",
             "maximum": "maximum", "where": "where.self", "floor_divide": "floor_divide", "matmul": "mm", "pow": "pow.Tensor_Tensor",
             "bits": "bitwise_and.Tensor", "logic": "logical_xor", "fill": "masked_fill.Tensor", "clamp": "clamp_min.Tensor"}

# for numbers on the left
WRITTEN = {"mul": operator.mul, "div": operator.truediv, "sub": operator.sub, "floor_divide": operator.floordiv,
           "bitwise_and": operator.and_, "lt": operator.lt}


def operand(kind, dtype, dims):
    if kind == "number":
        return NUMBERS[dtype]
    t = torch.tensor([[1, 0, 3], [2, 5, 1]]).to(getattr(torch, dtype)) + getattr(torch, dtype).is_floating_point * 0.5
    return place(t if kind == "tensor" else t[1, 1], "contiguous") if not dims else place(t.T, "contiguous")


OPERANDS = [(kind, d) for kind in ("tensor", "0-d") for d in DTYPES] + [("number", d) for d in NUMBERS]


def call(T, key, a, b):
    name = key.split(".")[0]
    if key in ("where.self", "masked_fill.Tensor"):
        mask = T.tensor([[True, False, True], [False, True, True]])
        return T.where(mask, a, b) if key == "where.self" else T.masked_fill(a, mask, b)
    if not isinstance(a, T.Tensor) and name in WRITTEN:
        return WRITTEN[name](a, b)
    return getattr(T, name)(a, b)


@pytest.mark.parametrize("rule", OPERATORS)
def test_pairs(rule):
    key, wrong = OPERATORS[rule], []
    for (k, d), (l, e) in itertools.product(OPERANDS, OPERANDS):
        if k == l == "number":
            continue
        values = (operand(k, d, False), operand(l, e, key == "mm"))
        results = [runs.attempt(call, T, key, *Side(T, values).value) for T in (torsh, torch)]
        difference = runs.difference(*results, None, None, lambda t: runs.allowed(overloads()[key], t, False))
        if difference:
            wrong.append(f"{k} {d}, {l} {e}: {difference}")
    assert not wrong, f"{len(wrong)} pairs\n" + "\n".join(wrong[:30])


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "floor_divide", "remainder", "pow", "bitwise_and", "bitwise_or", "bitwise_xor",
                                  "eq", "maximum"])
def test_a_number_as_the_first_argument(name):
    """Of functions, and as both; also where PyTorch refuses it."""
    wrong = []
    for d, (k, e) in itertools.product(NUMBERS, OPERANDS):
        values = (NUMBERS[d], operand(k, e, False))
        results = [runs.attempt(getattr(T, name), *Side(T, values).value) for T in (torsh, torch)]
        difference = runs.difference(*results, None, None, lambda t: (1e-2 if t in ("float16", "bfloat16") else 1e-6, "each", 0))
        if difference:
            wrong.append(f"{d}, {k} {e}: {difference}")
    assert not wrong, f"{len(wrong)} pairs\n" + "\n".join(wrong[:30])


def test_the_gradient_beside_a_number():
    for T in (torsh, torch):
        x = T.tensor([2.0, 4.0], requires_grad=True)
        T.div(8, T.add(1, T.mul(3, x))).sum().backward()
        assert [round(v, 6) for v in x.grad.tolist()] == [round(-24 / 49, 6), round(-24 / 169, 6)]


@pytest.mark.parametrize("op", ["add", "sub", "mul", "div", "pow", "floor_divide", "eq", "bitwise_or", "logical_and"])
def test_in_place(op):
    """What may be written where."""
    wrong = []
    for (k, d), (l, e) in itertools.product([o for o in OPERANDS if o[0] != "number"], OPERANDS):
        values = (operand(k, d, False), operand(l, e, False))
        results = [runs.attempt(lambda a, b: getattr(a, op + "_")(b), *Side(T, values).value) for T in (torsh, torch)]
        difference = runs.difference(*results, None, None, lambda t: (1e-2 if t in ("float16", "bfloat16") else 1e-6, "each", 0))
        if difference:
            wrong.append(f"{k} {d} {op}= {l} {e}: {difference}")
    assert not wrong, f"{len(wrong)} pairs\n" + "\n".join(wrong[:30])


SHAPES = [(), (1,), (3,), (0,), (2, 3), (1, 3), (2, 1), (0, 3), (4, 1, 3), (4, 2, 1), (1, 1, 1), (2, 0)]


@pytest.mark.parametrize("a", SHAPES, ids=str)
@pytest.mark.parametrize("key", ["add.Tensor", "where.self", "lt.Tensor", "maximum"])
def test_broadcasting(key, a):
    """Shapes, strides and values of every pair of shapes, and the gradients' shapes."""
    wrong = []
    for b in SHAPES:
        values = tuple(mapped([torch.arange(float(torch.Size(s).numel())).reshape(s).requires_grad_() for s in (a, b)],
                              lambda t: place(t, "contiguous")))
        sides = [Side(T, values, True) for T in (torsh, torch)]
        if key == "where.self":
            results = [runs.attempt(lambda T, x, y: T.where(x > 1, x, y), s.T, *s.value) for s in sides]
        else:
            results = [runs.attempt(getattr(s.T, key.split(".")[0]), *s.value) for s in sides]
        difference = runs.difference(*results, None, None, lambda t: (1e-6, "each", 0))
        if not difference and key != "lt.Tensor" and isinstance(results[1], torch.Tensor):
            for s, r in zip(sides, results):
                r.sum().backward()
            difference = runs.difference([t.grad for t in sides[0].tensors], [t.grad for t in sides[1].tensors], None, None,
                                         lambda t: (1e-6, "each", 0), strides=False)
        if difference:
            wrong.append(f"{a}, {b}: {difference}")
    assert not wrong, "\n".join(wrong)
