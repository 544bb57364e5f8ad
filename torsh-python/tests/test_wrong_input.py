# SPDX-License-Identifier: MIT OR Apache-2.0
"""Wrong arguments to every operator, made from the operator table: each is refused with an exception that PyTorch's except
clauses catch and a message that says what is wrong; nothing crashes."""
import dataclasses
import inspect
import itertools
import keyword
import math
import pathlib
import re
import sys
import warnings

import pytest

import torsh
import torsh.nn
from compare import Failed, first_sentence, says_the_same

try:
    import torch
except ImportError:
    torch = None

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools/opgen"))

import emit_python  # noqa: E402
import table  # noqa: E402

FAMILIES = emit_python.python_families(table.load(ROOT / "ops"))
HUGE = 2**62  # no memory holds so much


# ---- values, as code that reads the same for both libraries

# What an argument of that kind usually is: from these a call is sought that succeeds.
GOOD = {
    "tensor": ["x", "i", "x[0]", "m", "v", "b", "T.ones(1, 3, 4, 4)", "w4", "T.tensor(2)", "u", "T.tensor([0, 1])", "T.ones(2, 2)"],
    "tensor_opt": ["None", "x", "v[:1]"],
    "tensor_list": ["[x, x]"],
    "number": ["2", "1."], "scalar": ["2", "1."], "scalar_opt": ["1"],
    "int": ["1", "0"], "int_opt": ["0", "1"], "float": ["0.5"], "float_opt": ["0.5"], "bool": ["True"], "bool_opt": ["True"],
    "true": ["True"], "false": ["False"],
    "dims": ["(1, 0)", "(2, 3)", "(2, 2)", "(0,)", "(3,)", "(1, 1)", "(3, 2)", "(1, 2)"], "dims_opt": ["(0,)"],
    "dtype": ["T.float32"], "layout": ["T.strided"], "memory_format": ["T.contiguous_format"], "device": ["'cpu'"],
    "enum": ["'none'", "'floor'"], "generator": ["T.Generator()"],
}
NO_NUMBER = ["'text'", "None", "{}", "object()", "[]", "T.ones(2)", "T.float32"]
NO_TENSOR = ["'text'", "None", "{}", "object()", "[[1.]]", "math.nan", "(x,)", "T.float32", "foreign"]
OTHER_TENSOR = ["T.ones(7, 5)", "T.ones(2, 3, 2, 3, 2)", "T.ones(0)", "T.tensor([7, 99])", "T.tensor([-9.])", "T.ones(3, dtype=T.bool)",
                "T.ones(2, 3, dtype=T.float64)", "T.ones(2, 3, dtype=T.int32)", "T.tensor(math.nan)", "x.t()", "T.ones(1).expand(2, 3)"]
INTS = ["99", "-99", str(HUGE), str(-HUGE), "2**63", "-2**70", "1.5", "math.nan", "1j"]
WRONG = {
    "tensor": NO_TENSOR + OTHER_TENSOR,
    "tensor_opt": NO_TENSOR + OTHER_TENSOR,
    "tensor_list": NO_TENSOR + ["[]", "[x, None]", "[x, 'text']", "[x, T.ones(7, 5)]", "[x, foreign]", "x", "[[x]]"],
    "number": NO_NUMBER, "scalar": NO_NUMBER, "scalar_opt": NO_NUMBER,
    "int": NO_NUMBER + INTS, "int_opt": NO_NUMBER + INTS,
    "float": NO_NUMBER, "float_opt": NO_NUMBER,
    **dict.fromkeys(["bool", "bool_opt", "true", "false"], NO_NUMBER + ["2", "1.5"]),
    "dims": NO_NUMBER + [f"({v},)" for v in INTS] + [f"({HUGE}, {HUGE})", "(0, 0)", "(1,) * 9", "('a', 'b')", "(None, 1)", "((1,),)", "(2, 'a')", "(1, 2, 3)",
                                                     "-7", "2**62"],
    "dims_opt": NO_NUMBER + [f"({v},)" for v in INTS] + ["(0, 0)", "(1,) * 9", "('a',)", "(None,)"],
    "dtype": ["'float32'", "1", "object()", "x"], "layout": ["'strided'", "1", "T.float32"],
    "memory_format": ["'contiguous'", "1", "T.float32"], "device": ["'nowhere'", "'cuda:99'", "1.5", "object()", "'cpu:-1'", "T.float32"],
    "enum": ["'nonsense'", "1", "x"], "generator": ["'text'", "1", "x"],
    "out": ["'text'", "1", "(x,)", "T.ones(2, 3, dtype=T.bool)", "foreign"], "out_list": ["x", "'text'", "(x,)"],
}


class Nn:
    """The functions below nn.functional, which are in several places."""

    def __init__(self, *places):
        self.places = places

    def __getattr__(self, name):
        for p in self.places:
            if hasattr(p, name):
                return getattr(p, name)
        raise AttributeError(name)


NN = {torsh: Nn(sys.modules["torsh._nn_ops"])} | ({torch: Nn(torch._C._nn, torch)} if torch else {})


def outcome(T, code):
    other = {torsh: torch, torch: torsh}[T]
    scope = {
        "T": T, "F": T.nn.functional, "nn": NN[T], "math": math, "x": T.ones(2, 3), "i": T.tensor([[0, 1, 0], [1, 0, 1]]), "m": T.ones(3, 2),
        "v": T.ones(3), "b": T.ones(2, 3, dtype=T.bool), "w4": T.ones(2, 3, 2, 2), "u": T.ones(2, 3, 3),
        "foreign": other.ones(2, 3) if other else object()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return eval(code, scope)
        except Exception as error:
            return Failed(error)


def pytorch(where, name, code):
    """PyTorch's answer; None if it cannot be asked: it is not installed, or has no function of that name."""
    if not torch:
        return None
    has = {"method": torch.Tensor, "T": torch, "nn": NN[torch], "F": torch.nn.functional}[where]
    return outcome(torch, code) if hasattr(has, name) else None


# ---- calls

@dataclasses.dataclass
class Argument:
    name: str
    kind: str
    required: bool
    kwonly: bool = False


@dataclasses.dataclass
class Function:
    where: str  # method, T, nn or F
    name: str
    arguments: list

    def call(self, values, extra=()):
        """values: name -> code; a method's object under self. What is required goes by position: a name may differ from
        overload to overload."""
        target = f"({values['self']}).{self.name}" if self.where == "method" else f"{self.where}.{self.name}"
        positional = [a.name for a in self.arguments if a.required and not a.kwonly]
        args = [v if n in positional else f"**{{'{n}': {v}}}" if keyword.iskeyword(n) else f"{n}={v}"
                for n, v in values.items() if n != "self"]
        return f"{target}({', '.join([*args, *extra])})"

    def pytorch(self, code):
        return pytorch(self.where, self.name, code)

    def good(self):
        """The arguments of a call that succeeds: what is required, and if that is not enough, one optional one."""
        needed = [a for a in self.arguments if a.required]
        if self.where == "method":
            needed = [Argument("self", "tensor", True), *needed]
        for more in [[], *([a] for a in self.arguments if not a.required and a.kind in GOOD)]:
            for values in itertools.product(*(GOOD[a.kind] for a in needed + more)):
                values = dict(zip([a.name for a in needed + more], values))
                code = self.call(values)
                if not isinstance(outcome(torsh, code), Failed) and not isinstance(self.pytorch(code), Failed):
                    return values
        return None

    def wrong(self):
        """The table: code of calls, one thing of each of which is wrong."""
        good = self.good()
        if good is None:
            return None
        calls = [self.call({**good, a.name: v}) for a in self.arguments for v in WRONG[a.kind]]
        if self.where == "method":
            calls += [self.call({**good, "self": v}) for v in OTHER_TENSOR]
        calls += [self.call({k: v for k, v in good.items() if k != a.name}) for a in self.arguments if a.required]
        calls += [self.call(good, ["nonsense=1"])]
        positional = [v for k, v in good.items() if k != "self"]
        target = self.call({k: v for k, v in good.items() if k == "self"})[:-1]
        calls += [f"{target}{', '.join(positional + ['x'] * 9)})"]
        calls += [self.call(good, [f"*[{v}]"]) for v in positional[:1]]  # the first argument twice
        return list(dict.fromkeys(calls))


def functions():
    where = {"torch": "T", "nn": "nn", "method": "method"}
    for place, group in FAMILIES.items():
        for name, overloads in group.items():
            for s in overloads:
                yield Function(where[place], name, [Argument(p.name, p.kind, p.default is None, p.kwonly) for p in s.params])
    kinds = {a.name: a.kind for a in (a for g in FAMILIES.values() for o in g.values() for s in o for a in s.params)}
    kinds |= {"input": "tensor", "weight": "tensor", "bias": "tensor_opt", "padding": "dims", "p": "float", "reduction": "enum",
              "reduce": "bool", "size_average": "bool", "training": "bool", "inplace": "bool", "ceil_mode": "bool",
              "return_indices": "bool", "max_norm": "float_opt", "norm_type": "float", "sparse": "bool", "dim": "int_opt",
              "stride": "dims", "kernel_size": "dims", "dilation": "dims", "weight": "tensor_opt"}
    for name in torsh.nn.functional.__all__:
        f = getattr(torsh.nn.functional, name)
        try:
            params = inspect.signature(f).parameters.values()
        except ValueError:
            continue  # the operator itself, which is in the table
        yield Function("F", name, [Argument(p.name, kinds[p.name] if p.default is not p.empty or kinds[p.name] != "tensor_opt" else "tensor",
                                            p.default is p.empty) for p in params if not p.name.startswith("_")])


# ---- answers

FAMILY = (TypeError, ValueError, RuntimeError, IndexError)
ALSO_PYTORCHS = (AttributeError, AssertionError)  # functions that are written in Python have them


def says_what(function, error, theirs):
    """Whether the message names the function or an argument, or says what PyTorch says."""
    text = str(error).lower()
    told = [function.name.strip("_").removesuffix("_backward"), *(a.name for a in function.arguments), "self"]
    return any(re.search(rf"(?<![a-z]){re.escape(n.lower())}", text) for n in told) or bool(theirs) and says_the_same(
        first_sentence(error), first_sentence(theirs.error))


def judge(function, code):
    """None, or what is wrong with the answer to this call."""
    ours, theirs = outcome(torsh, code), function.pytorch(code)
    if isinstance(ours, Failed):
        also = ALSO_PYTORCHS if not torch or isinstance(theirs, Failed) and isinstance(theirs.error, ALSO_PYTORCHS) else ()
        if not isinstance(ours.error, (*FAMILY, *also)):
            return f"torsh raises {ours!r}"
        if isinstance(ours.error, torsh.InternalError) or not says_what(function, ours.error, theirs if isinstance(theirs, Failed) else None):
            return f"torsh says {ours!r}, PyTorch {theirs!r}"
    if isinstance(theirs, Failed):
        if not isinstance(ours, Failed):
            return f"torsh takes what PyTorch refuses: {theirs!r}"
        kind = next((k for k in FAMILY if isinstance(theirs.error, k)), Exception)
        if not isinstance(ours.error, kind):
            return f"torsh raises {ours!r}, PyTorch {theirs!r}"
    elif theirs is not None and isinstance(ours, Failed):
        return f"torsh refuses what PyTorch takes: {ours!r}"
    return None


def differences():
    """Lines of PATTERN | REASON."""
    lines = (pathlib.Path(__file__).parent / "wrong_input.txt").read_text().splitlines()
    return [line.rsplit(" | ", 1)[0] for line in lines if " | " in line and not line.startswith("#")]


FUNCTIONS = list(functions())
KNOWN = differences()
seen = {"functions": 0, "calls": 0, "patterns": set()}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f"{f.where}.{f.name}")
def test_refused(function):
    calls = function.wrong()
    assert calls, "no call that succeeds was found: GOOD lacks a value"
    wrong = []
    for code in calls:
        verdict = judge(function, code)
        if verdict is None:
            continue
        line = f"{code} -> {verdict}".replace("\n", " ")
        patterns = [p for p in KNOWN if re.search(p, line)]
        seen["patterns"].update(patterns)
        if not patterns:
            wrong.append(line)
    seen["functions"] += 1
    seen["calls"] += len(calls)
    assert not wrong, f"{len(wrong)} of {len(calls)}:\n" + "\n".join(wrong)


def test_the_table_is_large_and_no_difference_is_out_of_date():
    if seen["functions"] < len(FUNCTIONS):
        pytest.skip("only some functions were tested")
    print(seen["calls"], "calls of", seen["functions"], "functions")
    assert seen["calls"] > 10_000
    if torch:
        gone = set(KNOWN) - seen["patterns"]
        assert not gone, "differences to be struck out:\n" + "\n".join(gone)


def test_a_wrong_answer_is_noticed():
    """The judge can say no."""
    function = Function("method", "relu", [])
    assert judge(function, "(x).relu(1)") is None
    assert "torsh raises" in judge(function, "(x).relu()[1 / 0]")
    if torch:
        assert "torsh takes" in judge(function, "(x).relu(*[1] * (T.__name__ == 'torch'))")
        assert "torsh refuses" in judge(function, "(x).relu(*[1] * (T.__name__ == 'torsh'))")
