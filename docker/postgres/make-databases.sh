#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Run once by the PostgreSQL image when its volume is empty: one role and one database each for the
# homeserver and the bridges, with the password that stands in the address they are given.
set -eu

# make ADDRESS_FILE: postgresql://NAME:PASSWORD@HOST/NAME
make() {
    credentials=$(sed -n 's|^postgresql://\([^@]*\)@.*|\1|p' "$1")
    # By the environment, because everybody may read a command line.
    NAME=${credentials%%:*} PASSWORD=${credentials#*:} \
        psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres << 'SQL'
\getenv name NAME
\getenv password PASSWORD
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
}

folder=${SECRETS_FOLDER:-/run/secrets}
make "$folder/synapse_database"
make "$folder/bridge_database"
