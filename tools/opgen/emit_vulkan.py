# SPDX-License-Identifier: MIT OR Apache-2.0
"""Vulkan kernels from the table: a GLSL case for each formula and type that shaders compute in, modules that hold a
few of them, and the rows that say which case of which module an operator is. A pipeline is one case: the constant OP
of the module chooses it."""
from __future__ import annotations

import pathlib
import re

import emit_cpu
import glsl
from emit_cpu import PARAMS, for_dtype, identity, uses
from emit_ops import NOTE, SPDX, from_
from table import Op, die

# dtype -> the type that shaders compute in; float16, bfloat16, uint8 and bool are converted where they are read and written
TYPES = {"f16": "f32", "bf16": "f32", "f32": "f32", "f64": "f64", "i64": "i64", "i32": "i32", "u8": "i32", "bool": "i32"}
PER_MODULE = 12
MAX_OPERANDS, MAX_NUMBERS, MAX_INTS = 4, 4, 2
SHADERS = pathlib.Path(__file__).absolute().parents[2] / "torsh-backend-vulkan" / "shaders"


def functions() -> dict[str, set[str]]:
    """type -> the t_ functions that scalar*.glsl have in it."""
    out = {t: set() for t in TYPES.values()}
    for path in sorted(SHADERS.glob("scalar*.glsl")):
        inside: set[str] = set()
        for line in path.read_text().splitlines():
            if line.startswith("#if"):
                inside = {t.lower() for t in re.findall(r"T_(\w+)", line)}
            elif m := re.match(r"\w+ (t_\w+)\(", line):
                for t in inside:
                    out[t].add(m[1])
    return out


class Modules:
    """Cases of one kind, dealt out to modules of one type each."""

    def __init__(self, kind: str):
        self.kind, self.cases = kind, {}

    def add(self, suffix: str, case: str) -> tuple[str, int]:
        mine = self.cases.setdefault(suffix, [])
        if case not in mine:
            mine.append(case)
        at = mine.index(case)
        return f"{self.kind}_{suffix}_{at // PER_MODULE}", at % PER_MODULE

    def lines(self, body):
        for suffix, cases in self.cases.items():
            for i in range(0, len(cases), PER_MODULE):
                yield f"// module {self.kind}_{suffix}_{i // PER_MODULE} T_{suffix.upper()} {self.kind}.comp"
                yield from body(cases[i:i + PER_MODULE])


def c_module(name: str) -> str:
    return "TORSH__VK_" + name.upper()


class Pointwise(emit_cpu.Pointwise):
    def __init__(self, op: Op):
        super().__init__(op)
        self.numbers = [a for a in self.params if PARAMS[a.kind][1] == "v"]
        self.ints = [a for a in self.params if PARAMS[a.kind][1] == "i"]
        if len(self.operands) > MAX_OPERANDS or len(self.numbers) > MAX_NUMBERS or len(self.ints) > MAX_INTS:
            self.fail("too many operands or parameters for a shader")

    def case(self, suffix: str, text: str, skip: str = "") -> str:
        """GLSL that computes one element: reads a operand's element at a[k], writes to `at`."""
        names, lines = {}, []
        for k, (a, letter) in enumerate(zip(self.operands, self.letters)):
            if a.name != skip and uses(a.name, text):
                names[a.name] = "bool" if letter == "b" else "T"
                lines.append(f"bool v_{a.name} = load_bool(p.in{k}, a[{k}]);" if letter == "b" else f"T v_{a.name} = load(p.in{k}, D{k}, a[{k}]);")
        for i, a in enumerate(self.numbers):
            if uses(a.name, text):
                names[a.name] = "T"
                lines.append(f"T v_{a.name} = from_bits(p.k{i});")
        for i, a in enumerate(self.ints):
            if uses(a.name, text):
                names[a.name] = "int"
                lines.append(f"int v_{a.name} = p.i{i};")
        if self.indexed:
            names["index"] = "T"
            lines.append("T v_index = T(i);")
        result = "bool" if self.op.out_dtypes[0] == "bool" else "T"
        formula = self.translate(text, suffix, names, result)
        if suffix in ("i32", "i64") and (m := re.search(rf"\b(?:{emit_cpu.DIVISIONS})\(\s*\w+\s*,\s*(\w+)\s*\)", text)):
            lines.append(f"if (v_{m[1]} == T(0)) report(p.errors, ZERO_DIVISION, 0, 0, 0);")
        lines.append(f"precise bool y = {formula}; store_bool(p.out_, at, y);" if result == "bool" else f"precise T y = {formula}; store(p.out_, D_OUT, at, y);")
        return " ".join(lines)

    def translate(self, text, suffix, names, result):
        try:
            return glsl.translate(text, suffix, names, result)
        except glsl.Unknown as error:
            self.fail(f"no GLSL for '{text}': {error}")

    def row(self, name: str, suffix: str, place: tuple[str, int], text: str, skip: str = "") -> str:
        operands = [(a, b) for a, b in zip(self.operands, self.letters)]
        members = [f".shader = {c_module(place[0])}", f".op = {place[1]}", f".class = VK_{suffix.upper()}", f".n_in = {len(operands)}"]
        if operands:
            at = [self.op.tensors.index(a) for a, _ in operands]
            members += [f".at = {{{', '.join(map(str, at))}}}", f".truth = {sum(1 << i for i, (_, b) in enumerate(operands) if b == 'b')}"]
        if skip:
            members.append(f".unused = {1 << [a.name for a, _ in operands].index(skip)}")
        if self.params:
            members += [f".params = {self.op.ident}_params", f".n_params = {len(self.params)}"]
        if suffix in ("i32", "i64") and (m := re.search(r"\bt_pow\(\s*\w+\s*,\s*(\w+)\s*\)", text)):
            members.append(f".exponent = {[a.name for a, _ in operands].index(m[1]) + 1}")
        return f"static const vk_pointwise_t {name} = {{{', '.join(members)}}};"

    def kernels(self, modules: Modules, known: dict[str, set[str]], fills: bool = True):
        """Yields C, returns {dtype: kernel function}."""
        op, runs = self.op, {}
        if (at := self.copied()) is not None:
            yield run_function(op.ident, f"torsh__vk_convert(call, {at})")
            return {d: op.ident for d in op.dtypes}
        if set(op.exprs.values()) == {"0"}:
            yield run_function(op.ident, "torsh__vk_zero(call)")
            return {d: op.ident for d in op.dtypes}
        if self.params:
            fields = [f"{{VK_PARAM_{PARAMS[a.kind][0]}, offsetof({op.params_type}, {a.name})}}" for a in self.params]
            yield f"static const vk_param_t {op.ident}_params[] = {{{', '.join(fields)}}};"
        made = {}
        for dtype in op.dtypes:
            suffix, text = TYPES[dtype], op.expr_for(dtype)
            if set(re.findall(r"\bt_\w+", text)) - known[suffix]:
                continue
            name = made.get((suffix, text))
            if not name:
                name = f"{op.ident}_{suffix}" + (f"_{len(made)}" if any(s == suffix for s, _ in made) else "")
                made[suffix, text] = name
                yield from self.kernel(name, suffix, text, modules)
            runs[dtype] = name
        return runs

    def kernel(self, name, suffix, text, modules):
        yield self.row(name, suffix, modules.add(suffix, self.case(suffix, text)), text)
        when = []
        for operand, cases in self.op.entry.get("when", {}).items():
            for i, (number, other) in enumerate(cases.items()):
                if suffix in ("f32", "f64") or re.fullmatch(r"\d+", number):
                    yield self.row(f"{name}_when{i}", suffix, modules.add(suffix, self.case(suffix, other, operand)), other, operand)
                    when.append(f"{{{number}, &{name}_when{i}}}")
            at = [a.name for a in self.op.tensors].index(operand)
        if when:
            yield f"static const vk_when_t {name}_when[] = {{{', '.join(when)}}};"
            yield run_function(name, f"torsh__vk_pointwise_when(call, &{name}, {at}, {name}_when, {len(when)})")
        else:
            yield run_function(name, f"torsh__vk_pointwise(call, &{name})")


class Reduction(emit_cpu.Reduction):
    def kernels(self, modules: Modules, known: dict[str, set[str]]):
        op, runs, made = self.op, {}, {}
        for dtype in op.dtypes:
            suffix = TYPES[dtype]
            combine, mapped = for_dtype(self.r["combine"], dtype), for_dtype(self.r.get("map"), dtype)
            truth = op.out_dtypes[0].startswith("bool")
            key = (suffix, combine, mapped)
            if key not in made:
                made[key] = name = f"{op.ident}_{suffix}" + (f"_{len(made)}" if any(s == suffix for s, *_ in made) else "")
                at = self.translate(combine, suffix, {"a": "T", "b": "T"}, truth), self.translate(mapped or "self", suffix, {"self": "T"}, truth)
                place = modules.add(suffix, "\n".join(at))
                members = [f".shader = {c_module(place[0])}", f".op = {place[1]}", f".class = VK_{suffix.upper()}"]
                if "identity" in self.r:
                    members.append(f".has_identity = true, .identity = {identity(for_dtype(self.r['identity'], dtype))}")
                yield f"static const vk_reduce_t {name} = {{{', '.join(members)}}};"
                yield run_function(name, f"torsh__vk_reduce(call, &{name})")
            runs[dtype] = made[key]
        return runs

    def translate(self, text, suffix, names, truth):
        if truth and suffix in ("f32", "f64"):
            text = {"a | b": "(a != 0) | (b != 0)", "a & b": "(a != 0) & (b != 0)"}.get(text, text)  # truth is 0 or 1 in any type
        try:
            return glsl.translate(text, suffix, names, "T")
        except glsl.Unknown as error:
            self.fail(f"no GLSL for '{text}': {error}")


def dtypes(op: Op) -> set[str]:
    """Those of a pointwise operator or reduction that have a kernel."""
    known = functions()
    formula = op.expr_for if op.kind == "pointwise" else lambda d: str(op.entry["reduce"])
    return {d for d in op.dtypes if not set(re.findall(r"\bt_\w+", formula(d) or "")) - known[TYPES[d]]}


def run_function(name: str, call: str) -> str:
    return f"static torsh_status_t {name}_run(const torsh_call_t *call)\n{{\n    return {call};\n}}\n"


def pointwise_cases(cases):
    yield "#ifdef POINTWISE"
    for i, case in enumerate(cases):
        yield f"    case {i}u: {{ {case} break; }}"
    yield "#endif"


def reduce_cases(cases):
    for n, name in enumerate(("COMBINE", "MAP")):
        yield f"#ifdef {name}"
        for i, case in enumerate(cases):
            yield f"    case {i}u: return {case.splitlines()[n]};"
        yield "#endif"


def outputs(ops: list[Op]):
    """vulkan_ops.c: rows and kernels; vulkan_ops.glsl: the cases of all modules."""
    known, pointwise, reduce = functions(), Modules("pointwise"), Modules("reduce")
    families = [f for f in sorted({op.family for op in ops}) if any(op.family == f and emit_cpu.wanted(op) for op in ops)]
    lines = [SPDX + NOTE + "#include <stddef.h>\n"] + [f"#include <torsh/ops/{f}_params.h>" for f in families]
    lines += ['\n#include "kernels.h"\n']
    rows = []
    for op in ops:
        if not emit_cpu.wanted(op):
            continue
        lines.append(from_(op))
        kind = op.kind == "pointwise"
        made = (Pointwise if kind else Reduction)(op).kernels(pointwise if kind else reduce, known)
        while True:
            try:
                lines.append(next(made))
            except StopIteration as end:
                runs = end.value
                break
        flags = "TORSH_ANY_STRIDES | TORSH_MERGED" + (" | TORSH_OVERWRITES" if kind else "")
        if kind and Pointwise(op).copied() is not None:
            flags += " | TORSH_ANY_DTYPES"
        rows += [f"    {{TORSH_OP_{op.ident.upper()}, TORSH_{d.upper()}, {flags}, {name}_run}}," for d, name in runs.items()]
    lines += ["static const torsh_kernel_t kernels[] = {", *rows, "};", "VK_LIST(ops);"]
    return {"vulkan_ops.c": lines,
            "vulkan_ops.glsl": [*pointwise.lines(pointwise_cases), *reduce.lines(reduce_cases)]}
