# SPDX-License-Identifier: MIT OR Apache-2.0
"""opgen gen OUTDIR: writes all that follows from ops/*.toml.   opgen show NAME: an entry and all that comes from it.
opgen ruby OUTDIR, opgen java OUTDIR: the same for these languages.   opgen docs: prints docs/operators.md."""
from __future__ import annotations

import pathlib
import re
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import emit_calls  # noqa: E402
import emit_cpu  # noqa: E402
import emit_docs  # noqa: E402
import emit_grad  # noqa: E402
import emit_java  # noqa: E402
import emit_ops  # noqa: E402
import emit_python  # noqa: E402
import emit_ruby  # noqa: E402
import emit_vulkan  # noqa: E402
from table import load  # noqa: E402

OPS = pathlib.Path(__file__).absolute().parents[2] / "ops"


def outputs(ops):
    """file -> lines"""
    families = sorted({op.family for op in ops})
    out = {
        "torsh/ops.h": emit_ops.public_header(ops),
        "torsh/impl/ops.h": emit_ops.impl_header(families, ops),
        "op_names.c": emit_ops.names_source(ops),
        "op_calls.h": emit_calls.header(ops),
        "vjp_table.c": emit_grad.table_source(ops),
        "python_ops.h": emit_python.header(ops),
        "python_ops.c": emit_python.source(ops),
        **emit_python.stubs(ops),
        **emit_vulkan.outputs(ops),
    }
    for f in families:
        mine = [op for op in ops if op.family == f]
        out[f"torsh/ops/{f}_params.h"] = emit_ops.params_header(f, mine)
        out[f"{f}_ops.c"] = emit_ops.source(f, mine)
        out[f"{f}_vjp.c"] = emit_grad.source(f, mine, ops)
    kernels = {f: [op for op in ops if op.family == f and emit_cpu.wanted(op)] for f in families}
    kernels = {f: mine for f, mine in kernels.items() if mine}
    out["cpu_families.h"] = emit_cpu.families_header(list(kernels))
    for f, mine in kernels.items():
        out[f"{f}_cpu.c"] = emit_cpu.source(f, mine)
    return out


def write(folder: str, files) -> None:
    for name, lines in files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "\n".join(lines) + "\n"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def main() -> None:
    match sys.argv[1:]:
        case ["gen", folder]:
            write(folder, outputs(load(OPS)))
        case ["ruby", folder]:
            write(folder, emit_ruby.files(load(OPS), OPS.parent))
        case ["java", folder]:
            write(folder, emit_java.outputs(load(OPS)))
        case ["show", name]:
            ops = load(OPS)
            wanted = [op for op in ops if name in (op.key, op.schema.name, op.c, op.ident)]
            if not wanted:
                sys.exit(f"no operator '{name}' in {OPS}")
            files = {**outputs(ops), **emit_ruby.files(ops, OPS.parent), **emit_java.outputs(ops)}
            files = {n: "\n".join(lines) for n, lines in files.items()}
            for op in wanted:
                text = (OPS / (op.family + ".toml")).read_text()
                print(re.search(rf'^\["{re.escape(op.key)}"\].*?(?=^\[|\Z)', text, re.M | re.S)[0])
                for n, body in files.items():
                    for block in re.split(r"\n(?=[^\s}])", body):
                        if re.search(rf"\b(torsh__)?(op_)?{op.ident}(_|\b)|\btorsh_{op.c}_?(_with_error)?\(", block):
                            print(f"-- {n}\n{block.rstrip()}\n")
        case ["docs"]:
            print("\n".join(emit_docs.page(load(OPS))))
        case _:
            sys.exit(__doc__)


signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # ./dev op add | head
main()
