# SPDX-License-Identifier: AGPL-3.0-or-later
"""A tiny program for the supervisor to run; `python fake_part.py BEHAVIOUR PORT FOLDER`.

Answers every GET on PORT with 200 and appends to `FOLDER/starts` each time it starts.
"""

import http.server
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


class _Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _serve(port: int) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), _Ready)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    _say("serving")
    server.serve_forever()


def main(behaviour: str, port: int, folder: Path) -> None:
    with (folder / "starts").open("a+") as starts:
        starts.write(f"{os.getpid()}\n")
        starts.seek(0)
        lives = len(starts.readlines())
    match behaviour:
        case "serve":
            _serve(port)
        case "wrong-config-later":
            if lives > 1:
                sys.exit(2)
            _serve(port)
        case "wrong-config":
            _say("karvon.yaml:1:1: nonsense")
            sys.exit(2)
        case "wrong-config-in-words":
            _say("Error in configuration: nonsense")
            sys.exit(1)
        case "crash":
            sys.exit(3)
        case "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            _say("ignoring")
            time.sleep(600)
        case "family":
            heir = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            (folder / "heir").write_text(str(heir.pid))
            _serve(port)
        case "chatter":
            os.write(1, b"one\ntwo\r\n\xff\n" + b"x" * 40_000 + b"\nno end")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
