#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Makes the secrets that compose.yaml reads, in the folder secrets/ beside this script.
# What exists is kept, so running it again is harmless.
#
# The files are readable for all because the containers run as other users; the folder is closed,
# and that is what keeps other people of this machine out.
set -eu
cd "$(dirname "$0")"

random_hex() {
    od -A n -t x1 -N 32 /dev/urandom | tr -d ' \n'
}

# keep FILE: writes standard input to secrets/FILE unless it is there.
keep() {
    if [ -s "secrets/$1" ]; then
        cat > /dev/null
        return
    fi
    cat > "secrets/$1.new"
    chmod 0444 "secrets/$1.new"
    mv "secrets/$1.new" "secrets/$1"
    echo "made secrets/$1"
}

umask 077
mkdir -p secrets
chmod 0700 secrets
random_hex | keep postgres_password
printf 'postgresql://synapse:%s@postgres/synapse' "$(random_hex)" | keep synapse_database
printf 'postgresql://bridges:%s@postgres/bridges' "$(random_hex)" | keep bridge_database
random_hex | keep registration_shared_secret
head -c 32 /dev/urandom | base64 | keep encryption_key
if [ ! -s secrets/telegram_api_hash ]; then
    echo "still missing: write the api_hash from https://my.telegram.org/apps into $(pwd)/secrets/telegram_api_hash and chmod 0444 it"
fi
