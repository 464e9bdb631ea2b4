# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real servers, users and faults for the integration and conformance tests.

Servers: `synapse` (configured by `synapse_config`, services registered by `appservice`),
`postgres`, `recording_appservice`. Users: `people` makes a `matrix_user`, a `syncing_client`
with a `sync_record`. Faults: `faultproxy`, and killing any `process`. Ground: `ports`,
`waiting`, `leftovers`. The fixtures are in `tests/conftest.py`.
"""
