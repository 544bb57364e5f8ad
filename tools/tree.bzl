# SPDX-License-Identifier: MIT OR Apache-2.0
"""torsh_tree: one folder put together out of sources and built files (the Python package, the install tree)."""

load("//tools:shared.bzl", "SharedInfo")

# A whole folder as one output: what is no longer in the BUILD file is no longer in the folder.
_COPY = """
out=$1; shift
while [ $# -gt 0 ]; do
    mkdir -p "$out/${2%/*}" && cp -L --no-preserve=mode "$1" "$out/$2" || exit 1
    shift 2
done
"""

def _place(ctx, file):
    """Where a file of `at` lies in its folder; None: nowhere."""
    if "/include/torsh/impl/" in file.path:
        return None  # for our own libraries
    if "/include/" in file.path:
        return file.path[file.path.rfind("/include/") + len("/include/"):]
    return file.basename

def _tree_impl(ctx):
    pairs = [(f, f.short_path[len(ctx.label.package):].lstrip("/")) for f in ctx.files.srcs]
    for target, folder in ctx.attr.at.items():
        files = [target[SharedInfo].so] if SharedInfo in target else target.files.to_list()
        pairs += [(f, folder + "/" + _place(ctx, f)) for f in files if _place(ctx, f)]
    out = ctx.actions.declare_directory(ctx.label.name)
    ctx.actions.run_shell(
        command = _COPY,
        arguments = [out.path] + [a for f, place in pairs for a in (f.path, place)],
        inputs = [f for f, _ in pairs],
        outputs = [out],
        mnemonic = "TorshTree",
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))]

torsh_tree = rule(
    _tree_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = True, doc = "files that keep their place below the package's folder"),
        "at": attr.label_keyed_string_dict(
            allow_files = True,
            doc = "target: folder. Public headers keep what follows include/; of shared objects only the .so.0",
        ),
    },
)
