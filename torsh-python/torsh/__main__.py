# SPDX-License-Identifier: MIT OR Apache-2.0
"""python -m torsh SCRIPT.py ARGS, or -m MODULE ARGS, or -c CODE ARGS: runs a PyTorch program on torsh. `import torch` and
everything below it give torsh's modules of the same name."""
from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import os
import runpy
import sys
import types
from collections.abc import Sequence


class TorchFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds torch.x as torsh.x: one module under two names."""

    def __init__(self) -> None:
        self.specs: dict[str, importlib.machinery.ModuleSpec | None] = {}

    def find_spec(self, fullname: str, path: Sequence[str] | None,
                  target: types.ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        if fullname != "torch" and not fullname.startswith("torch."):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        name = "torsh" + spec.name[len("torch"):]
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            raise ModuleNotFoundError(f"No module named {spec.name!r} (torsh has no {name})", name=spec.name) from None
        self.specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """It has run already, under its own name: which it keeps."""
        module.__spec__ = self.specs[f"torch{module.__name__[len('torsh'):]}"]


def main() -> None:
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.exit(__doc__)
    sys.meta_path.insert(0, TorchFinder())
    if arguments[0] in ("-m", "-c") and len(arguments) < 2:
        sys.exit(f"Argument expected for the {arguments[0]} option")
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    elif arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = arguments
        sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))  # as for a script
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main()
