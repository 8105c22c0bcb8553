#!/usr/bin/env bash
# Hands the object store's key to Flink from files, and goes on as the image does by itself.
set -euo pipefail

fail() {
  printf 'error: %s\n  why: %s\n  fix: %s\n' "$1" "$2" "$3" >&2
  # Docker starts this again at once, and would fill its log.
  sleep 10
  exit 1
}

for secret in s3-access-key s3-secret-key; do
  [ -s "/run/secrets/$secret" ] && [ -r "/run/secrets/$secret" ] ||
    fail "the secret $secret cannot be read" "it is a file of docker/secrets" \
      "write it, readable for everybody, and start the service again"
done

# What Flink is told to take, against what the container may have: it would be killed without a word.
mebibytes() {
  sed -n "s/^ *$1: *\([0-9]*\)\([mg]\) *\$/\1 \2/p" <<<"${FLINK_PROPERTIES:-}" |
    awk '{ print $2 == "g" ? $1 * 1024 : $1; exit }'
}
wanted=$(mebibytes "${1:-}.memory.process.size")
limit=$(cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null | head -n 1 || true)
if [ -n "$wanted" ] && [[ "$limit" =~ ^[0-9]{1,15}$ ]] && [ "$limit" -lt $((wanted * 1024 * 1024)) ]; then
  fail "the $1 is told to take ${wanted}m, and its container may have $((limit / 1024 / 1024))m" \
    "it would be killed as soon as it had more" \
    "raise the service's memory limit in docker/compose.yaml, or lower $1.memory.process.size"
fi

FLINK_PROPERTIES="${FLINK_PROPERTIES:-}
s3.access-key: $(cat /run/secrets/s3-access-key)
s3.secret-key: $(cat /run/secrets/s3-secret-key)"
export FLINK_PROPERTIES
exec /docker-entrypoint.sh "$@"
