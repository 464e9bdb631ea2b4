# SPDX-License-Identifier: AGPL-3.0-or-later
"""FakeNetwork, the reference adapter: every ability, in memory, with faults on request.

`fake_network` is the door: the plugin for the bridge and, for tests, people with phones (`phone`).
Behind it lies the remote service (`world`, `faults`) and the adapter (`adapter`, `session`,
`logins`, `store`).
"""
