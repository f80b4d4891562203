#!/bin/sh
# Lays a base backup out so that Postgres, at its next start, brings the database back as it was at a moment:
#
#     restore.sh base.tar '2026-01-31 14:05:00+01'
#
# Wants an empty data folder (PGDATA) and the archived journal, which Postgres replays up to the moment, or to its end
# where none is given. The base backup may come by standard input, as `-`. To be run as Postgres' own user.
set -eu

base=$1
moment=${2:-}
archive=${ARCHIVE:-/archive}

if [ -n "$(ls -A "$PGDATA" 2>/dev/null)" ]; then
    echo "$PGDATA is not empty. Move away what lies there before you restore." >&2
    exit 1
fi
mkdir -p "$PGDATA"
chmod 700 "$PGDATA"
tar --extract --file "$base" --directory "$PGDATA"
{
    echo "restore_command = 'cp $archive/%f %p'"
    echo "recovery_target_action = 'promote'"
    if [ -n "$moment" ]; then echo "recovery_target_time = '$moment'"; fi
} >> "$PGDATA/postgresql.auto.conf"
touch "$PGDATA/recovery.signal"
echo "Ready: start Postgres, which replays the journal${moment:+ up to $moment}."
