#!/bin/sh
# Makes or updates the schemas of both stores of Temporal. It changes nothing when they are those of this image.
set -eu

POSTGRES=${POSTGRES:-postgres}
PORT=${PORT:-5432}
SCHEMAS=${SCHEMAS:-/etc/temporal/schema/postgresql/v12}

# each role owns the database of its name; the tool reads SQL_PASSWORD
tool() {
  temporal-sql-tool --plugin postgres12 --endpoint "$POSTGRES" --port "$PORT" --user "$role" --database "$role" "$@"
}
update() {
  tool setup-schema --version 0.0
  tool update-schema --schema-dir "$SCHEMAS/$1/versioned"
}
role=temporal SQL_PASSWORD=$TEMPORAL_DB_PASSWORD
export SQL_PASSWORD
update temporal
role=temporal_visibility SQL_PASSWORD=$TEMPORAL_VISIBILITY_DB_PASSWORD
update visibility
