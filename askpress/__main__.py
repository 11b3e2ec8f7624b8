"""The `askpress` command. Old Pythons must be able to read this file: nothing here is newer than they are."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  this is the line that says so
    sys.exit("askpress: Python 3.11 or newer is needed, and this is %d.%d." % sys.version_info[:2])  # noqa: UP031

from askpress.commands import main

if __name__ == "__main__":
    sys.exit(main())
