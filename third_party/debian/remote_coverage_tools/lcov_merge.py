#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Both jobs of Bazel's CoverageOutputGenerator: --coverage_dir (one test) or --reports_file (all) to --output_file."""
import collections
import gzip
import json
import pathlib
import re
import sys

hits = collections.defaultdict(collections.Counter)  # source file -> line -> times run


def add_lcov(path):
    name = None
    for line in path.read_text().splitlines():
        if line.startswith("SF:"):
            name = line[3:]
        elif line.startswith("DA:"):
            number, count = line[3:].split(",")[:2]
            hits[name][int(number)] += int(count)


def add_gcov(path):
    for file in json.loads(gzip.open(path).read())["files"]:
        for line in file["lines"]:
            hits[file["file"]][line["line_number"]] += line["count"]


def main():
    options = collections.defaultdict(list)
    for argument in sys.argv[1:]:
        key, _, value = argument.lstrip("-").partition("=")
        options[key].append(value)
    for directory in map(pathlib.Path, options["coverage_dir"]):
        for path in directory.rglob("*.gcov.json.gz"):
            add_gcov(path)
        for path in directory.rglob("*.dat"):
            add_lcov(path)
    for report in map(pathlib.Path, options["reports_file"]):
        for path in map(pathlib.Path, report.read_text().split()):
            if path.suffix == ".dat" and path.exists():
                add_lcov(path)
    left_out = [re.compile(pattern) for pattern in options["filter_sources"]]
    with open(options["output_file"][0], "w") as out:
        for file, lines in sorted(hits.items()):
            if any(pattern.fullmatch(file) for pattern in left_out):
                continue
            out.write(f"SF:{file}\n" + "".join(f"DA:{n},{count}\n" for n, count in sorted(lines.items())))
            out.write(f"LH:{sum(count > 0 for count in lines.values())}\nLF:{len(lines)}\nend_of_record\n")


main()
