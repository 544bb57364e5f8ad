# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ruby from the table and the headers: what each function of the library takes, each operator's overloads as data for the
matcher of torsh-ffi/ruby/lib, and a method or function for each, which hands its arguments to the matcher."""
from __future__ import annotations

import pathlib
import re

import headers
from emit_ops import public_header
from emit_python import python_families
from signatures import Param, Signature
from table import Op

# arguments of Python that tell overloads apart, such as as_tuple=True
FLAGS = ("true", "false")

HEAD = ["# frozen_string_literal: true", "# SPDX-License-Identifier: MIT OR Apache-2.0",
        "# Generated from ops/*.toml and the public headers by tools/opgen; not committed, do not edit.", ""]
HEADERS = ["torsh-core/include/torsh/core.h", "torsh-tensor/include/torsh/tensor.h", "torsh-autograd/include/torsh/autograd.h",
           "torsh-io/include/torsh/io.h", "torsh-nn/include/torsh/nn.h", "torsh-optim/include/torsh/optim.h",
           "torsh-ffi/include/torsh.h"]

# kind -> what messages and documentation call it
KIND = {
    "tensor": "Tensor", "tensor_opt": "Tensor", "tensor_list": "Array of Tensors", "number": "Numeric", "scalar": "Numeric",
    "scalar_opt": "Numeric", "int": "Integer", "int_opt": "Integer", "float": "Float", "float_opt": "Float", "bool": "true or false",
    "bool_opt": "true or false", "dims": "Array of Integers", "dims_opt": "Array of Integers", "dtype": "dtype", "layout": "layout",
    "memory_format": "memory format", "device": "device", "enum": "String", "enum_opt": "String", "true": "true", "false": "false", "generator": "Generator", "out": "Tensor",
    "out_list": "Array of Tensors",
}

# ---- the library's functions -----------------------------------------------------------------------------------

# a handle of ours travels as its address; what Ruby packs into a string, or a buffer, as a pointer
HANDLES = {f"torsh_{n}_t *" for n in ("tensor", "tensor_list", "error", "generator", "module", "state", "optimizer", "value", "node",
                                      "memory_pool", "saved")}
TYPES = {
    "void": "void", "int": "int", "bool": "bool", "int32_t": "int32", "int64_t": "int64", "uint32_t": "uint32",
    "uint64_t": "uint64", "size_t": "size_t", "double": "double", "torsh_status_t": "int", "torsh_dtype_t": "int",
    "torsh_scalar_t": "scalar", "torsh_device_t": "device", "torsh_print_options_t": "print_options", "const char *": "string",
}


# text with a length: may hold NULs
BYTES = {"torsh_value_string", "torsh_value_new_string"}


def ffi_type(c: str) -> str:
    if c in TYPES:
        return TYPES[c]
    if c.removeprefix("const ") in HANDLES:
        return "handle"
    if c.endswith("*") or c in ("function", "torsh_forward_t", "torsh_tensor_hook_t"):
        return "pointer"
    raise ValueError(f"emit_ruby: no FFI type for '{c}'")


def native(ops: list[Op], root: pathlib.Path):
    texts = [(root / path).read_text() for path in HEADERS]
    functions = [f for text in texts for f in headers.functions(text)]
    functions += headers.functions("\n".join(public_header(ops)))
    constants = {name: value for text in texts for name, value in headers.constants(text).items()}
    yield from HEAD
    version = re.search(r'VERSION = "(.*)"', (root / "tools/version.bzl").read_text())[1]
    yield f'module ToRSh\n  VERSION = "{version}"\n'
    yield "  module Native"
    yield "    # name: result, then parameters"
    yield "    FUNCTIONS = {"
    for f in functions:
        types = " ".join([ffi_type(f.returns), *(ffi_type(p.type) for p in f.params)])
        if f.name in BYTES:
            types = types.replace("string", "pointer")
        yield f'      {f.name}: "{types}",'
    yield "    }.freeze\n"
    for name, value in constants.items():
        yield f"    {name.removeprefix('TORSH_')} = {value}"
    yield "\n    STATUSES = {"
    for name, value in headers.x_list(texts[0], "TORSH_STATUS_LIST"):
        yield f"      {name.lower()}: {value},"
    yield "    }.freeze\n\n    DTYPES = {"
    for _, value, _, name in headers.x_list(texts[0], "TORSH_DTYPE_LIST"):
        yield f"      {name.strip(chr(34))}: {value},"
    yield "    }.freeze\n  end\nend"


# ---- operators ---------------------------------------------------------------------------------------------------

def ruby_value(p: Param) -> str:
    """A schema's default, as the matcher takes it."""
    named = {"None": "nil", "True": "true", "False": "false", "long": ":int64", "Mean": "1",
             "contiguous_format": ":contiguous_format"}
    if p.default.startswith("'"):
        return '"' + p.default.strip("'") + '"'
    return named.get(p.default, p.default)


def entry(s: Signature):
    """One line an overload: C name, results (0: a list), parameters; whether out= is there, a flag that chooses it …"""
    op = s.op
    params = []
    for p in s.params:
        if p.slot >= len(op.args):
            continue  # out, requires_grad, the flag: the matcher's own
        flags = ([] if p.default is None else [f"default: {ruby_value(p)}"]) + ["keyword: true"] * p.kwonly
        flags += [f"fixed: {p.fixed}"] * bool(p.fixed) + ["number: true"] * p.number
        name = op.args[p.slot].name
        params.append(f"[:{name}, :{p.kind}{'_opt' * p.none}{', ' + ', '.join(flags) if flags else ''}]")
    n_out = 0 if op.schema.returns_list else op.n_out
    names = " ".join(r for r in op.schema.returns if not r.startswith("result")) if n_out > 1 else ""
    options = ["out: true"] * s.has_out + ["requires_grad: true"] * s.has_requires_grad
    options += [f"flag: [:{p.name}, {p.kind}]" for p in s.params if p.kind in FLAGS]
    options += [f'results: "{names}"'] * bool(names)
    return f'      {op.c}: [{n_out}, [{", ".join(params)}]{", " + ", ".join(options) if options else ""}],'


def overload_table(groups):
    yield from HEAD
    yield "module ToRSh\n  # What the matcher (operator.rb) knows of each overload."
    yield "  module Table\n    # C name: [results (0: a list), [[parameter, kind, …], …], …]\n    OVERLOADS = {"
    called = {s.op.c: s for group in groups.values() for named in group.values() for s in named}
    for s in called.values():
        whole = Signature(s.op, "", False)
        whole.params += [p for p in s.params if p.kind in FLAGS]
        yield entry(whole)
    yield "    }.freeze\n\n    # name: C names, as they are tried\n    NAMES = {"
    for where, group in groups.items():
        yield f"      {where}: {{"
        for name, overloads in group.items():
            yield f'        {name}: %i[{" ".join(s.op.c + s.suffix for s in overloads)}],'
        yield "      },"
    yield "    }.freeze\n  end\nend"


def shown(s: Signature) -> str:
    """relu(Tensor input), sum(Array of Integers dim, keepdim: false)"""
    out = []
    for p in s.params:
        default = "" if p.default is None else ruby_value(p)
        if p.kwonly:
            out.append(f"{p.name}: {default or KIND[p.kind]}")
        else:
            out.append(f"{KIND[p.kind]} {p.name}" + (f" = {default}" if default else ""))
    return "(" + ", ".join(out) + ")"


def methods(where: str, module: str, doc: str, group: dict[str, list[Signature]], receiver: str):
    yield from HEAD
    yield f"module ToRSh\n  # {doc}\n  module {module}"
    yield f"    OPERATORS = Operator.table(:{where})\n    private_constant :OPERATORS"
    for name, overloads in group.items():
        yield ""
        for s in overloads:
            yield f"    # {name}{shown(s)}"
        for text in dict.fromkeys(s.op.doc for s in overloads):
            yield f"    # {text}"
        yield f"    def {name}(*args, **named) = OPERATORS[:{name}].call({receiver}, args, named)"
    yield "  end\nend"


def files(ops: list[Op], root: pathlib.Path) -> dict[str, list[str]]:
    groups = python_families(ops)
    parts = {
        "functions.rb": ("torch", "Functions", "PyTorch's functions of the package: ToRSh.zeros(2, 3), ToRSh.exp(t).", "nil"),
        "nn_functions.rb": ("nn", "NNFunctions", "Operators under torch.nn.functional.", "nil"),
        "tensor_methods.rb": ("method", "TensorMethods", "Operators that are methods of a tensor.", "self"),
    }
    out = {"native_functions.rb": list(native(ops, root)), "overloads.rb": list(overload_table(groups))}
    for file, (where, module, doc, receiver) in parts.items():
        out[file] = list(methods(where, module, doc, groups[where], receiver))
    return out
