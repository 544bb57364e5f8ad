#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# What a torsh_py_test runs: py_test.sh PACKAGE_FOLDER FILE... [options of pytest]
export PYTHONPATH="$PWD/$1" PYTHONDONTWRITEBYTECODE=1
export HOME="$TEST_TMPDIR" HYPOTHESIS_STORAGE_DIRECTORY="$TEST_TMPDIR/hypothesis"
shift
# --test_filter=EXPRESSION is pytest's -k
exec "$TEST_SRCDIR/local_python/python3.sh" -m pytest -q -p no:cacheprovider --junitxml="$XML_OUTPUT_FILE" \
    ${TESTBRIDGE_TEST_ONLY:+-k "$TESTBRIDGE_TEST_ONLY"} "$@"
