# SPDX-License-Identifier: MIT OR Apache-2.0
# Installs what is missing; sourced by ./dev and .ci/run in the root of the tree. Nothing missing: no network, no time.

APT_BUILD=(bazel-bootstrap bazel-rules-java googletest g++ python3-venv python3-dev zlib1g-dev
    libvulkan-dev glslang-tools)
APT_RUBY=(ruby ruby-ffi)
APT_JAVA=(openjdk-17-jdk-headless junit4)
APT_TEST=("${APT_RUBY[@]}" "${APT_JAVA[@]}" mesa-vulkan-drivers vulkan-validationlayers) # Vulkan in software
APT_FORMAT=(clang-format)
APT_CI=(clang libclang-rt-14-dev)

PIP_RUN=('numpy>=2')
# exactly this torch: another request may fetch gigabytes of GPU libraries
PIP_TEST=("${PIP_RUN[@]}" pytest hypothesis scipy torch==2.13.0)

venv=$PWD/.venv
python=$venv/bin/python

# say TEXT...: to people, so that output stays clean for programs
say() {
    printf '%s\n' "$@" >&2
}

# need_apt PACKAGE...
need_apt() {
    local missing=() package as_root=()
    if ! command -v dpkg-query >/dev/null; then
        command -v bazel >/dev/null && return
        say "This is no Debian: please install what Debian calls" "    $*" "and then run this again (see BUILDING.md)."
        return 1
    fi
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) == ?i* ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    local install=(apt-get install -y --no-install-recommends "${missing[@]}")
    if ((EUID != 0)); then
        as_root=(sudo)
        # sudo may ask for a password only where somebody can type it
        if ! command -v sudo >/dev/null || { ! sudo -n true 2>/dev/null && ! [[ -t 0 ]]; }; then
            say "Packages are missing, and installing them takes root. Please run, as root:" \
                "    apt-get update && ${install[*]}" "and then this again."
            return 1
        fi
    fi
    say "Installing ${missing[*]}"
    if ! "${as_root[@]}" apt-get update -q >&2 ||
        ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" >&2; then
        say "apt-get failed (see above). What is needed:" "    apt-get update && ${install[*]}"
        return 1
    fi
    # Bazel looks at what is installed when its server starts
    ! command -v bazel >/dev/null || bazel shutdown
}

# base_python: an interpreter that can make an environment and has its headers
base_python() {
    local candidate
    for candidate in python3 /usr/bin/python3; do
        if "$candidate" - 2>/dev/null <<'END'; then
import ensurepip, os, sys, sysconfig
sys.exit(sys.version_info < (3, 10) or not os.path.exists(sysconfig.get_path("include") + "/Python.h"))
END
            echo "$candidate"
            return
        fi
    done
    say "No python3 (3.10 or later) with venv and headers was found (Debian: python3-venv python3-dev)."
    return 1
}

# need_pip REQUIREMENT...: into .venv; .venv/installed lists what was asked for so far
need_pip() {
    local installed=$venv/installed missing=() requirement base
    for requirement in "$@"; do
        grep -qxF -- "$requirement" "$installed" 2>/dev/null || missing+=("$requirement")
    done
    if ((${#missing[@]})) || ! "$python" -c '' 2>/dev/null; then
        say "Installing into .venv: $*"
        base=$(base_python) && "$base" -m venv --clear "$venv" || return 1
        if ! "$python" -m pip install -q --disable-pip-version-check "$@" >&2; then
            say "pip failed (see above). What is needed in .venv: $*"
            return 1
        fi
        printf '%s\n' "$@" >"$installed"
    fi
    # for Bazel: which interpreter, and that it must look again when something was installed
    printf 'build --repo_env=TORSH_PYTHON=%s --repo_env=TORSH_VENV=%s\n' \
        "$python" "$(cksum <"$installed" | tr ' ' -)" >"$venv/bazelrc.new"
    cmp -s "$venv/bazelrc.new" "$venv/bazelrc" || cp "$venv/bazelrc.new" "$venv/bazelrc"
}
