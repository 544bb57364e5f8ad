#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# What a torsh_ruby_test runs: ruby_test.sh PACKAGE_FOLDER FILE [ARGUMENT...]
export LC_ALL=C.UTF-8 HOME="$TEST_TMPDIR" TORSH_PACKAGE="$PWD/$1"
file=$2
shift 2
# --test_filter=/PATTERN/ is minitest's -n
exec ruby -w -I "$TORSH_PACKAGE/lib" -I torsh-ffi/ruby/test "$file" ${TESTBRIDGE_TEST_ONLY:+-n "$TESTBRIDGE_TEST_ONLY"} "$@"
