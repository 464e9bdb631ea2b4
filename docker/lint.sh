#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Checks everything in this folder without a container engine. Where node is missing the last check is
# skipped, in CI ($CI set) it fails instead.
set -eu
cd "$(dirname "$0")"
PATH="$(pwd)/../.venv/bin:$PATH"
DCLINT=dclint@3.1.0

echo "hadolint Dockerfile"
hadolint --failure-threshold info Dockerfile

echo "compose config"
docker-compose --env-file .env.example --file compose.yaml config --quiet

for script in *.sh postgres/*.sh; do
    echo "sh -n $script"
    sh -n "$script"
done

if command -v npx > /dev/null; then
    echo "$DCLINT compose.yaml"
    npx --yes "$DCLINT" --max-warnings 0 compose.yaml
elif [ -n "${CI:-}" ]; then
    echo "docker/lint.sh: node is missing; install it so that $DCLINT can check compose.yaml" >&2
    exit 1
else
    echo "skipped $DCLINT: node is not installed"
fi
