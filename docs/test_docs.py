# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the pages show is true: their Python and C run, print what they say, links lead somewhere, the reference is current.

```python blocks of a page run one after the other, as one program. ```c is a whole program, linked with libtorsh; ```c static
with the archives. A ```text block after one of them is what it prints."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import numpy
import pytest
import torsh

HERE = pathlib.Path(__file__).parent.absolute()
ROOT = HERE.parent
PAGES = sorted(HERE.glob("*.md")) + [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "BUILDING.md")]
DIST = ROOT / "dist"  # what ./dev install copies
SMALL = ["tensor", "backend-cpu", "core"]
WHOLE = ["ffi", "optim", "nn", "io", "autograd", *SMALL]  # for who includes <torsh.h>

BLOCK = re.compile(r"^```(\w+)( static)?\n(.*?)^```$", re.M | re.S)


def blocks(page: pathlib.Path) -> list[tuple[str, str, str | None, int]]:
    """(language, text, what it prints, line), static C as "c static"."""
    text, out = page.read_text(), []
    found = list(BLOCK.finditer(text))
    for m, after in zip(found, [*found[1:], None]):
        prints = after[3] if after and after[1] == "text" and not text[m.end():after.start()].strip() else None
        out.append((m[1] + (m[2] or ""), m[3], prints, text[:m.start()].count("\n") + 1))
    return out


def in_language(*languages):
    return [pytest.param(page, *b, id=f"{page.name}:{b[3]}") for page in PAGES for b in blocks(page) if b[0] in languages]


@pytest.mark.parametrize("page", [p for p in PAGES if any(b[0] == "python" for b in blocks(p))], ids=lambda p: p.name)
def test_python(page, tmp_path):
    """Each block's output is set off by a line that names it."""
    mine = [b for b in blocks(page) if b[0] == "python"]
    program = "\n".join(f'print("==block {line}", flush=True)\n{text}' for _, text, _, line in mine)
    (tmp_path / "page.py").write_text(program)
    run = subprocess.run([sys.executable, "page.py"], cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert run.returncode == 0, run.stdout + run.stderr
    printed = dict(re.findall(r"^==block (\d+)\n(.*?)(?=^==block|\Z)", run.stdout, re.M | re.S))
    for _, _, prints, line in mine:
        if prints is not None:
            assert printed[str(line)] == prints, f"{page.name}:{line}"


def test_python_of_the_readme_from_the_wheel(tmp_path):
    """As a user has it: the wheel installed in an environment that holds NumPy and nothing else of ours."""
    env, (wheel,) = tmp_path / "env", (ROOT / "torsh-python").glob("*.whl")
    python = env / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", env], check=True)
    subprocess.run([sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "--python", python, "install", "--no-index",
                    "--no-deps", wheel], check=True)
    (packages,) = (env / "lib").glob("python*/site-packages")
    (packages / "numpy").symlink_to(pathlib.Path(numpy.__file__).parent)
    for library in pathlib.Path(numpy.__file__).parent.parent.glob("numpy.libs"):
        (packages / library.name).symlink_to(library)
    (text,) = (b[1] for b in blocks(ROOT / "README.md") if b[0] == "python")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    run = subprocess.run([python, "-c", f"{text}\nprint(torsh.__file__)"], cwd=tmp_path, env=clean, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    loss, file = run.stdout.split()
    assert float(loss) < 0.2 and file.startswith(str(packages))


def static_libraries(program):
    archives = WHOLE if "<torsh.h>" in program else SMALL
    return ["-Wl,--gc-sections", *(f"-l:libtorsh-{a}.a" for a in archives), "-lz", "-lm", "-lpthread", "-ldl"]


@pytest.mark.parametrize("page, language, text, prints, line", in_language("c", "c static"))
def test_c(page, language, text, prints, line, tmp_path):
    lib = tmp_path / "lib"
    lib.mkdir()
    for file in (DIST / "lib").iterdir():
        (lib / file.name).symlink_to(file)
        if file.name.endswith(".so.0") and language == "c":  # as ./dev install does
            (lib / file.name.removesuffix(".0")).symlink_to(file)
    (tmp_path / "page.c").write_text(text)
    libraries = ["-ltorsh"] if language == "c" else static_libraries(text)
    build = subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{DIST / 'include'}", "page.c", "-o", "page",
                            f"-L{lib}", *libraries], cwd=tmp_path, capture_output=True, text=True)
    assert build.returncode == 0, build.stderr
    run = subprocess.run(["./page"], cwd=tmp_path, capture_output=True, text=True, timeout=240,
                         env={**os.environ, "LD_LIBRARY_PATH": str(lib)})
    assert run.returncode == 0, run.stdout + run.stderr
    if prints is not None:
        assert run.stdout == prints
    if language == "c static":
        needed = subprocess.run(["ldd", "page"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert "torsh" not in needed


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links(page):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).absolute().exists(), target


TOML = [b for b in blocks(ROOT / "CONTRIBUTING.md") if b[0] == "toml"]


@pytest.mark.parametrize("entry", [b[1] for b in TOML], ids=[f"CONTRIBUTING.md:{b[3]}" for b in TOML])
def test_an_entry_that_is_shown_can_be_added(entry, tmp_path):
    for folder in ("ops", "tools/opgen", "torsh-autograd/src"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    name = re.match(r'\["(\w+)"\]', entry)[1]
    with (tmp_path / "ops" / "unary.toml").open("a") as table:
        table.write("\n" + entry)
    opgen = ["/usr/bin/python3", tmp_path / "tools" / "opgen", "gen", tmp_path / "out"]
    made = subprocess.run(opgen, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    for file in ("torsh/ops.h", "unary_cpu.c", "unary_vjp.c", "python_ops.c"):
        assert name in (tmp_path / "out" / file).read_text(), file


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_words_of_dev(page):
    words = set(re.findall(r"^word_(\w+)\(\)", (ROOT / "dev").read_text(), re.M))
    named = set(re.findall(r"(?:`|^    )\./dev (\w+)", page.read_text(), re.M))
    assert named <= words, named - words


def test_environment():
    """The table names the variables that the library asks for: its strings that are nothing but such a name."""
    library = (DIST / "lib" / "libtorsh.so.0").read_bytes()
    asked = {m.decode() for m in re.findall(rb"(?<=\0)TORSH_[A-Z_]+(?=\0)", library)}
    page = (HERE / "performance.md").read_text()
    assert asked == set(re.findall(r"^\| `(TORSH_\w+)` \|", page, re.M))


def test_every_page_is_in_the_index():
    index = (HERE / "README.md").read_text()
    assert not [p.name for p in HERE.glob("*.md") if p.name not in ("README.md", "operators.gen.md") and f"({p.name})" not in index]


# ---- operators.md ---------------------------------------------------------------------------------------------------

def test_the_reference_is_current():
    committed, generated = (HERE / "operators.md").read_text(), (HERE / "operators.gen.md").read_text()
    assert committed == generated, "docs/operators.md is not what the table says: ./dev docs writes it anew"


def test_the_reference_names_what_exists():
    text = (HERE / "operators.md").read_text()
    python = set(re.findall(r"`((?:torsh|Tensor|nn\.functional)\.\w+)`", text))
    assert len(python) > 200
    for name in python:
        thing = torsh
        for part in name.removeprefix("torsh.").split("."):
            thing = getattr(thing, part)
        assert callable(thing), name
    abi = set((ROOT / "torsh-ffi" / "abi" / "torsh.abi").read_text().split())
    c = set(re.findall(r"`(torsh_\w+)`", text))
    assert len(c) > 200 and c <= abi, c - abi
