"""The article's door: `python ingest.py` is `askpress sync`, and takes the same options."""

import sys

from askpress.__main__ import main

sys.exit(main(["sync", *sys.argv[1:]]))
