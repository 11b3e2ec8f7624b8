"""The sample site answers as WordPress does."""

from __future__ import annotations

import httpx2

from tests.fakes.wordpress import FakeWordPress


def ask(site: FakeWordPress, path: str, **query: object) -> httpx2.Response:
    return httpx2.get(f"{site.url}/wp-json{path}", params={k: str(v) for k, v in query.items()})


def test_a_list_counts_its_rows_and_links_the_next_page(site: FakeWordPress) -> None:
    site.add_many(5)

    reply = ask(site, "/wp/v2/posts", per_page=2, orderby="id", order="asc", _fields="id")

    assert reply.json() == [{"id": 1}, {"id": 2}]
    assert (reply.headers["X-WP-Total"], reply.headers["X-WP-TotalPages"]) == ("5", "3")
    assert "page=2" in reply.links["next"]["url"]
