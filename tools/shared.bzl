# SPDX-License-Identifier: MIT OR Apache-2.0
"""The two rules under torsh_library: public headers, and a shared object from objects that exist already."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

SOVERSION = "0"

SharedInfo = provider(
    doc = "A shared object of ours.",
    fields = {"so": "the file", "all": "depset: the file and every shared object of ours that it needs"},
)

def _headers_impl(ctx):
    # cc_library's `includes` would say -isystem, which silences warnings in our own headers
    roots = []
    for h in ctx.files.hdrs:
        if "/include/" not in h.path:
            fail("%s: a public header lies in a folder include/" % h.path)
        roots.append(h.path[:h.path.rfind("/include/") + len("/include")])
    context = cc_common.create_compilation_context(headers = depset(ctx.files.hdrs), includes = depset(roots))
    return [DefaultInfo(files = depset(ctx.files.hdrs)), CcInfo(compilation_context = context)]

torsh_headers = rule(_headers_impl, attrs = {"hdrs": attr.label_list(allow_files = [".h"])})

def _link_inputs(libs, combine):
    """Objects of ours, third-party archives and flags. Without `combine` our other libraries are left out."""
    own = [l.label for l in libs]
    objects, archives, flags = {}, {}, {}
    for li in cc_common.merge_cc_infos(cc_infos = [l[CcInfo] for l in libs]).linking_context.linker_inputs.to_list():
        third_party = li.owner.workspace_name or li.owner.package == "third_party"
        if not combine and not third_party and li.owner not in own:
            continue
        flags.update({f: None for f in li.user_link_flags})
        for l in li.libraries:
            if l.pic_objects or l.objects:
                objects.update({o: None for o in l.pic_objects or l.objects})
            elif l.pic_static_library or l.static_library:
                archives[l.pic_static_library or l.static_library] = None
    return objects.keys(), archives.keys(), flags.keys()

def _shared_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    objects, archives, lib_flags = _link_inputs(ctx.attr.libs, ctx.attr.combine)
    needed = depset(transitive = [d[SharedInfo].all for d in ctx.attr.deps])

    # the file carries its soname: Bazel's own links to it keep file names
    so = ctx.actions.declare_file(ctx.attr.filename or "lib%s.so.%s" % (ctx.attr.libname, SOVERSION))
    files = [so]
    if not ctx.attr.filename:
        link = ctx.actions.declare_file("lib%s.so" % ctx.attr.libname)
        ctx.actions.symlink(output = link, target_file = so)
        files.append(link)
    exports = ctx.actions.declare_file(ctx.label.name + ".map")
    ctx.actions.write(exports, "{ global: %s local: *; };\n" % " ".join([e + ";" for e in ctx.attr.exports]))

    flags = [
        "-shared",
        "-Wl,-soname," + so.basename,
        "-Wl,-rpath,$ORIGIN",
        "-Wl,--enable-new-dtags",
        # calls of what we export ourselves go straight there
        "-Wl,-Bsymbolic-functions",
        "-Wl,--version-script=" + exports.path,
        "-Wl,--exclude-libs,ALL",
        "-Wl,--as-needed",
    ] + ([] if ctx.attr.allow_undefined else ["-Wl,--no-undefined"])
    files_on_line = [f.path for f in objects + needed.to_list() + archives]
    variables = cc_common.create_link_variables(
        cc_toolchain = toolchain,
        feature_configuration = features,
        output_file = so.path,
        is_linking_dynamic_library = True,
        user_link_flags = flags + files_on_line + lib_flags + ctx.fragments.cpp.linkopts,
    )
    action = "c++-link-dynamic-library"
    ctx.actions.run(
        executable = cc_common.get_tool_for_action(feature_configuration = features, action_name = action),
        arguments = cc_common.get_memory_inefficient_command_line(
            feature_configuration = features,
            action_name = action,
            variables = variables,
        ),
        env = cc_common.get_environment_variables(
            feature_configuration = features,
            action_name = action,
            variables = variables,
        ),
        inputs = depset(objects + archives + [exports], transitive = [needed, toolchain.all_files]),
        outputs = [so],
        mnemonic = "TorshLink",
    )
    all = depset([so], transitive = [needed])
    return [
        DefaultInfo(files = depset(files), runfiles = ctx.runfiles(transitive_files = all)),
        SharedInfo(so = so, all = all),
        _cc_info(ctx, toolchain, features, so),
    ]

def _cc_info(ctx, toolchain, features, so):
    """What a cc_binary sees: the headers of `libs`, to be linked with this file and what it needs."""
    library = cc_common.create_library_to_link(
        actions = ctx.actions,
        feature_configuration = features,
        cc_toolchain = toolchain,
        dynamic_library = so,
    )
    linker_input = cc_common.create_linker_input(owner = ctx.label, libraries = depset([library]))
    headers = cc_common.merge_cc_infos(cc_infos = [l[CcInfo] for l in ctx.attr.libs]).compilation_context
    this = CcInfo(
        compilation_context = headers,
        linking_context = cc_common.create_linking_context(linker_inputs = depset([linker_input])),
    )
    return cc_common.merge_cc_infos(cc_infos = [this] + [d[CcInfo] for d in ctx.attr.deps])

torsh_shared = rule(
    _shared_impl,
    attrs = {
        "libs": attr.label_list(providers = [CcInfo], doc = "cc_library targets whose objects go in"),
        "deps": attr.label_list(providers = [SharedInfo], doc = "shared objects of ours that it may need"),
        "libname": attr.string(doc = "libLIBNAME.so.0 and a link libLIBNAME.so"),
        "filename": attr.string(doc = "or exactly this name (plugins, _C.abi3.so)"),
        "combine": attr.bool(doc = "take in the objects of everything that libs depend on"),
        "exports": attr.string_list(default = ["torsh_*"], doc = "patterns of the names seen from outside"),
        "allow_undefined": attr.bool(doc = "a Python extension finds Py* when it is loaded"),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
    incompatible_use_toolchain_transition = True,
)
