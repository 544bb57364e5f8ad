# SPDX-License-Identifier: MIT OR Apache-2.0
"""The same piece of code on torsh and on PyTorch: results, dtypes, shapes, strides, error classes and messages."""
from __future__ import annotations

import math
import re
import warnings

import numpy as np
import pytest

import torsh

try:
    import torch
except ImportError:
    torch = None

needs_torch = pytest.mark.skipif(torch is None, reason="PyTorch is not installed")

# relative and absolute error of results, by dtype
TOLERANCE = {"float16": (1e-3, 1e-5), "bfloat16": (8e-3, 1e-5), "float32": (2e-6, 1e-6), "float64": (1e-12, 1e-12)}


class Failed:
    def __init__(self, error):
        self.error = error

    def __repr__(self):
        return f"{type(self.error).__name__}: {self.error}"


def run(T, code, **names):
    """The value of the last line of `code`, which sees T, F, np and names; or how it failed."""
    *before, last = code.strip().split("\n")
    scope = {"T": T, "F": T.nn.functional, "np": np, **names}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec("\n".join(before), scope)
            return eval(last, scope)
        except Exception as error:  # whatever it is, it is compared
            return Failed(error)


# PyTorch's C++ names of dtypes
CPP = {"Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16", "Long": "int64", "Int": "int32",
       "Short": "int16", "Char": "int8", "Byte": "uint8", "Bool": "bool"}


def first_sentence(error):
    text = re.sub(r"\btorch\b", "torsh", str(error)).split("\n")[0]
    text = re.sub(rf"\b({'|'.join(CPP)})\b", lambda m: CPP[m[1]], text)
    return re.split(r"\. |\.$|, but expected", text)[0].strip().lower()


def says_the_same(ours, theirs):
    """ours may go on; kernels have names of their own."""
    if "not implemented for" in theirs:
        return "not implemented for" in ours
    return ours.startswith(theirs)


def same_numbers(a, b, dtype):
    rtol, atol = TOLERANCE.get(dtype, (0, 0))
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.kind in "fc":
        largest = np.abs(b[np.isfinite(b)]).max(initial=0)
        return np.allclose(a, b, rtol=rtol, atol=atol + rtol * largest, equal_nan=True)
    return bool((a == b).all())


def difference(ours, theirs, text=True):
    """None, or what differs."""
    if isinstance(theirs, Failed) and not isinstance(ours, Failed) and "not implemented for" in str(theirs.error):
        return None  # that PyTorch has no kernel for a dtype is no promise: torsh may
    if isinstance(ours, Failed) or isinstance(theirs, Failed):
        if not (isinstance(ours, Failed) and isinstance(theirs, Failed)):
            return f"torsh {ours!r}, PyTorch {theirs!r}"
        kind = type(theirs.error)
        if not isinstance(ours.error, kind) and kind.__module__ == "builtins":
            return f"torsh raises {ours!r}, PyTorch {theirs!r}"
        if text and not says_the_same(first_sentence(ours.error), first_sentence(theirs.error)):
            return f"torsh says {first_sentence(ours.error)!r}, PyTorch {first_sentence(theirs.error)!r}"
        return None
    if torch is not None and isinstance(theirs, torch.Tensor):
        return tensor_difference(ours, theirs)
    if isinstance(theirs, dict):
        if list(ours) != list(theirs):
            return f"keys {list(ours)}, PyTorch {list(theirs)}"
        return next((f"[{k!r}]: {d}" for k in theirs if (d := difference(ours[k], theirs[k], text))), None)
    if isinstance(theirs, (tuple, list)):
        if not isinstance(ours, (tuple, list)) or len(ours) != len(theirs):
            return f"torsh {ours!r}, PyTorch {theirs!r}"
        return next((f"[{i}]: {d}" for i, (a, b) in enumerate(zip(ours, theirs)) if (d := difference(a, b, text))), None)
    if isinstance(theirs, float):
        return None if math.isclose(ours, theirs, rel_tol=2e-6) or ours != ours and theirs != theirs else f"{ours} {theirs}"
    if isinstance(theirs, np.ndarray):
        return None if ours.dtype == theirs.dtype and same_numbers(ours, theirs, str(ours.dtype)) else f"{ours} {theirs}"
    ours, theirs = repr(ours), repr(theirs).replace("torch.", "torsh.")
    if re.search(r" at 0x", theirs):
        return None
    return None if ours == theirs else f"torsh {ours}, PyTorch {theirs}"


def tensor_difference(ours, theirs):
    if not isinstance(ours, torsh.Tensor):
        return f"torsh gives {ours!r}, PyTorch a tensor"
    for what in ("dtype", "shape", "requires_grad"):
        a, b = str(getattr(ours, what)), str(getattr(theirs, what)).replace("torch.", "torsh.")
        if a != b:
            return f"{what} {a}, PyTorch {b}"
    meaningful = [i for i, n in enumerate(ours.shape) if n != 1]
    if ours.numel() and [ours.stride(i) for i in meaningful] != [theirs.stride(i) for i in meaningful]:
        return f"stride {ours.stride()}, PyTorch {theirs.stride()}"
    dtype = str(ours.dtype).removeprefix("torsh.")
    if not same_numbers(ours.detach().tolist(), theirs.detach().tolist(), dtype):
        return f"values {ours.tolist()}, PyTorch {theirs.tolist()}"
    return None


def check(code, text=True, **names):
    """Fails unless torsh and PyTorch agree on `code`."""
    torsh.manual_seed(0)
    torch.manual_seed(0)
    wrong = difference(run(torsh, code, **names), run(torch, code, **names), text)
    assert wrong is None, f"{code}\n{wrong}"


def cases(text):
    """One case per line, or per block between lines of --- ."""
    blocks = [b.strip("\n") for b in re.split(r"^---\n", text, flags=re.M)]
    return [line for line in blocks[0].split("\n") if line.strip()] + [b for b in blocks[1:] if b.strip()]
