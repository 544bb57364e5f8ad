# SPDX-License-Identifier: MIT OR Apache-2.0
"""C from the table: params structs, records, entry functions, scope functions. Data and packers, never logic."""
from __future__ import annotations

import ctypes_of as ct
from table import Op, entries, scalar_overloads

NOTE = "/* Generated from the table in ops/ by tools/opgen; not committed, do not edit. */\n"
SPDX = "/* SPDX-License-Identifier: MIT OR Apache-2.0 */\n"
KIND = {"pointwise": "TORSH__POINTWISE", "reduction": "TORSH__REDUCTION", "view": "TORSH__VIEW", "kernel": "TORSH__KERNEL",
        "composite": "TORSH__COMPOSITE", "fused": "TORSH__FUSED"}
SPECIAL = {"compute": "TORSH__COMPUTE", "as_is": "TORSH__AS_IS", "index": "TORSH__INDEX", "bool_or_u8": "TORSH__BOOL_OR_U8"}


def from_(op: Op) -> str:
    return f"/* {op.where[0]}:{op.where[1]} {op.key} */"


# ---- params ----------------------------------------------------------------------------------------

def params_header(family: str, ops: list[Op]):
    yield SPDX + NOTE + f"#ifndef TORSH_OPS_{family.upper()}_PARAMS_H\n#define TORSH_OPS_{family.upper()}_PARAMS_H\n"
    yield "#include <torsh/backend.h>\n"
    for op in ops:
        yield f'#define TORSH_OP_{op.ident.upper()} "{op.key}", "{op.schema.text.replace(chr(34), chr(39))}"'
        fields = [f for a in op.params if (f := ct.field(a))]
        yield f"typedef struct {op.params_type[:-2]} {{"
        yield "    " + (" ".join(fields) or "char none;")
        yield f"}} {op.params_type}; {from_(op)}\n"
    yield "#endif"


# ---- signatures ---------------------------------------------------------------------------------------

def modes(op: Op):
    """(suffix of the C name, mode)"""
    if op.schema.mutates_self:
        return [("_", "TORSH__INPLACE")]
    out = [("", "TORSH__NEW")]
    if "inplace" in op.variants:
        out.append(("_", "TORSH__INPLACE"))
    if "out" in op.variants:
        out.append(("_out", "TORSH__OUT"))
    return out


def short_args(op: Op):
    names = op.entry.get("short")
    return [a for a in op.args if (a.name in names if names else a.default is None)]


def result_type(op: Op) -> str:
    return "torsh_tensor_list_t *" if op.schema.returns_list else "torsh_tensor_t *"


def out_names(op: Op) -> list[str]:
    """Parameter names of results that go through pointers, distinct from the arguments'."""
    taken = {a.name for a in op.args}
    return [r + "_result" if r in taken else r for r in op.schema.returns]


def signature(op: Op, suffix: str, full: bool) -> str:
    args = [ct.abi(a) for a in (op.args if full else short_args(op))]
    if suffix == "_":
        args[0] = args[0].replace("const ", "", 1)
    if suffix == "_out":
        args += [f"torsh_tensor_t *out{i}" if op.n_out > 1 else "torsh_tensor_t *out" for i in range(op.n_out)]
    else:
        args += [f"torsh_tensor_t **{r}" for r in out_names(op)[1:]]
    if full:
        args.append("torsh_error_t **error")
    return f"{result_type(op)}torsh_{op.c}{suffix}{'_with_error' if full else ''}({', '.join(args) or 'void'})"


def public_header(ops: list[Op]):
    yield SPDX + NOTE + "/* The operators. torsh_<op> takes what is required; torsh_<op>_with_error takes every argument of the schema. */"
    yield "#ifndef TORSH_OPS_H\n#define TORSH_OPS_H\n#include <torsh/tensor.h>\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n"
    for op in entries(ops):
        if op.schema.name.startswith("_"):
            continue
        yield f"/* {op.schema.text}\n * {op.doc} */"
        for suffix, _ in modes(op):
            yield f"TORSH_API {signature(op, suffix, False)};"
            yield f"TORSH_API {signature(op, suffix, True)};"
        yield ""
    yield "#ifdef __cplusplus\n}\n#endif\n#endif"


# ---- records and entry functions --------------------------------------------------------------------------

ARG_TYPE = {"number": "TENSOR"}


def record(op: Op):
    r, p = op.record, op.params_type
    if op.args:
        yield f"static const torsh__arg_t {r}_args[] = {{"
        for a in op.args:
            off = f"offsetof({p}, {'n_' if a.kind == 'tensor_list' else ''}{a.name})" if ct.field(a) else "0"
            yield f'    {{"{a.name}", TORSH__ARG_{ARG_TYPE.get(a.kind, a.kind.upper())}, {off}}},'
        yield "};"
    if op.tensors:
        yield f"static const int8_t {r}_in[] = {{{', '.join(dtype_code(op.in_dtype(a)) for a in op.tensors)}}};"
    if op.n_out:
        yield f"static const int8_t {r}_out[] = {{{', '.join(dtype_code(d) for d in op.out_dtypes)}}};"
    if op.kind in ("composite", "fused"):
        yield from composite_packer(op)
    e = op.entry
    offset = lambda kind: next((f"offsetof({p}, {a.name})" for a in op.args if a.kind == kind), "-1")
    nondiff = 0 if op.grads or op.kind == "composite" else (1 << op.n_out) - 1
    if op.grads:
        for i, d in enumerate(op.out_dtypes):
            if d in ("i64", "bool", "bool_or_u8") or i in e.get("nondifferentiable", []):
                nondiff |= 1 << i
    rule = e.get("shape", "custom" if op.kind == "view" else None)
    infer = f"torsh__shape_{op.ident if rule == 'custom' else rule}" if rule not in (None, "none") and op.kind != "composite" else "NULL"
    flags = {"returns_list": op.schema.returns_list, "mutates_self": op.schema.mutates_self, "multi_view": e.get("multi_view"),
             "factory": op.factory, "random": any(a.kind == "generator" for a in op.args), "allocates": e.get("allocates"), "self_overlap": e.get("self_overlap"),
             "exact_out": e.get("exact_out") is True, "exact_with_numbers": e.get("exact_out") == "numbers",
             "takes_any": op.kind in ("pointwise", "kernel") and "as_is" in e.get("in", {}).values()}
    yield f"const torsh__op_t {r} = {{"
    yield f'    .name = "{op.key}",\n    .schema = "{op.schema.text.replace(chr(34), chr(39))}",'
    checked = sum(1 << i for i, a in enumerate(op.args) if a.kind in ("scalar", "scalar_opt", "dtype"))
    yield f"    .checked_args = {checked}, .id = {op.id}, .kind = {KIND[op.kind]}, .n_args = {len(op.args)}, .n_tensors = {len(op.tensors)}, .n_out = {op.n_out},"
    yield "    " + "".join(f".{k} = true, " for k, v in flags.items() if v) + f".nondifferentiable = {nondiff}, .dtypes = 0x{op.dtype_mask:x},"
    yield f"    .params_bytes = sizeof({p}), .dtype_arg = {offset('dtype')}, .device_arg = {offset('device')}, .generator_arg = {offset('generator')},"
    yield f"    .args = {r + '_args' if op.args else 'NULL'}, .in_dtype = {r + '_in' if op.tensors else 'NULL'}, .out_dtype = {r + '_out' if op.n_out else 'NULL'},"
    yield f"    .dtype = {'torsh__dtype_' + e['dtype'] if 'dtype' in e else 'NULL'}, .infer = {infer},"
    yield f"    .composite = {r + '_composite' if op.kind in ('composite', 'fused') else 'NULL'}}};\n"


def dtype_code(name: str) -> str:
    return SPECIAL.get(name) or f"TORSH_{name.upper()}"


def composite_signature(op: Op) -> str:
    args = ["torsh__scope_t *s"] + [ct.inner(a) for a in op.args] + [f"torsh_tensor_t **{r}" for r in out_names(op)[1:]]
    return f"{result_type(op)}torsh__composite_{op.ident}({', '.join(args)})"


def unpack(op: Op, tensor=lambda i: f"in[{i}]") -> list[str]:
    """Arguments of an inner call from in[] and p->…; lists of tensors take the slots that their count says."""
    out, slot, extra = [], 0, ""
    for a in op.args:
        if a.kind == "tensor_list":
            out += [f"in + {slot}{extra}", f"p->n_{a.name}"]
            extra += f" + p->n_{a.name}"
        elif a.is_tensor or a.kind == "number":
            out.append(tensor(f"{slot}{extra}"))
            slot += 1
        else:
            out.append(f"p->{a.name}")
    return out


def composite_packer(op: Op):
    args = ["s"] + unpack(op) + [f"&out[{i}]" for i in range(1, op.n_out)]
    yield f"static torsh_status_t {op.record}_composite(torsh__scope_t *s, const torsh_tensor_t *const *in, int n_in,\n    const void *params, torsh_tensor_t **out)\n{{"
    yield f"    const {op.params_type} *p = params;\n    (void)p, (void)in, (void)n_in;"
    call = f"torsh__composite_{op.ident}({', '.join(args)})"
    yield f"    out[0] = {'(torsh_tensor_t *)' if op.schema.returns_list else ''}{call};\n    return s->status;\n}}"


def pack_params(op: Op, how) -> str:
    values = [f".{'n_' if a.kind == 'tensor_list' else ''}{a.name} = {how(a)}" for a in op.args if ct.field(a)]
    return f"const {op.params_type} params = {{{', '.join(values) or '0'}}};"


def inner_value(a):
    return f"n_{a.name}" if a.kind == "tensor_list" else f"!!{a.name}" if a.kind == "bool" else a.name


def inputs(op: Op, fail: str) -> list[str]:
    """C lines that gather the tensors into `in`, n_in of them."""
    lines = []
    for a in op.args:
        if a.kind == "number":
            lines.append(f"torsh_tensor_t {a.name}_number;\n    torsh__number(&{a.name}_number, {a.name});")
    items = [a for a in op.args if a.is_tensor or a.kind == "number"]
    ref = lambda a: f"&{a.name}_number" if a.kind == "number" else a.name
    if not any(a.kind == "tensor_list" for a in items):
        lines.append(f"const torsh_tensor_t *in[] = {{{', '.join(ref(a) for a in items) or 'NULL'}}};\n    const int n_in = {len(items)};")
        return lines
    if len(items) == 1:
        a = items[0]
        return lines + [f"const torsh_tensor_t *const *in = {a.name};\n    const int n_in = n_{a.name};"]
    fixed = sum(a.kind != "tensor_list" for a in items)
    count = " + ".join([str(fixed)] + [f"n_{a.name}" for a in items if a.kind == "tensor_list"])
    lines.append(f"const int n_in = {count};\n    const torsh_tensor_t *in[n_in];\n    int at = 0;")
    for a in items:
        if a.kind == "tensor_list":
            lines.append(f"for (int i = 0; i < n_{a.name}; i++)\n        in[at++] = {a.name}[i];")
        else:
            lines.append(f"in[at++] = {ref(a)};")
    return lines


def entry_functions(op: Op):
    for suffix, mode in modes(op):
        short = short_args(op)
        call = []
        for a in op.args:
            if a not in short:
                call.append(ct.abi_default(a))
            else:
                call += [a.name, "n_" + a.name] if a.kind in ("dims", "dims_opt", "tensor_list") else [a.name]
        outs = ([f"out{i}" for i in range(op.n_out)] if op.n_out > 1 else ["out"]) if suffix == "_out" else out_names(op)[1:]
        yield f"{signature(op, suffix, False)}\n{{\n    return torsh_{op.c}{suffix}_with_error({', '.join(call + outs + ['NULL'])});\n}}\n"
        yield f"{signature(op, suffix, True)}\n{{"
        for a in op.args:
            if a.kind == "tensor_list":
                yield f"    if (!torsh__list_ok(&{op.record}, \"{a.name}\", {a.name}, n_{a.name}, error))\n        return NULL;"
            if a.kind in ("dims", "dims_opt"):
                yield f"    if (!torsh__dims_ok(&{op.record}, \"{a.name}\", {a.name}, n_{a.name}, error))\n        return NULL;"
            if a.kind == "enum":
                choices = ", ".join(f'"{c}"' if c else "NULL" for c in a.choices)
                yield f"    int {a.name}_choice;\n    if (!torsh__choice(&{op.record}, \"{a.name}\", {a.name}, (const char *const[]){{{choices}}}, {len(a.choices)}, &{a.name}_choice, error))\n        return NULL;"
        yield "    " + pack_params(op, lambda a: a.name + "_choice" if a.kind == "enum" else ct.pack(a))
        for line in inputs(op, "NULL"):
            yield "    " + line
        init = ", ".join(outs) if suffix == "_out" else "NULL"
        yield f"    torsh_tensor_t *results[{max(op.n_out, 1)}] = {{{init}}};"
        yield f"    if (!torsh__enter(&{op.record}, in, n_in, &params, results, {mode}, error))\n        return NULL;"
        if suffix == "_out":
            for i in range(1, op.n_out):
                yield f"    torsh_tensor_release(results[{i}]);"
        else:
            for i, r in enumerate(out_names(op)[1:], 1):
                yield f"    torsh__give({r}, results[{i}]);"
        cast = "(torsh_tensor_list_t *)" if op.schema.returns_list else ""
        yield f"    return {cast}results[0];\n}}\n"


def source(family: str, ops: list[Op]):
    yield SPDX + NOTE + f"#include <torsh/impl/ops.h>\n#include <torsh/ops.h>\n#include <torsh/ops/{family}_params.h>\n"
    for op in ops:
        yield from_(op)
        yield from record(op)
        for x in (op, *scalar_overloads(op)):
            if not x.schema.name.startswith("_"):
                yield from entry_functions(x)


# ---- for our other libraries -------------------------------------------------------------------------------

def scope_name(op: Op, suffix: str) -> str:
    return f"op_{op.c}{suffix}"


def scope_function(op: Op, suffix: str, mode: str):
    args = ["torsh__scope_t *s"] + [ct.inner(a) for a in op.args]
    if suffix == "_out" or op.schema.returns_list or not op.n_out:
        return
    args += [f"torsh_tensor_t **{r}" for r in out_names(op)[1:]]
    yield f"static inline {result_type(op)}{scope_name(op, suffix)}({', '.join(args)})\n{{"
    yield "    " + pack_params(op, inner_value)
    for line in inputs(op, ""):
        yield "    " + line
    extra = "NULL"
    if op.n_out > 1:
        yield f"    torsh_tensor_t **const extra[] = {{{', '.join(out_names(op)[1:])}}};"
        extra = "extra"
    yield f"    return torsh__scope_run(s, &{op.record}, in, n_in, &params, {extra}, {mode});\n}}\n"


def impl_header(families: list[str], ops: list[Op]):
    yield SPDX + NOTE + "#ifndef TORSH_IMPL_OPS_H\n#define TORSH_IMPL_OPS_H\n#include <torsh/impl/tensor.h>"
    for f in families:
        yield f"#include <torsh/ops/{f}_params.h>"
    yield "\n/* records */"
    for op in ops:
        yield f"extern TORSH_API const torsh__op_t {op.record};"
    yield "\n/* composites, written by hand in torsh-tensor/src */"
    for op in ops:
        if op.kind in ("composite", "fused"):
            yield f"{composite_signature(op)};"
    yield "\n/* shape and dtype rules, likewise */"
    rules = sorted({op.entry.get("shape", "custom") for op in ops if op.kind not in ("composite", "view")} - {"custom", "none"})
    for r in rules:
        yield f"torsh_status_t torsh__shape_{r}(const torsh__infer_t *x);"
    for op in ops:
        if op.kind != "composite" and op.entry.get("shape", "custom" if op.kind == "view" else "") == "custom":
            yield f"torsh_status_t torsh__shape_{op.ident}(const torsh__infer_t *x);"
    for r in sorted({op.entry["dtype"] for op in ops if "dtype" in op.entry}):
        yield f"torsh_status_t torsh__dtype_{r}(const torsh__infer_t *x, torsh_dtype_t *compute);"
    yield "\n/* operators inside a scope */"
    for op in entries(ops):
        for suffix, mode in modes(op):
            yield from scope_function(op, suffix, mode)
    yield "#endif"


def names_source(ops: list[Op]):
    yield SPDX + NOTE + "#include <torsh/impl/core.h>\n\nconst torsh__op_name_t torsh__op_names[] = {"
    for op in ops:
        yield f'    {{"{op.key}", "{op.schema.text.replace(chr(34), chr(39))}"}},'
    yield "};\nconst int torsh__n_ops = (int)(sizeof torsh__op_names / sizeof *torsh__op_names);"
