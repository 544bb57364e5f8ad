# SPDX-License-Identifier: MIT OR Apache-2.0
"""t[...] and t[...] = value."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import torsh

from compare import cases, check, needs_torch

pytestmark = needs_torch
X = "x = T.arange(24).reshape(2, 3, 4)\n"
KEYS = cases("""\
0
-1
1, 2
0, 1, 2
:
1:
::2
:-1
0:100
-2:
..., 0
0, ...
...
None
None, 0, None
(slice(None), None, 1)
[0, 1]
[1, 0, 1], [2, 1, 0]
:, [0, 2]
:, :, [[0], [1]]
[True, False]
[[True, False, True], [False, True, False]]
True
False
None, True
x > 5
(x > 5)[0], 0
T.tensor(1)
T.tensor([1, 0])
T.tensor([[0, 1], [1, 0]])
0, T.tensor([1, 2])
T.tensor([0, 1]), :, T.tensor([2, 3])
:, T.tensor([0, 1]), 1
T.tensor([True, False])
T.tensor([0], dtype=T.int32)
T.tensor([1, 0], dtype=T.uint8)
np.array([1, 0])
np.int64(1)
np.array([True, False])
range(2)
()
[]
T.tensor([], dtype=T.int64)
x[0, 0, 1]
5
0, 5
0, 0, 0, 0
1.5
"a"
::-1
::0
T.ones(2)
T.tensor([5])
[0, 1], [0, 1, 2]
T.tensor([True, False, True])
..., ...
""")


@pytest.mark.parametrize("key", KEYS)
def test_get(key):
    check(X + f"x[{key}]")


@pytest.mark.parametrize("order", ["(2, 0, 1)", "(0, 2, 1)", "(2, 1, 0)"])
@pytest.mark.parametrize("key", cases("""\
T.tensor([1, 0])
:, T.tensor([1, 0])
..., T.tensor([1, 0])
T.tensor([[0, 1], [1, 0]]).t()
:, T.tensor([[0, 1], [1, 0], [0, 0]]).t()
T.tensor([1, 0]), :, T.tensor([[1], [0]])
T.tensor([1, 0]), T.tensor([[1], [0]])
None, T.tensor([1, 0])
0, T.tensor([1, 0])
x > 5
"""))
def test_the_memory_order_of_what_is_not_indexed_stays(key, order):
    check(X + f"x = x.permute{order}\nx[{key}]")


@pytest.mark.parametrize("key", KEYS)
def test_set(key):
    check(X + f"x[{key}] = 100\nx", text=False)
    check(X + f"x[{key}] = T.tensor(2.5)\nx", text=False)


@pytest.mark.parametrize("code", cases("""\
x[0] = T.arange(4)
x[0] = T.arange(3)
x[:, 0] = T.arange(2.).reshape(2, 1)
x[0] = [1, 2]
x[0] = "a"
x[0] = None
x[x > 5] = -1
x[x > 5] = T.arange(18)
x[[0, 1], [1, 2]] = T.zeros(2, 4, dtype=T.int64)
x[0, 1] += 5
x[..., -1] *= 2
del x[0]
"""))
def test_assignment(code):
    check(X + code + "\nx")


def test_views_share_memory():
    x = torsh.arange(6).reshape(2, 3)
    assert x[0].data_ptr() == x.data_ptr() and x[:, 1].data_ptr() == x.data_ptr() + 8
    assert x[torsh.tensor(1)].data_ptr() == x[1].data_ptr()
    x[0][1] = 7
    assert x[0, 1].item() == 7
    assert x[[0]].data_ptr() != x.data_ptr()


@pytest.mark.parametrize("code", cases("""\
x[0].sum().backward()
x[:, 1:].sum().backward()
x[[0, 0]].sum().backward()
x[x > 2].sum().backward()
x[..., None, 1].sum().backward()
y = x * 2; y[0] = 1; y.sum().backward()
y = x * 2; y[y > 3] = 0; y.sum().backward()
y = x * 1; y[:, 0] = x[:, 1]; (y * y).sum().backward()
"""))
def test_gradients(code):
    check("x = T.arange(6.).reshape(2, 3).requires_grad_()\n" + code.replace("; ", "\n") + "\nx.grad")


@st.composite
def keys(draw, shape):
    """The text of a key that fits a shape, most of the time."""
    parts, dim = [], 0
    while dim < len(shape):
        n = shape[dim]
        kind = draw(st.sampled_from("islnte"))
        if kind == "e":
            break
        if kind == "i":
            parts.append(str(draw(st.integers(-n, n - 1))) if n else ":")
        elif kind == "s":
            a, b = (draw(st.one_of(st.none(), st.integers(-n - 1, n + 1))) for _ in "ab")
            parts.append(f"{'' if a is None else a}:{'' if b is None else b}:{draw(st.integers(1, 3))}")
        elif kind == "n":
            parts.append("None")
            continue
        else:
            length = draw(st.integers(1, 3))
            items = [draw(st.integers(-n, n - 1)) for _ in range(length)] if n else []
            tensor = draw(st.sampled_from([f"T.tensor({items})", f"T.tensor([{items}, {items}]).t()"]))
            parts.append(tensor if kind == "t" and items else str(items) if items else ":")
        dim += 1
    return ", ".join(parts) or "..."


@settings(max_examples=300, deadline=None)
@given(st.data(), st.lists(st.integers(0, 4), max_size=4))
def test_any_key(data, shape):
    n = 1
    for s in shape:
        n *= s
    order = data.draw(st.permutations(range(len(shape))))
    key = data.draw(keys([shape[i] for i in order]))
    check(f"x = T.arange({n}).reshape({tuple(shape)}).permute({tuple(order)})\nx[{key}]", text=False)
