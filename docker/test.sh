#!/usr/bin/env bash
# The compose as a user would run it, and every service of it killed once: builds the images, goes
# live, backfills the currency fix of jobs/orders, reverts it, rolls tables back, kills, takes down and
# up again, and has verify count after each. Wants root and a Docker engine. Every step has a limit of time.
#
#   TIDEMARK_STANDINS        a folder with build-images.sh, which makes images under the names of
#                            compose.yaml where none can be pulled
#   TIDEMARK_COMPOSE_MINUTES how long all of it may take; a step that there is no time for is not
#                            begun, and named as SKIPPED. What was begun and fails, fails
#   COMPOSE                  "docker compose" or, for version 1, "docker-compose"; what there is by default
set -euo pipefail
cd -- "$(dirname -- "$0")/.."

if [ -z "${COMPOSE:-}" ]; then
  COMPOSE="docker compose"
  docker compose version >/dev/null 2>&1 || COMPOSE=docker-compose
fi
read -r -a compose <<<"$COMPOSE"
compose+=(-p tidemark-test -f docker/compose.yaml)
scratch=$(mktemp -d)

# The end of the time for all of it, in seconds since the start of this.
end=$((${TIDEMARK_COMPOSE_MINUTES:-600} * 60))
skipped=0
skip() {
  skipped=$((skipped + 1))
  printf 'SKIPPED: docker/test.sh had no time for this: %s\n' "$*" >&2
}

finish() {
  local code=$?
  # A command that the end of the time cut off has not failed.
  if [ "$code" = 124 ] && [ "$SECONDS" -ge "$end" ]; then
    skip "what was under way when time was up, and all that follows"
    code=0
  fi
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
tidemark() {
  local limit=$((end + 30 - SECONDS))
  [ "$limit" -lt 300 ] || limit=300
  [ "$limit" -gt 5 ] || limit=5
  timeout "$limit" "${compose[@]}" exec -T tidemark tidemark "$@"
}

# step SECONDS WHAT FUNCTION...: does it if there is about that much time left.
step() {
  local needs=$1 what=$2 begun=$SECONDS
  shift 2
  if [ $((SECONDS + needs)) -gt "$end" ]; then
    skip "$what"
    return
  fi
  "$@"
  say "--- $what: $((SECONDS - begun)) s"
}

# within SECONDS WHAT COMMAND...: the command succeeds by then.
within() {
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >"$scratch/last" 2>&1; do
    if [ "$SECONDS" -ge "$limit" ]; then
      cat "$scratch/last" >&2
      fail "not in time: $what"
    fi
    if [ "$SECONDS" -ge "$end" ]; then
      cat "$scratch/last" >&2
      skip "$what, and all that follows: time was up while that was waited for"
      exit 0
    fi
    sleep 3
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
  # Not head, which would end a "ps" that has more to say, and so the test.
  container=$("${compose[@]}" ps -q "$1" | sed -n 1p)
  kill -KILL "$(docker inspect -f '{{.State.Pid}}' "$container")"
  say "killed $1"
}

# Every image that others stand on is there, and so none has to be made.
images_are_there() {
  local image
  for image in $(sed -n 's/^ *image: *//p' docker/compose.yaml | grep -v '^tidemark') \
    $(sed -n 's/^FROM \([a-z][^ ]*\).*/\1/p' docker/Dockerfile docker/flink/Dockerfile); do
    docker image inspect "$image" >/dev/null 2>&1 || return 1
  done
}

if [ -n "${TIDEMARK_STANDINS:-}" ] && ! images_are_there; then
  cp -r -- "$TIDEMARK_STANDINS" "$scratch/standins"
  chmod -R u+w "$scratch/standins"
  timeout 900 env FLINK_VERSION=2.2.0 KAFKA_VERSION=4.3.0 \
    "$scratch/standins/build-images.sh" --compose docker/compose.yaml
  # What docker/Dockerfile and docker/flink/Dockerfile stand on, which compose.yaml does not name.
  timeout 900 env FLINK_VERSION=2.2.0 "$scratch/standins/build-images.sh" temurin17 flink
fi
if [ -n "${TIDEMARK_STANDINS:-}" ]; then
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

# Services of one image share it.
timeout 900 "${compose[@]}" build jobmanager tidemark
say "images are built"

goes_live() {
  local begun=$SECONDS
  timeout 600 "${compose[@]}" up -d
  within 300 "the live job runs" is_live
  within 300 "hours close" closed revenue 1
  say "the first hour closed $((SECONDS - begun)) s after up, with $(memory) MiB in all containers"
  within 300 "another hour closes" closed revenue 2
  within 600 "nothing is lost" counts
}

fixes() {
  tidemark live stop >/dev/null
  cp jobs/orders/order_values.sql "$scratch/jobs/orders/order_values.sql"
  tidemark plan --change fx-fix
  within 900 "the fix is published" runs
  tidemark --yes revert latest
  say "and reverted"
  within 900 "and published again" runs
  tidemark live start >/dev/null
  within 300 "the live job runs with the fix" has_own_code
}

# A derived table to what it was before the live job went on, and forward from there.
rolls_back() {
  local to
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
}

survives() {
  local before
  before=$(live | checkpoint)
  kill_inside "$1"
  within 300 "the live job commits again" goes_on "$before"
  within 600 "nothing is lost" counts
}

comes_up_again() {
  timeout 180 "${compose[@]}" down -t 30
  timeout 600 "${compose[@]}" up -d
  within 300 "the live job runs after down and up" is_live
  within 600 "nothing is lost" counts
}

# A source, which the next start reads again from where it is put back to. The job is stopped on the
# way, but nobody said that it should stay so: the keeper starts it.
reads_again() {
  local to
  to=$(head_of orders)
  within 300 "more orders come" moved_from orders "$to"
  tidemark --yes rollback orders --to "$to" --expect-head "$(head_of orders)" --live reread --why "docker/test.sh"
  within 300 "orders are read again" moved_from orders "$to"
  within 600 "nothing is lost" counts
}

# Nothing can be tried on what is not up.
if [ $((SECONDS + 180)) -gt "$end" ]; then
  skip "all of it, after $SECONDS s of building images"
  exit 0
fi
step 0 "up and live" goes_live
step 180 "the fix: plan, run, publish, revert" fixes
step 120 "rollback of a derived table" rolls_back
for service in taskmanager jobmanager kafka postgres tidemark; do
  step 100 "$service killed" survives "$service"
done
step 180 "down and up again" comes_up_again
step 90 "rollback of a source" reads_again
if [ "$skipped" = 0 ]; then
  say "done"
else
  say "done, but for $skipped steps that there was no time for"
fi
