#!/bin/bash
# Runs once, when the server is empty: a database and a role for each service. A role owns the
# schema in its database and nothing else; it can make no database and no role, and cannot even
# connect to the database of another.
set -euo pipefail

for service in directory grants meetings notifier; do
    password=$(< "/run/secrets/${service}_database_password")
    # In the session's own memory: an argument would be seen in the list of processes.
    PASSWORD=$password psql --set ON_ERROR_STOP=1 --no-psqlrc --quiet --username "$POSTGRES_USER" \
        --dbname postgres --set service="$service" <<'SQL'
\getenv password PASSWORD
CREATE ROLE :"service" LOGIN PASSWORD :'password'
    NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
CREATE DATABASE :"service";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"service" TO :"service";
\connect :service
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO :"service";
SQL
done

psql --set ON_ERROR_STOP=1 --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname postgres \
    --command 'REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC'
