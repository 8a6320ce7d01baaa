"""Entry points: `serve` runs one session on a descriptor, `zygote` serves sessions on a Unix socket."""

from __future__ import annotations

import argparse
import socket
import sys


def main() -> None:
    """Read the command line and run until the host is done."""
    # The current folder will be the session's: only its worker may import from there.
    sys.path[:] = [entry for entry in sys.path if entry]
    parser = argparse.ArgumentParser(prog="python -m codeact_kernel", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run one session, without isolation")
    serve.add_argument("--fd", type=int, required=True, help="descriptor of the wire, a socket")
    zygote = commands.add_parser("zygote", help="fork isolated sessions")
    zygote.add_argument("--socket", required=True, help="path to listen on")
    zygote.add_argument("--preload", default="", help="modules to import first, separated by commas")
    zygote.add_argument("--ready", type=int, default=3, help="sandboxes that wait for a session")
    options = parser.parse_args()
    if options.command == "serve":
        _serve(options.fd)
    else:
        from .zygote import serve as serve_zygote

        serve_zygote(options.socket, _names(options.preload), options.ready)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _serve(descriptor: int) -> None:
    from .bare import serve_bare

    serve_bare(socket.socket(fileno=descriptor))


if __name__ == "__main__":
    main()
