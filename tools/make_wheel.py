# SPDX-License-Identifier: MIT OR Apache-2.0
"""make_wheel.py NAME-VERSION-PYTHON-ABI-PLATFORM.whl FOLDER LICENSE...: FOLDER as a wheel, always the same bytes."""
import base64
import hashlib
import pathlib
import re
import sys
import zipfile

METADATA = """\
Metadata-Version: 2.1
Name: {name}
Version: {version}
Summary: PyTorch's programming model as a few small C libraries
License: MIT OR Apache-2.0
Requires-Python: >=3.10
Requires-Dist: numpy>=1.22
"""

WHEEL = """\
Wheel-Version: 1.0
Generator: torsh
Root-Is-Purelib: false
Tag: {tag}
"""


def check_glibc(files, tag):
    """A platform manylinux_2_34 promises that nothing newer than glibc 2.34 is needed."""
    promised = tuple(map(int, re.search(r"manylinux_(\d+)_(\d+)", tag).groups()))
    for name, data in files.items():
        if data.startswith(b"\x7fELF"):
            needed = max((int(a), int(b)) for a, b in re.findall(rb"GLIBC_(\d+)\.(\d+)", data) or [(2, 0)])
            if needed > promised:
                sys.exit(f"make_wheel.py: {name} needs glibc {needed[0]}.{needed[1]}, the tag is {tag}")


def record_line(name, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


def main():
    out, folder, *licenses = map(pathlib.Path, sys.argv[1:])
    name, version, tag = out.stem.split("-", 2)
    files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    check_glibc(files, tag)
    info = f"{name}-{version}.dist-info"
    for path in licenses:
        files[f"{info}/licenses/{path.name}"] = path.read_bytes()
    files[f"{info}/METADATA"] = METADATA.format(name=name, version=version).encode()
    files[f"{info}/WHEEL"] = WHEEL.format(tag=tag).encode()
    lines = [record_line(*item) for item in sorted(files.items())]
    files[f"{info}/RECORD"] = ("".join(lines) + f"{info}/RECORD,,\n").encode()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as wheel:
        for file, data in sorted(files.items()):
            entry = zipfile.ZipInfo(file, (2020, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if ".so" in file else 0o644) << 16
            wheel.writestr(entry, data)


main()
