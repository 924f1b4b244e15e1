#!/bin/bash
# The image of Postgres runs this once, for an empty volume: a role and a database for the market and for each store of
# Temporal. Nobody connects to the database of another, and no role is a superuser.
set -euo pipefail

roles=(packagento temporal temporal_visibility)
passwords=("$MARKET_DB_PASSWORD" "$TEMPORAL_DB_PASSWORD" "$TEMPORAL_VISIBILITY_DB_PASSWORD")
every=("$POSTGRES_PASSWORD" "${passwords[@]}")
for password in "${every[@]}"; do
  if [[ ! $password =~ ^[A-Za-z0-9_-]{24,}$ ]]; then
    echo "A password of the database is shorter than 24 characters or not of A-Z, a-z, 0-9, - and _: openssl rand -hex 32" >&2
    exit 1
  fi
done
if [ "$(printf '%s\n' "${every[@]}" | sort -u | wc -l)" != "${#every[@]}" ]; then
  echo 'Two roles of the database have the same password: each needs its own.' >&2
  exit 1
fi

for i in "${!roles[@]}"; do
  # psql reads the password from its environment, so that no list of processes shows it
  ROLE="${roles[$i]}" ROLE_PASSWORD="${passwords[$i]}" psql --set=ON_ERROR_STOP=1 --no-psqlrc --username="$POSTGRES_USER" --dbname=postgres <<'SQL'
\getenv role ROLE
\getenv password ROLE_PASSWORD
create role :"role" login password :'password';
create database :"role" owner :"role";
revoke connect on database :"role" from public;
SQL
done
