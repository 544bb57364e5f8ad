# SPDX-License-Identifier: MIT OR Apache-2.0
"""NumPy and DLPack: shared memory both ways."""
import gc
import sys
import warnings
import weakref

import numpy as np
import pytest

import torsh

from compare import cases, check, needs_torch, torch

DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool", "complex64"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_shares_memory(dtype):
    a = np.zeros((2, 3), dtype)
    t = torsh.from_numpy(a)
    assert str(t.dtype) == "torsh." + dtype and t.shape == (2, 3) and t.data_ptr() == a.ctypes.data
    a[0, 0] = 1
    assert t.numpy()[0, 0] == 1
    t.numpy()[1, 1] = 1
    assert a[1, 1] == 1 and t.numpy().dtype == a.dtype


def test_strides():
    a = np.arange(24).reshape(2, 3, 4)
    for b in (a.T, a[:, ::2], a[1], a[:, 1:, 3], np.broadcast_to(a[0, 0], (2, 4))):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            t = torsh.from_numpy(b)
        assert t.tolist() == b.tolist() and t.numpy().strides == b.strides


def test_keeps_the_array_alive():
    a = np.zeros(1000)
    ref = weakref.ref(a)
    t = torsh.from_numpy(a)
    del a
    gc.collect()
    assert ref() is not None
    view = t[10:]
    del t
    gc.collect()
    assert ref() is not None and view.sum().item() == 0
    del view
    gc.collect()
    assert ref() is None


def test_array_keeps_the_memory():
    a = torsh.arange(1000).numpy()
    gc.collect()
    assert a.sum() == 499500
    t = torsh.zeros(3)
    a = t.numpy()
    t.data = torsh.ones(1000)
    gc.collect()
    assert a.tolist() == [0, 0, 0]


@needs_torch
@pytest.mark.parametrize("code", cases("""\
T.from_numpy([1])
T.from_numpy(np.ones(3)[::-1])
T.from_numpy(np.array(["a"]))
T.from_numpy(np.ones(3, ">f4"))
T.ones(2, dtype=T.bfloat16).numpy()
T.ones(2, requires_grad=True).numpy()
T.ones(2, requires_grad=True).numpy(force=True)
T.ones(2).numpy()
T.arange(3).t().numpy()
np.asarray(T.ones(2))
np.array(T.ones(2), dtype="f8")
np.asarray(T.arange(3), dtype=np.float32)
np.add(T.ones(2), 1)
np.sin(T.zeros(2))
T.ones(3) + np.ones(3)
np.float32(2) * T.ones(2)
T.ones(2) * np.float64(2)
T.as_tensor(np.arange(3)).dtype
a = np.zeros(2); T.as_tensor(a).data_ptr() == a.ctypes.data
a = np.zeros(2); T.tensor(a).data_ptr() == a.ctypes.data
a = np.zeros(2); T.asarray(a).data_ptr() == a.ctypes.data
a = np.zeros(2); T.asarray(a, copy=True).data_ptr() == a.ctypes.data
T.asarray([1], copy=False)
"""))
def test_as_pytorch(code):
    check(code.replace("; ", "\n"))


def test_read_only_arrays_warn():
    a = np.zeros(2)
    a.flags.writeable = False
    with pytest.warns(UserWarning, match="not writable"):
        torsh.from_numpy(a)


def test_tensor_from_numpy_copies():
    a = np.zeros(2, "f4")
    t = torsh.Tensor.from_numpy(a)
    a[0] = 1
    assert t.tolist() == [0, 0]


# ---- DLPack ----------------------------------------------------------------------------------------------------

def test_dlpack_to_numpy_and_back():
    t = torsh.arange(6.).reshape(2, 3).t()
    a = np.from_dlpack(t)
    assert a.tolist() == t.tolist() and a.ctypes.data == t.data_ptr()
    del t
    gc.collect()
    assert a.tolist() == [[0, 3], [1, 4], [2, 5]]
    a = a.copy()
    back = torsh.from_dlpack(a)
    assert back.data_ptr() == a.ctypes.data
    del a
    gc.collect()
    assert back.tolist() == [[0, 3], [1, 4], [2, 5]]
    again = torsh.from_dlpack(back.t())
    assert again.data_ptr() == back.data_ptr() and again.stride() == back.t().stride()


def test_dlpack_refuses():
    with pytest.raises(BufferError, match="require gradient"):
        torsh.ones(1, requires_grad=True).__dlpack__()
    capsule = torsh.ones(2).__dlpack__()
    torsh.from_dlpack(capsule)
    with pytest.raises(ValueError):
        torsh.from_dlpack(capsule)  # taken already
    torsh.ones(2).__dlpack__()  # never taken: freed with its capsule
    assert torsh.ones(2).__dlpack_device__() == (1, 0)


@needs_torch
@pytest.mark.parametrize("dtype", [d for d in DTYPES if d != "complex64"] + ["bfloat16"])
def test_pytorch_shares_memory_both_ways(dtype):
    p = torch.zeros(2, 3, dtype=getattr(torch, dtype))
    t = torsh.from_pytorch(p)
    assert str(t.dtype) == "torsh." + dtype and t.data_ptr() == p.data_ptr()
    p[0, 1] = 1
    assert t[0, 1].item() == 1
    back = t.to_pytorch()
    assert back.dtype == p.dtype and back.data_ptr() == p.data_ptr()
    assert torch.from_dlpack(t).data_ptr() == p.data_ptr()


@needs_torch
def test_pytorch_requires_grad_goes_along():
    assert torsh.from_pytorch(torch.ones(2, requires_grad=True)).requires_grad
    assert torsh.ones(2, requires_grad=True).to_pytorch().requires_grad


@needs_torch
@pytest.mark.parametrize("code", cases("""\
T.from_dlpack(np.broadcast_to(np.arange(3.), (2, 3)))
T.from_dlpack(np.arange(6).reshape(2, 3)[:, ::2])
T.arange(3).__dlpack__(max_version=3)
T.ones(2, requires_grad=True).__dlpack__(max_version=(1, 0))
"""))
def test_dlpack_of_version_one(code):
    check(code, text=False)


def test_dlpack_of_version_one_shares_memory_and_ends_it_once():
    a = np.arange(4.0)
    a.flags.writeable = False
    with pytest.raises(BufferError):
        a.__dlpack__()  # version 0 cannot say that it must not be written
    t = torsh.from_dlpack(a)
    assert t.data_ptr() == a.ctypes.data
    references = sys.getrefcount(a)
    del t
    gc.collect()
    assert sys.getrefcount(a) < references
    x = torsh.arange(4)
    for version in (None, (0, 8), (1, 0), (1, 1)):
        capsule = x.__dlpack__(max_version=version)
        assert ("versioned" in repr(capsule)) == (version is not None and version[0] >= 1)
        y = torsh.from_dlpack(capsule)
        assert y.data_ptr() == x.data_ptr() and y.tolist() == [0, 1, 2, 3]
        with pytest.raises(ValueError):
            torsh.from_dlpack(capsule)
        del capsule, y
    x.__dlpack__(max_version=(1, 0))  # nobody takes it
    assert np.from_dlpack(x).ctypes.data == x.data_ptr()
    assert torsh.from_dlpack(x.__dlpack__(max_version=(1, 0), copy=True)).data_ptr() != x.data_ptr()


class BeforeVersionOne:
    def __init__(self, tensor):
        self.tensor = tensor

    def __dlpack__(self, stream=None):
        return self.tensor.__dlpack__()


def test_dlpack_of_libraries_from_before_version_one():
    x = torsh.arange(3)
    assert torsh.from_dlpack(BeforeVersionOne(x)).data_ptr() == x.data_ptr()
