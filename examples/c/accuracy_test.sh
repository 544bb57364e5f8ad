#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# accuracy_test.sh PROGRAM DATA LEAST: its last line's accuracy is at least LEAST percent
last=$("$1" "$2" | tail -n 1)
echo "$last"
echo "$last" | awk -v least="$3" '/^test accuracy/ { ok = $3 >= least } END { exit !ok }'
