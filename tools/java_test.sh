#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# What a torsh_java_test runs: java_test.sh JDK CLASS JVM_OPTION,...|- JAR...
set -u
export LC_ALL=C.UTF-8 # names of files
jdk=$1 cls=$2
[[ $3 == - ]] && jvm=() || IFS=, read -ra jvm <<<"$3"
shift 3
path=$(IFS=:; echo "$*")
out=$TEST_TMPDIR/out.txt
"$jdk" java -Xcheck:jni -Xmx512m -XX:-UsePerfData -Djava.io.tmpdir="$TEST_TMPDIR" "${jvm[@]}" -classpath "$path" JUnitXml "$XML_OUTPUT_FILE" "$cls" \
    2>&1 | tee "$out"
status=${PIPESTATUS[0]}
if grep -E 'WARNING in native|FATAL ERROR in native|WARNING: JNI|JNI call made' "$out"; then
    echo "-Xcheck:jni complains"
    status=1
fi
exit "$status"
