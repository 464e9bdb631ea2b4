# SPDX-License-Identifier: AGPL-3.0-or-later
"""What cannot be seen from inside the homeserver, and what to do about it outside."""

from attrs import frozen


@frozen
class OutsideThisProcess:
    """One way data may take that no check in here sees."""

    what: str
    why: str
    rule: str
    """What closes it: firewall, proxy or habit."""


OUTSIDE_THIS_PROCESS = (
    OutsideThisProcess(
        "log shipping",
        "agents read the log files and the journal and send them on",
        "let the agent's user connect to the log collector alone: nftables, meta skuid",
    ),
    OutsideThisProcess(
        "backups",
        "they are made by other programs, and hold everything",
        "let the backup's user connect to the backup host alone; encrypt before sending",
    ),
    OutsideThisProcess(
        "database replicas and archives",
        "PostgreSQL sends its write-ahead log wherever its own configuration says",
        "on the database host: outgoing only to replicas by address; check"
        " pg_stat_replication and archive_command",
    ),
    OutsideThisProcess(
        "storage below a path",
        "a folder may be a network file system, a volume may be mirrored elsewhere",
        "block NFS, SMB, iSCSI and NBD to anywhere but the storage network",
    ),
    OutsideThisProcess(
        "tunnels and proxies on loopback",
        "what listens on loopback may pass everything on",
        "let only the users of known services open outgoing connections: nftables, meta skuid",
    ),
    OutsideThisProcess(
        "the web proxy or delivery network in front",
        "it ends TLS and sees everything people send",
        "run it at home; publish only addresses inside the territory",
    ),
    OutsideThisProcess(
        "the resolver",
        "it learns the name of every server that is looked up",
        "use a resolver at home: block ports 53 and 853 to anywhere else",
    ),
    OutsideThisProcess(
        "time, updates and the hypervisor",
        "the machine below has connections and owners of its own",
        "outgoing default deny for the whole machine; own mirrors for packages and time",
    ),
    OutsideThisProcess(
        "people's devices",
        "phones and browsers keep what they were sent, travel, and have push services of their"
        " makers",
        "cannot be closed by the server: rules for devices, push without content",
    ),
    OutsideThisProcess(
        "what other servers keep",
        "what an allowed server was sent once cannot be recalled",
        "allow only servers that have the same duties; domestic rooms do not federate",
    ),
)
