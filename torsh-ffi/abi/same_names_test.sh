#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# same_names_test.sh TORSH.ABI EXPORTS.SH LIBRARY...: the library (under several names; in a sandbox some of them may be
# links to nowhere) exports exactly the names of the list.
for name in $3 $4; do
    [ -e "$name" ] && library=$name
done
"$2" "$library" >"$TEST_TMPDIR/exports"
if ! diff -u "$1" "$TEST_TMPDIR/exports"; then
    echo "libtorsh.so exports other names than torsh-ffi/abi/torsh.abi lists."
    echo "A name of a tagged release stays. If all that differs is meant so, ./dev abi writes the list anew."
    exit 1
fi
