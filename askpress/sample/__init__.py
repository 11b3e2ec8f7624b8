"""A small made-up site, served the way WordPress serves it: the demo, and the tests' fake."""

from askpress.sample.server import Server, serve
from askpress.sample.site import SampleSite

__all__ = ["SampleSite", "Server", "serve"]
