#!/bin/sh
# A container's health check: runs the command given. Docker starts again what has ended and never what is unhealthy,
# so a container that is ill three times in a row is asked to end, and made to the time after.
set -u

first=${FIRST_PROCESS:-1}  # Docker's own, which ends with its only child
ill=${TMPDIR:-/tmp}/ill

if "$@"; then
    rm -f "$ill"
    exit 0
fi
echo . >> "$ill"
times=$(wc -l < "$ill")
if [ "$times" -gt 3 ]; then
    kill -KILL $(cat "/proc/$first/task/$first/children")
elif [ "$times" -eq 3 ]; then
    kill -TERM "$first"
fi
exit 1
