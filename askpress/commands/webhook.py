"""`askpress webhook`: the secrets that the site signs its webhooks with."""

from __future__ import annotations

import argparse
import json
from typing import Any

from askpress import webhooks
from askpress.commands import which

HELP = "show, make and end the secrets of the site's webhooks"
EPILOG = "To replace a secret: --new, enter it in WordPress, --retire. Both are valid in between."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--new", action="store_true", help="make a secret and show it; one older stays valid")
    action.add_argument("--retire", action="store_true", help="end all secrets but the newest")
    action.add_argument("--off", action="store_true", help="end all secrets: the site is polled only")
    which.add_argument(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    site = which.to_sync(args)
    if args.new:
        said: dict[str, Any] = {"secret": webhooks.create(site.id)}
    elif args.retire or args.off:
        said = {"ended": webhooks.retire(site.id, newest_too=args.off)}
    else:
        said = {"site": site.name, "secrets": [str(secret.created_at) for secret in webhooks.secrets(site.id)]}
    print(json.dumps(said) if args.json else _line(said))
    return 0


def _line(said: dict[str, Any]) -> str:
    if "secret" in said:
        return f"{said['secret']}\nEnter it in WordPress under Settings > askpress, with the address of this service."
    if "ended" in said:
        return f"{said['ended']} ended; it takes a second."
    made = "; ".join(f"made {at[:16]} UTC" for at in said["secrets"])
    return f"{said['site']}: {len(said['secrets'])} valid" + (f" ({made})" if made else "; --new makes one")
