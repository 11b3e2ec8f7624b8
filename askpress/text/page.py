"""The part of a public web page that is the post, for posts whose REST text is only a page builder's. Pure."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from askpress.text import repair

# The first that holds words wins; themes and builders name the post's own part in one of these ways.
_PLACES = (
    "article .entry-content",
    ".elementor-location-single",
    ".entry-content",
    "main article",
    "main",
    "[role=main]",
    ".elementor",
    "article",
)
# What stands on every page of a site.
_FRAME = "header, nav, footer, aside, [role=navigation], [role=banner], [role=contentinfo], .sidebar, #comments"
_FEW_WORDS = 5


def main_content(html: str) -> str:
    """Return the HTML of the page's main part; of the body without its frame when nothing is marked as such."""
    if not repair.parsable(html):
        return html  # cleaning takes its bare text
    tree = LexborHTMLParser(html)
    # Inner ones first: what lies in a removed node is gone with it.
    for node in reversed(tree.css(_FRAME)):
        node.decompose()
    for place in _PLACES:
        found = tree.css_first(place)
        if found is not None and len(found.text(separator=" ").split()) >= _FEW_WORDS:
            return found.html or ""
    return (tree.body.html or "") if tree.body else ""
