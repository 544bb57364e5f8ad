# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every cell of the operator table (overload × dtype × layout × variant) against PyTorch: cells/ has the parts.

What is not run or differs stands in uncovered.txt with its reason; a listed cell that passes is an error as well.
`./dev optest NAME` runs the cells of one operator.
"""
import pytest

torch = pytest.importorskip("torch")

from cells import errors, listed, runs, samples  # noqa: E402
from cells.overloads import DTYPES, overloads  # noqa: E402

NAMES = sorted({name for o in overloads().values() for name in samples.op_info_names(o)})


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", overloads())
def test_cells(op, dtype, record_property):
    problems, run = [], 0
    for cell, chosen in runs.cells_of(overloads()[op], dtype):
        where = (op, dtype, cell.layout, cell.variant)
        line = listed.cell(*where)
        if line and line.reason.startswith("never run:"):
            continue
        wrong = cell.run(chosen) if chosen else ["is not run: no sample, or Python has no name for it"]
        run += bool(chosen)
        if wrong and not line:
            problems.append("\n  ".join([" | ".join(where), *wrong[:4]]))
        if line and not wrong:
            problems.append(f"{' | '.join(where)}\n  passes, but uncovered.txt:{line.number} lists it")
    record_property("cells", run)
    assert not problems, f"{len(problems)} cells:\n" + "\n".join(problems[:20])


@pytest.mark.parametrize("dtype", ["float32", "int64"])
@pytest.mark.parametrize("op", NAMES)
def test_an_overload_takes_each_of_pytorchs_samples(op, dtype):
    """Those that no overload of the table takes are listed by the kinds of their arguments."""
    unbound = samples.bound_calls(op, dtype)[1]
    missing = [s for s in sorted(unbound) if not listed.cell(f"op_db/{op}", dtype, "no overload", s)]
    stale = [line.number for line in listed.section("cells") if line.fields[0] == f"op_db/{op}" and line.matches(f"op_db/{op}", dtype)
             and line.fields[2] == "no overload" and not any(line.matches(f"op_db/{op}", dtype, "no overload", s) for s in unbound)]
    assert not stale, f"uncovered.txt, lines {stale}: an overload takes these now"
    assert not missing, "no overload takes\n" + "\n".join(f"op_db/{op} | {dtype} | no overload | {s}" for s in missing)


@pytest.mark.parametrize("op", NAMES)
def test_errors(op):
    """What PyTorch refuses, torsh refuses with an error that the same `except` catches."""
    problems = []
    for call, wrong in errors.run(op):
        line = listed.cell(f"op_db/{op}", "-", "error", call)
        if wrong and not line:
            problems.append(f"op_db/{op} | - | error | {call}\n  {wrong}")
        if line and not wrong:
            problems.append(f"{call}\n  passes, but uncovered.txt:{line.number} lists it")
    assert not problems, "\n".join(problems)


def test_each_line_of_the_list_is_about_a_cell():
    cells = [(o.key, d, layout, v) for o in overloads().values() for d in DTYPES for layout in o.layouts
             for v in o.variants(d, layout)]
    unknown = [line.number for line in listed.section("cells")
               if not line.fields[0].startswith("op_db/") and not any(line.matches(*c) for c in cells)]
    unknown += [line.number for line in listed.section("cells")
                if line.fields[0].startswith("op_db/") and not any(line.matches(f"op_db/{n}") for n in NAMES)]
    assert not unknown, f"uncovered.txt, lines {unknown}: no such cell"
