#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# exports.sh LIBRARY: the names that it exports, sorted.
nm -D --defined-only "$1" | sed -nE 's/^[0-9a-f]+ [A-Z] //p' | LC_ALL=C sort
