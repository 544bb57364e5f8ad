# SPDX-License-Identifier: MIT OR Apache-2.0
"""A first tour of tensors. With `import torch as torsh` in place of `import torsh` it prints the same."""
import numpy as np

import torsh


def title(text: str) -> None:
    print(f"\n--- {text}")


def creation() -> None:
    title("creation")
    print(torsh.tensor([[1, 2, 3], [4, 5, 6]]))  # integers: int64
    print(torsh.tensor([1.0, 2.5]))              # floats: float32
    print(torsh.zeros(2, 3).shape, torsh.ones(2, dtype=torsh.int32), torsh.full((2,), 7.5))
    print(torsh.arange(0, 10, 3), torsh.linspace(0, 1, 5))
    torsh.manual_seed(0)
    print(torsh.rand(3))  # PyTorch's numbers for this seed


def views() -> None:
    title("views share memory, and cost nothing")
    a = torsh.arange(6)
    b = a.view(2, 3)
    t = b.t()
    print(t, t.shape, t.stride(), t.is_contiguous())
    t[0, 1] = 100  # the same element as a[3]
    print("a is changed by writing to t:", a)
    print("reshape() of t copies:", t.reshape(-1).data_ptr() != a.data_ptr())


def broadcasting() -> None:
    title("broadcasting: sizes of 1 stretch")
    rows = torsh.tensor([[0.0], [10.0], [20.0]])
    columns = torsh.tensor([1.0, 2.0])
    print(rows + columns)  # (3, 1) and (2,) give (3, 2)
    try:
        torsh.ones(3) + torsh.ones(2)
    except RuntimeError as error:
        print("refused:", str(error).split(" at ")[0])


def indexing() -> None:
    title("indexing")
    a = torsh.arange(12).view(3, 4)
    print(a[1], a[:, -1], a[0, 1:3], a[::2, None].shape)
    print("by a mask:", a[a % 5 == 0])
    print("by numbers:", a[[0, 2], [1, 3]])
    a[a > 8] = -1
    a[0] += 50
    print(a)


def promotion() -> None:
    title("mixed dtypes promote")
    i, f, d = torsh.tensor([1, 2]), torsh.tensor([0.5, 0.5]), torsh.tensor([1.0], dtype=torsh.float64)
    for name, value in (("int64 + float32", i + f), ("float32 + float64", f + d), ("int64 / int64", i / i),
                        ("float32 * a Python number", f * 3), ("int64 > 1", i > 1)):
        print(f"{name:26} {value.dtype}")


def reductions() -> None:
    title("reductions and matrix products")
    a = torsh.tensor([[1.0, 2.0], [3.0, 4.0]])
    print(a.sum(), a.mean(dim=0), a.amax(dim=1, keepdim=True), a.argmax())
    values, indices = a.max(dim=1)
    print(values, indices)
    print(a @ a, a.softmax(dim=1))


def autograd() -> None:
    title("autograd")
    x = torsh.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = (x ** 2).sum()
    y.backward()
    print("d sum(x^2) / dx:", x.grad)
    (slope,) = torsh.autograd.grad(x[0].exp() * x[1], x)
    print("of exp(x0) * x1:", slope)
    with torsh.no_grad():
        print("recorded under no_grad:", (x * 2).requires_grad)


def numpy_exchange() -> None:
    title("NumPy")
    array = np.zeros(3, dtype=np.float32)
    shared = torsh.from_numpy(array)
    shared += 1
    print("the array sees it:", array)
    print("and back:", (shared * 2).numpy(), float(np.sqrt(shared * 4).sum()))


for part in (creation, views, broadcasting, indexing, promotion, reductions, autograd, numpy_exchange):
    part()
