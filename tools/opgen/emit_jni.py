# SPDX-License-Identifier: MIT OR Apache-2.0
"""JNI functions from the table and from the public headers: flat packers over the C ABI. What they share is written by hand in
torsh-ffi/java/jni."""
from __future__ import annotations

import pathlib
import re

from emit_ops import NOTE, SPDX, from_, modes
from headers import Function, read
from java_types import JNI, KINDS, Form, hidden_default, native_params, shown
from table import Op, entries


def forms(ops: list[Op]) -> list[Form]:
    public = [op for op in entries(ops) if not op.schema.name.startswith("_")]
    return [Form(op, suffix) for op in public for suffix, _ in modes(op)]


def symbol(cls: str, method: str) -> str:
    return f"Java_{cls.replace('.', '_')}_{method.replace('_', '_1')}"


def leave_if_failed(returns: str):
    if returns == "void":
        yield "    if (call.failed) {\n        torsh__end(&call);\n        return;\n    }"
    else:
        yield f"    if (call.failed)\n        return torsh__end(&call), {'NULL' if returns in ('jstring', 'jlongArray') else '0'};"


def operator(f: Form):
    op, params, setup, values, held = f.op, [], [], [], []
    for a in op.args:
        if not shown(a):
            values.append(hidden_default(a))
            continue
        kind = KINDS[a.kind]
        params += [f"{JNI[t]} {n}" for t, n in native_params(a, a.name)]
        values.append(kind.c.format(n=a.name))
        if kind.setup:
            setup.append(kind.setup.format(n=a.name))
        if kind.held and kind.native == ("long",):
            held.append(a.name)
    params += [f"jlong {o}" for o in f.outs]
    held += f.outs
    values += [f"TENSOR({o})" for o in f.outs]
    more = [] if f.suffix == "_out" else [f"&results[{i}]" for i in range(1, op.n_out)]
    returns = JNI[f.native_returns]
    yield from_(op)
    yield (f"JNIEXPORT {returns} JNICALL {symbol('org.torsh.OperatorsNative', f.java)}"
           f"({', '.join(['JNIEnv *env', 'jclass cls'] + params)})\n{{")
    yield f"    (void)cls;\n    torsh__call_t call = torsh__begin(env, \"{f.key}\", {' | '.join(held) or 0});"
    yield from ("    " + s for s in setup)
    yield from leave_if_failed(JNI[returns] if returns in JNI else returns)
    first = next((a.name for a in op.args if a.kind == "tensor"), None)
    like = f"TENSOR({first})" if first else "NULL"
    c = f"torsh_{f.c}_with_error({', '.join(values + more + ['&call.error'])})"
    match f.results:
        case "none":
            yield f"    torsh__finish(&call, {c});"
        case "one":
            yield f"    return torsh__result(&call, {c}, {like});"
        case "list":
            yield f"    return torsh__result_list(&call, {c}, {like});"
        case _:
            yield f"    torsh_tensor_t *results[{op.n_out}] = {{NULL}};\n    results[0] = {c};"
            yield f"    return torsh__results(&call, results, {op.n_out}, {like});"
    yield "}\n"


def operators(ops: list[Op]):
    yield SPDX + NOTE + '#include "call.h"\n\n#include <torsh.h>\n'
    for f in forms(ops):
        yield from operator(f)


# ---- functions of the headers ----------------------------------------------------------------------------

# header -> what Java's classes call of it, without torsh_; "" stands for all that can be generated
ABI = {
    "torsh-core/include/torsh/core.h": "get_num_threads set_num_threads get_default_dtype set_default_dtype promote_types "
    "manual_seed default_generator generator_new generator_manual_seed generator_initial_seed",
    "torsh-tensor/include/torsh/tensor.h": "tensor_ndim tensor_storage_offset tensor_numel tensor_dtype tensor_is_contiguous "
    "tensor_version tensor_data",
    "torsh-autograd/include/torsh/autograd.h": "tensor_requires_grad tensor_set_requires_grad tensor_is_leaf tensor_grad "
    "tensor_set_grad tensor_retain_grad tensor_detach_ is_grad_enabled set_grad_enabled",
    "torsh-nn/include/torsh/nn.h": "",
    "torsh-optim/include/torsh/optim.h": "",
    "torsh-io/include/torsh/io.h": "state_new state_set state_get state_n state_name load save save_safetensors",
    "torsh-ffi/include/torsh.h": "init set_backend get_backend",
}
# results that stay the library's, and arguments that it takes over
LENT = {"torsh_tensor_grad", "torsh_module_tensor", "torsh_module_child", "torsh_state_get", "torsh_default_generator"}
TAKEN = {("torsh_sequential_add", "module"), ("torsh_module_add_module", "child")}
# written by hand, or Java's Handle
NOT_GENERATED = re.compile(r"torsh_\w+_(retain|release|free)$|torsh_(module|optimizer)_(parameters|buffers)$")


def chosen(root: pathlib.Path) -> list[Function]:
    out = []
    for path, names in ABI.items():
        functions = read(root / path)
        existing = {f.name for f in functions}
        for f in functions:
            wanted = abi_java(f) in names.split() if names else not NOT_GENERATED.match(f.name)
            if wanted and f.name + "_with_error" not in existing and abi_params(f) is not None and abi_returns(f):
                out.append(f)
    return out


HANDLES = {"tensor", "module", "optimizer", "generator", "state"}
SIMPLE = {"int64_t": "long", "int": "int", "bool": "boolean", "double": "double", "uint32_t": "int", "uint64_t": "long", "torsh_dtype_t": "int"}


def handle(c_type: str) -> str | None:
    name = c_type.replace("const ", "").removesuffix(" *").removeprefix("torsh_").removesuffix("_t")
    return name if name in HANDLES and c_type.endswith("_t *") else None


def abi_params(f: Function) -> list[tuple[str, str, str, str]] | None:
    """(Java type, name, C value, C setup) of each parameter of the native method; None: not of a kind that can be generated."""
    out, params, i = [], f.params, 0
    while i < len(params):
        p, n = params[i], params[i].name
        count = i + 1 < len(params) and params[i + 1].type == "int" and params[i + 1].name in ("n_" + n, "n")
        bare = p.type.replace("const ", "").replace(" ", "")
        if p.type == "torsh_error_t **":
            out.append(("", "", "&call.error", ""))
        elif handle(p.type):
            value = f"(void *)(intptr_t){n}"
            out.append(("long", n, f"torsh_module_retain({value})" if (f.name, n) in TAKEN else value, ""))
        elif p.type in SIMPLE:
            out.append((SIMPLE[p.type], n, f"({p.type}){n}" if p.type == "torsh_dtype_t" else n, ""))
        elif p.type == "torsh_device_t":
            out += [("int", n + "_kind", f"(torsh_device_t){{{n}_kind, {n}}}", ""), ("int", n, "", "")]
        elif p.type == "const char *":
            out.append(("String", n, n + "_", f'const char *{n}_ = torsh__text(&call, "{n}", {n});'))
        elif bare == "int64_t*":  # with a count, or an optional number
            value = f"{n}_.v, {n}_.n" if count else f"{n}_.v"
            out.append(("long[]", n, value, f'const torsh__longs_t {n}_ = torsh__longs(&call, "{n}", {n}, {str(count).lower()});'))
            i += count
        elif p.type.endswith("torsh_tensor_t *const *") and count:
            out.append(("long[]", n, f"(torsh_tensor_t *const *){n}_.v, {n}_.n",
                        f'const torsh__tensors_t {n}_ = torsh__tensors(&call, "{n}", {n});'))
            i += 1
        elif p.type == "const double *":  # an optional number
            out += [("boolean", n + "_given", f"{n}_given ? &{n}_ : NULL", f"const double {n}_ = {n};"), ("double", n, "", "")]
        else:
            return None
        i += 1
    return out


def abi_returns(f: Function) -> str | None:
    if f.returns in ("torsh_status_t", "void"):
        return "void"
    if handle(f.returns):
        return "long"
    return "String" if f.returns == "const char *" else SIMPLE.get(f.returns)


def abi_java(f: Function) -> str:
    return f.name.removeprefix("torsh_").removesuffix("_with_error")


def abi_function(f: Function):
    params, returns = abi_params(f), abi_returns(f)
    named = [p for p in params if p[0]]
    held = [n for t, n, value, _ in named if "intptr_t" in value]
    signature = ["JNIEnv *env", "jclass cls"] + [f"{JNI[t]} {n}" for t, n, _, _ in named]
    yield f"JNIEXPORT {JNI[returns]} JNICALL {symbol('org.torsh.internal.Native', abi_java(f))}({', '.join(signature)})\n{{"
    yield f"    (void)cls;\n    torsh__call_t call = torsh__begin(env, \"{abi_java(f)}\", {' | '.join(held) or 0});"
    yield from ("    " + s for _, _, _, s in params if s)
    yield from leave_if_failed(JNI[returns] if returns in JNI else returns)
    c = f"{f.name}({', '.join(v for _, _, v, _ in params if v)})"
    if f.returns == "torsh_status_t":
        yield f"    torsh__done(&call, {c});"
    elif f.returns == "void":
        yield f"    {c};\n    torsh__done(&call, TORSH_OK);"
    elif handle(f.returns) == "tensor":
        like = next((f"TENSOR({p.name})" for p in f.params if handle(p.type) == "tensor"), "NULL")
        yield f"    return torsh__{'lent_tensor(&call, ' + c if f.name in LENT else 'result(&call, ' + c + ', ' + like});"
    elif handle(f.returns):
        retained = f"torsh_{handle(f.returns)}_retain({c})" if f.name in LENT else c
        yield f"    return torsh__handle(&call, {retained});"
    elif returns == "String":
        yield f"    return torsh__string(&call, {c});"
    else:
        yield f"    const {JNI[returns]} value = ({JNI[returns]}){c};\n    return torsh__done(&call, TORSH_OK), value;"
    yield "}\n"


def abi(functions: list[Function]):
    yield SPDX + NOTE + '#include "call.h"\n\n#include <torsh.h>\n'
    for f in functions:
        yield from abi_function(f)
