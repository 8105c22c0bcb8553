#!/usr/bin/env bash
# The compose as a user would run it, and every service of it killed once: builds the images, goes
# live, backfills the currency fix of jobs/orders, reverts it, rolls tables back, kills, takes down and
# up again, and has verify count after each. Wants root and a Docker engine. Every step has a limit of time.
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

# JSON of the live job: its state, and which checkpoint of which start is in the tables.
live() { tidemark --format json live status; }
state() { sed -n 's/^{[^{]*{[^{]*"health":{"state":"\([A-Z_]*\)".*/\1/p'; }
checkpoint() { sed -n 's/.*"epoch":\([0-9]*\),"last":\([0-9]*\),.*/\1 \2/p' | awk '{ print $1 * 1000000 + $2 }'; }
is_live() { [ "$(live | state)" = RUNNING ]; }
# goes_on CHECKPOINT: commits that began after that checkpoint have come, not only one that was under way.
goes_on() {
  local now
  now=$(live) && [ "$(state <<<"$now")" = RUNNING ] && [ "$(checkpoint <<<"$now")" -ge $(($1 + 2)) ]
}
has_own_code() { live | grep -q '"otherCode":\[\]'; }
head_of() { tidemark --format json history "$1" | sed -n 's/^[^[]*"head":\([0-9]*\).*/\1/p'; }
moved_from() {
  local now
  now=$(head_of "$1") && [ -n "$now" ] && [ "$now" != "$2" ]
}
# closed DATASET N: main has had N commits of live jobs that closed slices.
closed() { [ "$(tidemark --format json history "$1" | grep -o '"kind":"LIVE"[^}]*"slices":"PT1H:[0-9]' | wc -l)" -ge "$2" ]; }
# Each with the sources behind it.
counts() {
  [ "$(tidemark verify order_values revenue paid_orders | grep -cx '0 lost, 0 doubled, 0 unexplained')" = 3 ]
}
memory() {
  docker stats --no-stream --format '{{.Name}} {{.MemUsage}}' | awk '/^tidemark-test[_-]/ {
    n = $2 + 0; if ($2 ~ /GiB/) n *= 1024; if ($2 ~ /KiB/) n /= 1024; sum += n } END { printf "%d", sum }'
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
  # What docker/Dockerfile and docker/flink/Dockerfile stand on, which compose.yaml does not name.
  timeout 900 env FLINK_VERSION=2.2.0 "$scratch/standins/build-images.sh" temurin17 flink
  # Those are made for the builder that needs no registry.
  export DOCKER_BUILDKIT=0 COMPOSE_DOCKER_CLI_BUILD=0
fi
timeout 900 mvn -q -B -Dmaven.test.skip=true -Dfast -Ps3 package

# A project of its own, whose first version has the fault that the second corrects.
mkdir -p "$scratch/jobs"
cp -r jobs/orders "$scratch/jobs/"
cp jobs/orders/demo/order_values.v1.sql "$scratch/jobs/orders/order_values.sql"
chmod -R a+rX "$scratch"
export TIDEMARK_JOBS=$scratch/jobs

timeout 600 "${compose[@]}" build
begun=$SECONDS
timeout 600 "${compose[@]}" up -d
within 300 "the live job runs" is_live
within 300 "hours close" closed revenue 1
say "the first hour closed $((SECONDS - begun)) s after up, with $(memory) MiB in all containers"
within 300 "more hours close" closed revenue 3
within 600 "nothing is lost" counts

tidemark live stop >/dev/null
cp jobs/orders/order_values.sql "$scratch/jobs/orders/order_values.sql"
tidemark plan --change fx-fix
within 900 "the fix is published" runs
tidemark --yes revert latest
say "and reverted"
within 900 "and published again" runs
tidemark live start >/dev/null
within 300 "the live job runs with the fix" has_own_code
within 600 "nothing is lost" counts

# A derived table to what it was before the live job went on, and forward from there.
to=$(head_of revenue)
within 300 "another hour closes" moved_from revenue "$to"
if tidemark --yes rollback revenue --to "$to" --expect-head "$(head_of revenue)" >"$scratch/last" 2>&1; then
  fail "a table was rolled back under a live job"
fi
grep -q TM-ROLLBACK-004 "$scratch/last" || fail "refused with something else: $(cat "$scratch/last")"
say "a rollback under the live job is refused"
tidemark live stop >/dev/null
tidemark --yes rollback revenue --to "$to" --expect-head "$(head_of revenue)" --why "docker/test.sh"
[ "$(head_of revenue)" = "$to" ] || fail "revenue is not at $to"
tidemark live start >/dev/null
within 300 "what was rolled back closes again" moved_from revenue "$to"
within 600 "nothing is lost" counts

# A source, which the next start reads again from where it is put back to. The job is stopped on the
# way, but nobody said that it should stay so: the keeper starts it.
to=$(head_of orders)
within 300 "more orders come" moved_from orders "$to"
tidemark --yes rollback orders --to "$to" --expect-head "$(head_of orders)" --live reread --why "docker/test.sh"
within 300 "orders are read again" moved_from orders "$to"
within 600 "nothing is lost" counts

for service in taskmanager jobmanager kafka postgres tidemark; do
  before=$(live | checkpoint)
  kill_inside "$service"
  within 300 "the live job commits again" goes_on "$before"
  within 600 "nothing is lost" counts
done

timeout 180 "${compose[@]}" down -t 30
timeout 600 "${compose[@]}" up -d
within 300 "the live job runs after down and up" is_live
within 300 "nothing is lost" counts
say "done"
