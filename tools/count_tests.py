# SPDX-License-Identifier: MIT OR Apache-2.0
"""count_tests.py EVENTS.json: cases passed and failed in one `bazel test --build_event_json_file=EVENTS.json`.

Prints a line per kind of test and then, last, "PASSED FAILED". A target that failed without a failing case (it did
not build, crashed or ran too long) is one failure.
"""
import collections
import json
import pathlib
import sys
import urllib.parse
import xml.etree.ElementTree


def kind_of(root):
    if root.get("name") == "AllTests":  # googletest's root
        return "C"
    names = {"minitest": "Ruby", "pytest": "Python", "junit": "Java"}
    return next((names[s.get("name")] for s in root.iter() if s.get("name") in names), "other")


def count(path):
    """Of one test.xml: its kind, and a Counter of passed, failed, skipped."""
    root = xml.etree.ElementTree.parse(path).getroot()
    result = collections.Counter()
    for case in root.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            result["failed"] += 1
        elif case.find("skipped") is not None or case.get("status") == "notrun" or case.get("result") == "skipped":
            result["skipped"] += 1
        else:
            result["passed"] += 1
    return kind_of(root), result


def main():
    kinds = collections.defaultdict(collections.Counter)
    summaries, failing = {}, set()
    for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
        event = json.loads(line)
        if "testResult" in event:
            for output in event["testResult"].get("testActionOutput", []):
                if output["name"] == "test.xml":
                    kind, result = count(urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path))
                    kinds[kind] += result
                    if result["failed"]:
                        failing.add(event["id"]["testResult"]["label"])
        elif "testSummary" in event:
            summaries[event["id"]["testSummary"]["label"]] = event["testSummary"]["overallStatus"]
        elif "targetCompleted" in event["id"] and not event.get("completed", {}).get("success"):
            summaries[event["id"]["targetCompleted"]["label"]] = "DID NOT BUILD"
    for label, status in sorted(summaries.items()):
        if status not in ("PASSED", "FLAKY") and label not in failing:
            print(f"{label}: {status}")
            kinds["other"]["failed"] += 1
    for kind, result in sorted(kinds.items()):
        print(f"{kind}: {result['passed']} passed, {result['failed']} failed, {result['skipped']} skipped")
    total = sum(kinds.values(), collections.Counter())
    print(total["passed"], total["failed"])


main()
