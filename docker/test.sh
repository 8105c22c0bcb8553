#!/usr/bin/env bash
# The compose as a user would run it, and every service of it killed once: builds the images, goes
# live, backfills the currency fix of jobs/orders, reverts it, kills, takes down and up again, and has
# verify count after each. Wants root and a Docker engine. Every step has a limit of time.
#
#   TIDEMARK_STANDINS  a folder with build-images.sh, which makes images under the names of
#                      compose.yaml where none can be pulled
#   COMPOSE            "docker compose" by default; "docker-compose" for version 1
set -euo pipefail
cd -- "$(dirname -- "$0")/.."

read -r -a compose <<<"${COMPOSE:-docker compose}"
compose+=(-p tidemark-test -f docker/compose.yaml)
scratch=$(mktemp -d)
finish() {
  local code=$?
  if [ "$code" != 0 ]; then
    "${compose[@]}" ps -a >&2 || true
    "${compose[@]}" logs --no-color --tail 60 >&2 || true
  fi
  timeout 120 "${compose[@]}" down -v -t 5 >/dev/null 2>&1 || true
  rm -rf -- "$scratch"
  exit "$code"
}
trap finish EXIT

say() { printf '%s  %s\n' "$(date -u +%T)" "$*"; }
fail() {
  printf 'docker/test.sh: %s\n' "$*" >&2
  exit 1
}
tidemark() { timeout 300 "${compose[@]}" exec -T tidemark tidemark "$@"; }

# within SECONDS WHAT COMMAND...: the command succeeds by then.
within() {
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >"$scratch/last" 2>&1; do
    if [ "$SECONDS" -ge "$limit" ]; then
      cat "$scratch/last" >&2
      fail "not in time: $what"
    fi
    sleep 5
  done
  say "$what"
}

is_live() { tidemark live status | grep -q '^live job .*: running'; }
has_rows() { tidemark --format json query "SELECT 'n=' || CAST(COUNT(*) AS STRING) FROM $1" | grep -q 'n=[1-9]'; }
counts() {
  local dataset
  for dataset in orders payments order_values revenue paid_orders; do
    tidemark verify "$dataset" | grep -q '0 lost, 0 doubled, 0 unexplained' || return 1
  done
}
runs() { tidemark --yes run --change fx-fix --publish; }

# What kills a process also kills it for its container, which the restart policy then brings back;
# docker kill would count as a person's wish.
kill_inside() {
  local container
  container=$("${compose[@]}" ps -q "$1" | head -n 1)
  kill -KILL "$(docker inspect -f '{{.State.Pid}}' "$container")"
  say "killed $1"
}

if [ -n "${TIDEMARK_STANDINS:-}" ]; then
  cp -r -- "$TIDEMARK_STANDINS" "$scratch/standins"
  chmod -R u+w "$scratch/standins"
  timeout 900 env FLINK_VERSION=2.2.0 KAFKA_VERSION=4.3.0 \
    "$scratch/standins/build-images.sh" --compose docker/compose.yaml
fi
timeout 900 mvn -q -B -Dmaven.test.skip=true -Dfast -Ps3 package

# A project of its own, whose first version has the fault that the second corrects.
mkdir -p "$scratch/jobs"
cp -r jobs/orders "$scratch/jobs/"
cp jobs/orders/demo/order_values.v1.sql "$scratch/jobs/orders/order_values.sql"
chmod -R a+rX "$scratch"
export TIDEMARK_JOBS=$scratch/jobs

timeout 600 "${compose[@]}" build
timeout 600 "${compose[@]}" up -d
within 300 "the live job runs" is_live
within 600 "hours close" has_rows revenue
within 300 "nothing is lost" counts

tidemark live stop >/dev/null
cp jobs/orders/order_values.sql "$scratch/jobs/orders/order_values.sql"
tidemark plan --change fx-fix
within 900 "the fix is published" runs
tidemark --yes revert latest
say "and reverted"
within 900 "and published again" runs
tidemark live start >/dev/null
within 300 "the live job runs with the fix" is_live

for service in taskmanager jobmanager kafka postgres tidemark; do
  kill_inside "$service"
  within 300 "the live job runs again" is_live
  within 300 "nothing is lost" counts
done

timeout 180 "${compose[@]}" down -t 30
timeout 600 "${compose[@]}" up -d
within 300 "the live job runs after down and up" is_live
within 300 "nothing is lost" counts
say "done"
