# SPDX-License-Identifier: MIT OR Apache-2.0
"""One call of every operator, made from the operator table: result, strides and gradients are PyTorch's."""
import itertools

import pytest

import torsh
from compare import Failed, difference, needs_torch, torch
from test_wrong_input import FUNCTIONS, GOOD, NN, Argument

pytestmark = needs_torch

# As in GOOD, but with values that tell operators apart and memory that is not in order.
VALUES = """\
x = ((T.arange(6).reshape(3, 2).t() - 2.3) / 3).double()
i = T.tensor([[0, 1, 0], [1, 0, 1]])
m = (T.arange(6).reshape(3, 2) / 7).double()
v = T.tensor([0.3, -1.7, 2.9], dtype=T.float64)
b = T.tensor([[True, False, True], [False, True, False]])
w4 = (T.arange(24).reshape(2, 3, 2, 2) / 5 - 2).double()
u = (T.arange(18).reshape(2, 3, 3) / 9 - 1).double()
"""
# their values are other tests' matter
RANDOM = ("rand", "dropout", "bernoulli", "normal", "uniform", "empty")
# what differs from PyTorch, and why: part of the line that says so
KNOWN = {
    "sparse": "sparse gradients are not built",
    "log_softmax(": "the gradient of a result in float32 is rounded at another place",
    "T.pow(2, x)": "PyTorch's result is contiguous",
    "T.rsub(x, i)": "PyTorch's result is contiguous",
    "adaptive_avg_pool2d(": "PyTorch takes two dimensions where no error is foreseen",
    "max_norm": "not built",
}
# torch._C._nn takes the reduction as a number whose default is no reduction
OTHER_DEFAULT = ("binary_cross_entropy_with_logits", "cross_entropy_loss", "mse_loss", "nll_loss_nd")


def answer(T, code):
    """(result, gradients of the floating tensors), or how it failed."""
    scope = {"T": T, "F": T.nn.functional, "nn": NN[T], "math": __import__("math")}
    try:
        exec(VALUES, scope)
        leaves = {}
        for name in ("x", "m", "v", "w4", "u"):
            leaves[name] = scope[name].requires_grad_()
            scope[name] = leaves[name] * 1  # not a leaf: may be written in place
        result = eval(code, scope)
        outs = result if isinstance(result, (tuple, list)) else [result]
        wanted = [o for o in outs if isinstance(o, T.Tensor) and o.requires_grad]
        if wanted:
            sum((o * (T.arange(o.numel()).reshape(o.shape) + 1)).sum() for o in wanted).backward()
        grads = {n: leaf.grad if leaf.grad is not None else T.zeros(()) for n, leaf in leaves.items()}
        return (result.detach() if isinstance(result, T.Tensor) else [o.detach() for o in outs] if wanted else result, grads)
    except Exception as error:
        return Failed(error)


def calls(function):
    """Calls that PyTorch takes: two with what is required, two with each optional argument."""
    needed = [a for a in function.arguments if a.required]
    if function.where == "method":
        needed = [Argument("self", "tensor", True), *needed]
    optional = [[]] + [[a] for a in function.arguments if not a.required and a.kind in GOOD and a.kind != "generator"]
    if function.where == "nn" and function.name in OTHER_DEFAULT:
        needed, optional = [*needed, *(a for a in function.arguments if a.name == "reduction")], [[]]
    for more in optional:
        found = 0
        for values in itertools.product(*(GOOD[a.kind] for a in needed + more)):
            code = function.call(dict(zip([a.name for a in needed + more], values)))
            if not isinstance(function.pytorch(code), (Failed, type(None))):
                yield code
                found += 1
                if found == 2:
                    break


COMPARED = [f for f in FUNCTIONS if not any(r in f.name for r in RANDOM)]
seen, done = set(), []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("function", COMPARED, ids=lambda f: f"{f.where}.{f.name}")
def test_same_as_pytorch(function):
    wrong, compared = [], 0
    for code in calls(function):
        theirs = answer(torch, code)
        if isinstance(theirs, Failed):
            continue  # these values do not suit it
        compared += 1
        why = difference(answer(torsh, code), theirs)
        if why and not any(k in code for k in KNOWN):
            wrong.append(f"{code}: {why}")
        seen.update(k for k in KNOWN if why and k in code)
    done.append(function)
    assert not wrong, "\n".join(wrong)
    if not compared:
        pytest.skip("PyTorch has no such function")


def test_no_difference_is_out_of_date():
    if len(done) < len(COMPARED):
        pytest.skip("only some functions were tested")
    assert not set(KNOWN) - seen, "these differences are gone; strike them out"
