"""Pruning: leaves in a parsed post only what a reader reads of it, in place."""

from __future__ import annotations

import re
from typing import Literal

from selectolax.lexbor import LexborNode

from askpress.text import shortcodes

_INVISIBLE = (
    "script, style, title, noscript, template, svg, iframe, form, object, audio, video, canvas, select, textarea"
)
# What a theme or plugin puts into a post about other posts, or for clicking: it differs from day to day
# without the post being edited, and drags all embeddings of a site together.
_NOT_THE_POST = """
    nav, .wp-block-latest-posts, .wp-block-latest-comments, .wp-block-archives,
    .wp-block-categories, .wp-block-tag-cloud, .wp-block-rss, .wp-block-query, .wp-block-calendar,
    .wp-block-page-list, .wp-block-navigation, .wp-block-search, .wp-block-loginout,
    .wp-block-social-links, .wp-block-comments, .wp-block-post-navigation-link,
    .wp-block-table-of-contents, .wp-block-rank-math-toc-block,
    .wp-block-yoast-seo-table-of-contents, .ez-toc-container, #ez-toc-container, .toc_container,
    #toc_container, .sharedaddy, .sd-sharing, .jp-relatedposts, .yarpp, .yarpp-related,
    .crp_related, .related-posts, .relatedposts, .addtoany_share_save_container, .addtoany_content,
    .a2a_kit, .essb_links, .shared-counts-wrap, .heateor_sss_sharing_container,
    .simplesocialbuttons, .swp_social_panel, .ssba, .share-buttons, .social-share, .post-navigation,
    .saboxplugin-wrap, .screen-reader-text, sup.fn, a.anchor, a.headerlink, a.anchor-link,
    a.footnote-backref
"""
# Emphasis goes: it splits words (un**believ**able) and a quoted sentence would no longer be literal.
_UNWRAPPED = "a b strong i em u ins mark small big font span cite dfn var q label button tt center bdi bdo picture"
_Place = Literal["code", "alone", "sentence"]
_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|svg|avif|heic)|(?:img|dsc|image)?[\s_\d.-]*", re.IGNORECASE)
_EXPONENT = re.compile(r"[-−+]?\d{1,3}|n")


def prune(body: LexborNode) -> bool:
    """Leave in the tree only what a reader reads; tell whether shortcodes were among the rest."""
    # Innermost first: destroying a node that went with its parent would touch freed memory.
    for node in reversed(body.css(f"{_INVISIBLE}, {_NOT_THE_POST}")):
        node.decompose()
    for image in body.css("img"):
        image.replace_with(_image_text(image))
    for caption in body.css("table > caption"):
        _before_its_table(caption)
    for power in reversed(body.css("sup")):
        if _EXPONENT.fullmatch(text := power.text()):
            power.replace_with(f"^{text}")
    for code in reversed(body.css("h1 code, h2 code, h3 code, h4 code, h5 code, h6 code")):
        code.unwrap()
    body.unwrap_tags(_UNWRAPPED.split())
    body.merge_text_nodes()
    return _strip_shortcodes(body)


def _before_its_table(caption: LexborNode) -> None:
    if caption.parent is not None:
        caption.parent.insert_before(f"{caption.text().strip()}\n\n")
        caption.decompose()


def _image_text(image: LexborNode) -> str:
    alt = " ".join((image.attributes.get("alt") or "").split())
    if _FILE_NAME.fullmatch(alt) or alt == _caption(image):
        return ""
    classes = image.attributes.get("class") or ""
    return alt if "emoji" in classes or "wp-smiley" in classes else f" {alt} "


def _caption(image: LexborNode) -> str:
    figure = image.parent
    for _ in range(4):
        if figure is not None and figure.tag != "figure":
            figure = figure.parent
    caption = figure.css_first("figcaption") if figure is not None and figure.tag == "figure" else None
    return " ".join(caption.text().split()) if caption is not None else ""


def _strip_shortcodes(body: LexborNode) -> bool:
    closed = shortcodes.closed(body.text())
    bracketed = [n for n in body.traverse(include_text=True) if n.is_text_node and "[" in (n.text_content or "")]
    places: dict[int, _Place] = {}
    found = False
    for node in bracketed:
        before, parent = node.text_content or "", node.parent or body
        if parent.mem_id not in places:
            places[parent.mem_id] = _place(parent)
        place = places[parent.mem_id]
        after = before if place == "code" else shortcodes.strip(before, closed=closed, alone=place == "alone")
        if before != after:
            node.replace_with(after)
            found = True
    return found


def _place(parent: LexborNode) -> _Place:
    ancestor: LexborNode | None = parent
    while ancestor is not None and ancestor.tag not in ("pre", "code", "kbd", "samp"):
        ancestor = ancestor.parent
    if ancestor is not None:
        return "code"
    return "alone" if parent.tag in ("body", "div", "section") or shortcodes.only(parent.text()) else "sentence"
