# SPDX-License-Identifier: MIT OR Apache-2.0
"""How each kind of schema argument is written in C: in the ABI, inside (scopes, composites), and in a params struct."""
from __future__ import annotations

from schema import Arg, SchemaError

# kind -> (ABI declaration, inner declaration, params field); {n} is the argument's name
C = {
    "tensor": ("const torsh_tensor_t *{n}", "const torsh_tensor_t *{n}", None),
    "tensor_opt": ("const torsh_tensor_t *{n}", "const torsh_tensor_t *{n}", None),
    "tensor_list": ("const torsh_tensor_t *const *{n}, int n_{n}", "const torsh_tensor_t *const *{n}, int n_{n}", "int32_t n_{n};"),
    "number": ("torsh_scalar_t {n}", "torsh_scalar_t {n}", None),
    "scalar": ("torsh_scalar_t {n}", "torsh_scalar_t {n}", "torsh_scalar_t {n};"),
    "scalar_opt": ("const torsh_scalar_t *{n}", "torsh_scalar_t {n}", "torsh_scalar_t {n};"),
    "int": ("int64_t {n}", "int64_t {n}", "int64_t {n};"),
    "int_opt": ("const int64_t *{n}", "torsh_opt_int_t {n}", "torsh_opt_int_t {n};"),
    "float": ("double {n}", "double {n}", "double {n};"),
    "float_opt": ("const double *{n}", "torsh_opt_float_t {n}", "torsh_opt_float_t {n};"),
    "bool": ("int {n}", "int {n}", "int32_t {n};"),
    "bool_opt": ("const int *{n}", "torsh_opt_int_t {n}", "torsh_opt_int_t {n};"),
    "dims": ("const int64_t *{n}, int n_{n}", "torsh_dims_t {n}", "torsh_dims_t {n};"),
    "dims_opt": ("const int64_t *{n}, int n_{n}", "torsh_dims_t {n}", "torsh_dims_t {n};"),
    "dtype": ("torsh_dtype_t {n}", "torsh_dtype_t {n}", "torsh_dtype_t {n};"),
    "layout": ("int {n}", "int {n}", "int32_t {n};"),
    "memory_format": ("int {n}", "int {n}", "int32_t {n};"),
    "device": ("torsh_device_t {n}", "torsh_device_t {n}", "torsh_device_t {n};"),
    "enum": ("const char *{n}", "int {n}", "int32_t {n};"),
    "generator": ("torsh_generator_t *{n}", "torsh_generator_t *{n}", "torsh_generator_t *{n};"),
}

LAYOUTS = {"strided": 0}
MEMORY_FORMATS = {"contiguous_format": 0, "preserve_format": 1, "channels_last": 2}


def abi(a: Arg) -> str:
    return C[a.kind][0].format(n=a.name)


def inner(a: Arg) -> str:
    return C[a.kind][1].format(n=a.name)


def field(a: Arg) -> str | None:
    f = C[a.kind][2]
    return f and f.format(n=a.name)


def pack(a: Arg) -> str:
    """ABI argument -> value of the params field."""
    n = a.name
    match a.kind:
        case "scalar_opt":
            return f"{n} ? *{n} : (torsh_scalar_t){{0}}"
        case "int_opt" | "bool_opt":
            return f"{n} ? (torsh_opt_int_t){{*{n}, 1}} : (torsh_opt_int_t){{0, 0}}"
        case "float_opt":
            return f"{n} ? (torsh_opt_float_t){{*{n}, 1}} : (torsh_opt_float_t){{0, 0}}"
        case "dims":
            return f"{{{n}, n_{n}, 1}}"
        case "dims_opt":
            return f"{{{n}, n_{n}, {n} != NULL}}"
        case "bool":
            return f"!!{n}"
        case "tensor_list":
            return f"n_{n}"
        case _:
            return n


def scalar_literal(text: str) -> str:
    if text in ("True", "False"):
        return f"torsh_scalar_b({int(text == 'True')})"
    return f"torsh_scalar_{'f' if any(c in text for c in '.e') else 'i'}({text})"


def abi_default(a: Arg) -> str:
    """The schema's default, as ABI arguments."""
    d = a.default
    match a.kind:
        case "dims" | "dims_opt":
            if d in ("None", "[]"):
                return "NULL, 0"
            values = d[1:-1] if d.startswith("[") else d
            n = values.count(",") + 1
            return f"(const int64_t[]){{{values}}}, {n}"
        case "dtype":
            return {"None": "TORSH_DTYPE_NONE", "long": "TORSH_I64"}[d]
        case "device":
            return "(torsh_device_t){-1, -1}"
        case "layout":
            return "-1" if d == "None" else str(LAYOUTS[d])
        case "memory_format":
            return "-1" if d == "None" else str(MEMORY_FORMATS[d])
        case "scalar" | "number":
            return scalar_literal(d)
        case "bool":
            return "1" if d == "True" else "0"
        case "enum" if d != "None":
            return '"' + d.strip("'\"") + '"'
        case "int" | "float":
            return {"Mean": "1", "inf": "(1.0 / 0.0)"}.get(d, d)
        case _ if d == "None":
            return "NULL"
        case "int_opt":
            return f"(const int64_t[]){{{d}}}"
        case "scalar_opt":
            return f"(const torsh_scalar_t[]){{{scalar_literal(d)}}}"
    raise SchemaError(f"no C default for {a.type} {a.name}={d}")


def inner_default(a: Arg) -> str:
    """The schema's default, as an inner argument."""
    d = a.default
    match a.kind:
        case "dims" | "dims_opt":
            if d == "None":
                return "(torsh_dims_t){NULL, 0, 0}"
            if d == "[]":
                return "(torsh_dims_t){NULL, 0, 1}"
            values = d[1:-1] if d.startswith("[") else d
            return f"(torsh_dims_t){{(const int64_t[]){{{values}}}, {values.count(',') + 1}, 1}}"
        case "int_opt" | "bool_opt":
            return "(torsh_opt_int_t){0, 0}" if d == "None" else f"(torsh_opt_int_t){{{int(d == 'True') if d in ('True', 'False') else d}, 1}}"
        case "float_opt":
            return "(torsh_opt_float_t){0, 0}" if d == "None" else f"(torsh_opt_float_t){{{d}, 1}}"
        case "scalar_opt":
            return "(torsh_scalar_t){0}" if d == "None" else scalar_literal(d)
        case "enum":
            return str(a.choices.index("" if d == "None" else d.strip("'\"")))
        case _:
            return abi_default(a)
