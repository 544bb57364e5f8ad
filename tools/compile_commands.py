# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes compile_commands.json for clangd from `bazel aquery` (nothing is built). Run it in the tree."""
import json
import pathlib
import subprocess


def bazel(*arguments):
    return subprocess.run(["bazel", *arguments], check=True, capture_output=True, text=True).stdout


def main():
    root = bazel("info", "workspace").strip()
    external = bazel("info", "output_base").strip() + "/external/"

    def absolute(argument):
        for prefix in ("", "-I"):
            if argument.startswith(prefix + "external/"):
                return prefix + external + argument[len(prefix + "external/"):]
        return argument

    commands = {}
    query = bazel("aquery", 'mnemonic("CppCompile", //...)', "--output=jsonproto", "--keep_going")
    for action in json.loads(query).get("actions", []):
        arguments = [absolute(a) for a in action["arguments"]]
        source = arguments[arguments.index("-c") + 1]
        # a source that is built once per instruction set is shown once
        commands.setdefault(source, {"directory": root, "file": source, "arguments": arguments})
    pathlib.Path(root, "compile_commands.json").write_text(json.dumps(list(commands.values()), indent=1))
    print(len(commands), "files")


main()
