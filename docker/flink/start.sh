#!/usr/bin/env bash
# Hands the object store's key to Flink from files, and goes on as the image does by itself.
set -euo pipefail
FLINK_PROPERTIES="${FLINK_PROPERTIES:-}
s3.access-key: $(cat /run/secrets/s3-access-key)
s3.secret-key: $(cat /run/secrets/s3-secret-key)"
export FLINK_PROPERTIES
exec /docker-entrypoint.sh "$@"
