# SPDX-License-Identifier: MIT OR Apache-2.0
"""CPU kernels from the table: for each compute type a scalar function with the entry's formula, a loop around it
(a skeleton of torsh-backend-cpu/src/loops.inc.h), a descriptor for the driver and a registration row."""
from __future__ import annotations

import re

from emit_ops import NOTE, SPDX, from_
from table import CLASSES, Op, die

# dtype -> (suffix, C type) that its kernels compute in; 16-bit floats compute in float, bool in bytes
TYPES = {"f16": ("f32", "float"), "bf16": ("f32", "float"), "f32": ("f32", "float"), "f64": ("f64", "double"),
         "i64": ("i64", "int64_t"), "i32": ("i32", "int32_t"), "u8": ("u8", "uint8_t"), "bool": ("bool", "uint8_t")}
SKELETON = {"bool": "u8"}  # suffix of loops, where it is another type's
# what an operator that uses the element's index computes in: its values may need more digits than the results have
WIDE = {"f32": "f64", "i32": "i64", "u8": "i64"}
MAX_PARAMS = MAX_OPERANDS = 4
# kind of argument -> (how the driver reads the field, member of k)
PARAMS = {"scalar": ("SCALAR", "v"), "float": ("FLOAT", "v"), "int": ("INT", "i"), "bool": ("INT32", "i"), "enum": ("INT32", "i")}
DIVISIONS = "t_div_floor|t_div_trunc|t_remainder|t_fmod"
ROW_FLAGS = "TORSH_ANY_STRIDES | TORSH_ANY_DTYPES | TORSH_MERGED"


def c_type(suffix: str) -> str:
    return TYPES[suffix][1]


def typed(text: str, suffix: str) -> str:
    """Floating literals of a formula get its type: an untyped one would turn a float kernel into double."""
    return re.sub(r"(?<![\w.])(\d+\.\d*(?:e[+-]?\d+)?|\d+e[+-]?\d+)(?![\w.])", r"\1f" if suffix == "f32" else r"\1", text)


def for_dtype(value, dtype: str):
    """A text, or one per dtype class."""
    if not isinstance(value, dict):
        return value
    return next((text for cls, text in value.items() if dtype in CLASSES.get(cls, [cls])), None)


def uses(name: str, text: str) -> bool:
    return bool(re.search(rf"\b{name}\b", text))


class Pointwise:
    """One entry: what its kernels read, and the C of each compute type."""

    def __init__(self, op: Op):
        self.op = op
        self.operands = op.operands
        self.letters = ["b" if op.in_dtype(a) == "bool" else "t" for a in self.operands]
        text = " ".join(op.exprs.values())
        self.indexed = uses("index", text)
        self.params = [a for a in op.args if not a.is_tensor and uses(a.name, text)]
        for a in self.params:
            if a.kind not in PARAMS:
                self.fail(f"a formula cannot use {a.type} {a.name}")
        if len(self.operands) > MAX_OPERANDS or len(self.params) > MAX_PARAMS:
            self.fail("too many operands or parameters")
        if self.indexed and self.operands:
            self.fail("a formula with index takes no tensors")
        if op.n_out != 1:
            self.fail("a formula has one result")

    def fail(self, message: str):
        die(self.op.where, f"[{self.op.key}] expr: {message}")

    def copied(self) -> int | None:
        """Position of the tensor that the entry copies, converts or fills with."""
        texts = set(self.op.exprs.values())
        names = [a.name for a in self.op.tensors]
        return names.index(text) if len(texts) == 1 and (text := texts.pop()) in names else None

    def function(self, name: str, suffix: str, text: str):
        """The scalar function op_<name>."""
        args = [f"{'uint8_t' if b == 'b' else c_type(suffix)} {a.name}" for a, b in zip(self.operands, self.letters)]
        args = ["int64_t index"] if self.indexed or not args else args
        args.append(f"const k_{SKELETON.get(suffix, suffix)}_t *k")
        result = "uint8_t" if self.op.out_dtypes[0] == "bool" else c_type(suffix)
        yield f"INLINE {result} op_{name}({', '.join(args)})\n{{"
        for a in self.params:
            if uses(a.name, text):
                yield f"    const {c_type(suffix) if PARAMS[a.kind][1] == 'v' else 'int64_t'} {a.name} = k->{self.slot(a)};"
        yield f"    return {typed(text, suffix)};\n}}"

    def slot(self, param) -> str:
        """Where k holds it."""
        member = PARAMS[param.kind][1]
        return f"{member}[{[a for a in self.params if PARAMS[a.kind][1] == member].index(param)}]"

    def loop(self, name: str, suffix: str, text: str):
        """The scalar function and the loop around it; several where the formula asks for a choice that is the same for
        all elements, `approximate == 1 ? … : …`."""
        s = SKELETON.get(suffix, suffix)
        kind = "test" if self.op.out_dtypes[0] == "bool" else "loop"
        skeleton = f"{kind}_{''.join(self.letters) or 'index'}_{s}"
        head = f"static void {name}_loop(const torsh__cpu_loop_t *l)\n{{"
        cases = []
        while m := re.fullmatch(r"(\w+) == (\d+) \? ([^?:]+) : (.+)", text):
            choice = next((a for a in self.params if a.name == m[1] and a.kind in ("enum", "bool")), None)
            if not choice:
                break
            yield from self.function(f"{name}_{m[2]}", suffix, m[3])
            cases.append(f"    if (((const k_{s}_t *)l->k)->{self.slot(choice)} == {m[2]}) {{\n        {skeleton}(l, op_{name}_{m[2]});\n"
                         "        return;\n    }\n")
            text = m[4]
        rest = name + "_else" * bool(cases)
        yield from self.function(rest, suffix, text)
        yield f"{head}\n{''.join(cases)}    {skeleton}(l, op_{rest});\n}}"

    def check(self, suffix: str, text: str) -> str:
        """Integers must not be divided by 0, nor raised to negative numbers."""
        if suffix not in ("i64", "i32", "u8"):
            return ""
        names = [a.name for a in self.operands]
        for pattern, check in ((DIVISIONS, "DIVISOR"), ("t_pow", "EXPONENT")):
            if m := re.search(rf"\b(?:{pattern})\(\s*\w+\s*,\s*(\w+)\s*\)", text):
                if m[1] not in names:
                    self.fail(f"the second argument of {m[0]} must be an operand")
                return f", .check = TORSH__CPU_{check}, .checked = {names.index(m[1])}"
        return ""

    def descriptor(self, name: str, loop: str, suffix: str, text: str):
        result = self.op.out_dtypes[0]
        members = [f".loop = {loop}_loop", f".type = TORSH_{suffix.upper()}",
                   f".result = TORSH_{(suffix if result == 'compute' else result).upper()}", f".n_in = {len(self.operands)}"]
        if self.operands:
            at = [self.op.tensors.index(a) for a in self.operands]
            dtypes = ["TORSH_BOOL" if b == "b" else f"TORSH_{suffix.upper()}" for b in self.letters]
            members += [f".at = {{{', '.join(map(str, at))}}}", f".in = {{{', '.join(dtypes)}}}"]
        if self.params:
            members += [f".params = {self.op.ident}_params", f".n_params = {len(self.params)}"]
        return f"static const torsh__cpu_pointwise_t {name}_op = {{{', '.join(members)}{self.check(suffix, text)}}};"

    def run(self, name: str, suffix: str):
        """The kernel function. `when.exponent = {"2" = "self * self"}`: other formulas where that operand is that number."""
        rows = []
        for operand, cases in self.op.entry.get("when", {}).items():
            if operand not in [a.name for a in self.operands]:
                self.fail(f"when.{operand}: not an operand")
            for i, (number, text) in enumerate(cases.items()):
                if suffix in ("f32", "f64") or re.fullmatch(r"\d+", number):
                    case = Pointwise(self.op)
                    at = [a.name for a in case.operands].index(operand)
                    del case.operands[at], case.letters[at]
                    yield from case.loop(f"{name}_when{i}", suffix, text)
                    yield case.descriptor(f"{name}_when{i}", f"{name}_when{i}", suffix, text)
                    rows.append(f"{{{number}, &{name}_when{i}_op}}")
            at = [a.name for a in self.op.tensors].index(operand)
        if not rows:
            yield run_function(name, f"CPU_NAME(torsh__cpu_pointwise)(call, &{name}_op)")
            return
        yield f"static const torsh__cpu_when_t {name}_when[] = {{{', '.join(rows)}}};"
        yield run_function(name, f"CPU_NAME(torsh__cpu_pointwise_when)(call, &{name}_op, {at}, {name}_when, {len(rows)})")

    def lines(self):
        """Yields C, returns {dtype: kernel function}."""
        op, runs, texts = self.op, {}, {}
        if (at := self.copied()) is not None:
            yield run_function(op.ident, f"CPU_NAME(torsh__cpu_copy)(call, {at})")
            return {d: op.ident for d in op.dtypes}
        if set(op.exprs.values()) == {"0"} and op.out_dtypes[0] != "bool":
            yield run_function(op.ident, "CPU_NAME(torsh__cpu_zero)(call)")
            return {d: op.ident for d in op.dtypes}
        if self.params:
            fields = [f"{{TORSH__CPU_{PARAMS[a.kind][0]}, offsetof({op.params_type}, {a.name})}}" for a in self.params]
            yield f"static const torsh__cpu_param_t {op.ident}_params[] = {{{', '.join(fields)}}};"
        for dtype in op.dtypes:
            suffix = TYPES[dtype][0]
            suffix = WIDE.get(suffix, suffix) if self.indexed else suffix
            text = op.expr_for(dtype)
            if text is None:
                self.fail(f"no formula for {dtype}")
            name = f"{op.ident}_{suffix}"
            if suffix not in texts:
                loop = f"{op.ident}_u8" if suffix == "bool" and texts.get("u8") == text else name
                if loop == name:
                    yield from self.loop(name, suffix, text)
                yield self.descriptor(name, loop, suffix, text)
                yield from self.run(name, suffix)
                texts[suffix] = text
            runs[dtype] = name
        return runs


def run_function(name: str, call: str) -> str:
    return f"static torsh_status_t {name}_run(const torsh_call_t *call)\n{{\n    return {call};\n}}\n"


class Reduction:
    """One entry with reduce = {combine, map, identity, empty}."""

    KEYS = {"combine", "map", "identity", "empty"}

    def __init__(self, op: Op):
        self.op, self.r = op, op.entry["reduce"]
        if set(self.r) - self.KEYS or "combine" not in self.r:
            self.fail("takes combine, map, identity, empty")
        if ("identity" in self.r) == (self.r.get("empty") == "error"):
            self.fail("either has an identity, or empty = \"error\"")

    def fail(self, message: str):
        die(self.op.where, f"[{self.op.key}] reduce: {message}")

    def combine(self, name: str, suffix: str, text: str):
        t, s = c_type(suffix), SKELETON.get(suffix, suffix)
        yield f"INLINE {t} op_{name}({t} a, {t} b)\n{{\n    return {typed(text, suffix)};\n}}"
        for loop, first, far in (("rows", "results", ", bool far"), ("into", "acc", "")):
            yield (f"static void {name}_{loop}(void *{first}, const void *a, int64_t rows, int64_t stride, int64_t n{far})\n{{\n"
                   f"    reduce_{loop}_{s}({first}, a, rows, stride, n{far.replace('bool ', '')}, op_{name});\n}}")

    def map(self, name: str, suffix: str, acc: str, text: str):
        s = SKELETON.get(suffix, suffix)
        yield f"INLINE {c_type(acc)} op_{name}({c_type(suffix)} self, const k_{s}_t *k)\n{{\n    return {typed(text, suffix)};\n}}"
        kind = "test" if acc == "bool" else "loop"
        yield f"static void {name}_loop(const torsh__cpu_loop_t *l)\n{{\n    {kind}_t_{s}(l, op_{name});\n}}"

    def lines(self):
        op, runs, combines, maps = self.op, {}, {}, {}
        for dtype in op.dtypes:
            suffix = TYPES[dtype][0]
            acc = "bool" if op.out_dtypes[0].startswith("bool") else suffix  # its bytes are uint8's
            text, mapped = for_dtype(self.r["combine"], dtype), for_dtype(self.r.get("map"), dtype)
            if text is None:
                self.fail(f"no formula for {dtype}")
            name = f"{op.ident}_{suffix}"
            runs[dtype] = name
            if maps.get(suffix):
                continue
            loop = f"{op.ident}_u8" if acc == "bool" and combines.get("u8") == text else f"{op.ident}_{acc}"
            if loop == f"{op.ident}_{acc}" and acc not in combines:
                yield from self.combine(loop, acc, text)
            combines[acc] = text
            maps[suffix] = True
            if mapped:
                yield from self.map(f"{name}_map", suffix, acc, mapped)
            members = [f".rows = {loop}_rows", f".into = {loop}_into", f".type = TORSH_{suffix.upper()}", f".acc = TORSH_{acc.upper()}"]
            if mapped:
                members.append(f".map = {name}_map_loop")
            if "identity" in self.r:
                members.append(f".has_identity = 1, .identity = {identity(for_dtype(self.r['identity'], dtype))}")
            yield f"static const torsh__cpu_reduce_t {name}_op = {{{', '.join(members)}}};"
            yield run_function(name, f"CPU_NAME(torsh__cpu_reduce)(call, &{name}_op)")
        return runs


def identity(text: str) -> str:
    if re.fullmatch(r"-?\d+", text):
        return f"{{.kind = TORSH_SCALAR_INT, .v.i = {text}}}"
    return f"{{.kind = TORSH_SCALAR_FLOAT, .v.f = {text}}}"


def wanted(op: Op) -> bool:
    return op.kind in ("pointwise", "reduction")


def source(family: str, ops: list[Op]):
    """<family>_cpu.c, compiled once per instruction set."""
    yield SPDX + NOTE + f'#include <torsh/ops/{family}_params.h>\n\n#include "loops.h"\n'
    yield '#pragma GCC diagnostic ignored "-Wunused-parameter" /* k, and an operand that a formula does not need */'
    yield '#pragma GCC diagnostic ignored "-Wtype-limits" /* one formula for all types */'
    yield '#pragma GCC diagnostic ignored "-Wtautological-compare"\n'
    rows = []
    for op in ops:
        yield from_(op)
        runs = yield from (Pointwise(op) if op.kind == "pointwise" else Reduction(op)).lines()
        flags = ROW_FLAGS + (" | TORSH_OVERWRITES" if op.kind == "pointwise" else "")
        rows += [f"    {{TORSH_OP_{op.ident.upper()}, TORSH_{d.upper()}, {flags}, {name}_run}}," for d, name in runs.items()]
    yield "static const torsh_kernel_t kernels[] = {"
    yield from rows
    yield "};\n"
    yield f"const torsh__cpu_list_t CPU_NAME(torsh__cpu_{family}_ops) = {{kernels, sizeof kernels / sizeof *kernels}};"


def families_header(families: list[str]):
    """The families that have such a file: X(family) for each."""
    yield SPDX + NOTE + "#ifndef TORSH_CPU_FAMILIES_H\n#define TORSH_CPU_FAMILIES_H\n"
    yield "#define TORSH__CPU_FAMILIES(X) " + " ".join(f"X({f})" for f in families) + "\n\n#endif"
