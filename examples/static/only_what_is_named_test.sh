#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The program runs, holds no derivative, and of the operators just those it names (and copy_, which prepares operands).
set -e
"$1"
operators=$(nm "$1" | sed -n 's/.* torsh__record_\([a-z0-9_]*\)$/\1/p' | grep -v '_\(args\|in\|out\|composite\)$' | sort | tr '\n' ' ')
echo "operators: $operators"
test "$operators" = "add_tensor copy_ mm "
if nm "$1" | grep -E 'torsh__(derivative|vjp|grad_)|_vjp$'; then
    echo "there is a derivative"
    exit 1
fi
size "$1"
