# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reads torsh-ffi/tests/programs.txt and runs it, on torsh or on PyTorch. As a program: writes its expected values anew."""
from __future__ import annotations

import math
import pathlib
import re
import sys
from dataclasses import dataclass, field

PATH = pathlib.Path(__file__).absolute().parents[2] / "torsh-ffi" / "tests" / "programs.txt"
LINE = re.compile(r"(?:(?P<names>[\w, ]+?) = )?(?P<op>[\w.]+)(?P<args>.*)")
DTYPE = re.compile(r"(float|int|uint|bool|bfloat)\d*")


@dataclass
class Program:
    name: str
    lines: list[tuple[int, str]] = field(default_factory=list)  # number in the file, text

    def __str__(self):
        return self.name


def programs(path: pathlib.Path = PATH) -> list[Program]:
    out: list[Program] = []
    for number, line in enumerate(path.read_text().splitlines()):
        line = line.split("#")[0].strip()
        if line.startswith("program "):
            out.append(Program(line.split()[1]))
        elif line:
            out[-1].lines.append((number, line))
    return out


def number(text: str):
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return float.fromhex(text) if "x" in text else float(text)


class Machine:
    """T: torsh or torch; ops: where it looks for operators that are neither functions of T nor methods."""

    def __init__(self, T, ops):
        self.T, self.ops, self.names = T, ops, {}

    def arg(self, text: str):
        if text.startswith("["):
            return [self.arg(part) for part in text[1:-1].split(",")]
        if text.startswith("'"):
            return text[1:-1]
        if text in ("true", "false", "none"):
            return {"true": True, "false": False, "none": None}[text]
        if text in self.names:
            return self.names[text]
        return getattr(self.T, text) if DTYPE.fullmatch(text) else number(text)

    def call(self, overload: str, args: str):
        name = overload.split(".")[0]
        values, keywords = [], {}
        for text in args.split():
            key, equals, value = text.partition("=")
            if equals:
                keywords[key] = self.arg(value)
            else:
                values.append(self.arg(text))
        if hasattr(self.T, name) and not name.endswith("_"):
            return getattr(self.T, name)(*values, **keywords)
        if values and hasattr(values[0], name):
            return getattr(values[0], name)(*values[1:], **keywords)
        return getattr(self.ops, name)(*values, **keywords)

    def tensor(self, text: str):
        dtype, shape, *values = text.replace(":", " ").split()
        shape = [] if shape == "-" else [int(n) for n in shape.split(",")]
        return self.T.tensor([number(v) for v in values], dtype=getattr(self.T, dtype)).reshape(shape)

    def run(self, line: str):
        """What `line` asks for is done; of an expect line: the tensor it speaks of."""
        match line.split(maxsplit=2):
            case ["seed", n]:
                self.T.manual_seed(int(n))
            case ["requires_grad", x]:
                self.names[x].requires_grad_()
            case ["backward", x]:
                self.names[x].backward()
            case ["expect", x, *_]:
                return self.names[x]
            case ["error", _, _]:
                m = LINE.fullmatch(line.split(maxsplit=2)[2])
                return lambda: self.call(m["op"], m["args"])
            case _:
                m = LINE.fullmatch(line)
                if m["op"] == "tensor":
                    results = self.tensor(m["args"])
                elif m["op"] == "grad":
                    results = self.names[m["args"].strip()].grad
                else:
                    results = self.call(m["op"], m["args"])
                names = [n.strip() for n in m["names"].split(",")]
                self.names.update(zip(names, results) if len(names) > 1 else [(names[0], results)])
        return None


def hexadecimal(x: float) -> str:
    return re.sub(r"\.?0*p", "p", x.hex()) if math.isfinite(x) else str(x)


def described(t) -> str:
    """What stands behind `expect X`: every bit of a tensor, but for which nan it is."""
    dtype = str(t.dtype).split(".")[1]
    values = t.detach().flatten().tolist()
    shown = (hexadecimal(v) if isinstance(v, float) else str(int(v)) for v in values)
    shape = ",".join(str(n) for n in t.shape) or "-"
    return " ".join([dtype, shape, ":", *shown])


def main():
    import torsh
    from torsh import _nn_ops
    torsh.set_backend("cpu-portable")
    text = PATH.read_text().splitlines()
    for program in programs():
        machine = Machine(torsh, _nn_ops)
        for at, line in program.lines:
            result = machine.run(line)
            if line.startswith("expect "):
                text[at] = f"expect {line.split()[1]} {described(result)}"
    PATH.write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    sys.exit(main())
