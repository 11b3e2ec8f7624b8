"""What a reply of /search holds, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

CHECKED_AT = "Since when the posts are known to be as the site shows them; only with max_staleness."


class PassageExplained(serializers.Serializer[Any]):
    """How a passage was found."""

    cosine = serializers.FloatField(help_text="-1 to 1, between the meanings of query and passage.")
    cosine_rank = serializers.IntegerField(help_text="Among all candidates; 1 is first.")
    bm25 = serializers.FloatField(help_text="Of the words, from 0.")
    bm25_rank = serializers.IntegerField()
    legs = serializers.ListField(
        child=serializers.ChoiceField(["semantic", "keyword"]), help_text="That brought it in."
    )
    coverage = serializers.FloatField(help_text="Share 0 to 1 of the query's words, rare ones counting more.")
    nearness = serializers.FloatField(help_text="Cosine and coverage together: what evidence is judged by.")
    reranked = serializers.FloatField(allow_null=True, help_text="The reranker's score; null without one.")


class Image(serializers.Serializer[Any]):
    url = serializers.CharField()
    alt = serializers.CharField()


class Stretch(serializers.Serializer[Any]):
    """A passage, or several that touch."""

    content = serializers.CharField()
    score = serializers.FloatField(min_value=0, max_value=1)
    chunk_id = serializers.CharField()
    heading = serializers.CharField()
    snippet = serializers.CharField()
    link = serializers.CharField()
    anchor = serializers.CharField(allow_null=True)
    chunk_ids = serializers.ListField(child=serializers.CharField(), required=False)
    explain = PassageExplained(required=False)


class Found(serializers.Serializer[Any]):
    """One passage, or one document with its best passages."""

    content = serializers.CharField(help_text="The passage as Markdown.")
    title = serializers.CharField(help_text="The document's title.")
    url = serializers.CharField(help_text="The document's address.")
    score = serializers.FloatField(min_value=0, max_value=1, help_text="0 to 1; larger is better.")
    chunk_id = serializers.CharField(help_text="Names the passage; stays while its text does.")
    heading = serializers.CharField(help_text="The headings above the passage, joined by ' > '.")
    snippet = serializers.CharField(help_text="What shows best why it was found, as HTML: <mark> around found words.")
    link = serializers.CharField(help_text="Leads to the heading: url with the anchor.")
    anchor = serializers.CharField(allow_null=True, help_text="The heading's place: append it to url after #.")
    type = serializers.CharField(help_text="post, page or another type of the site.")
    language = serializers.CharField(help_text="ISO 639-1, '' when unknown.")
    updated_at = serializers.CharField(allow_null=True, help_text="When the site last changed the document.")
    passages = Stretch(many=True, required=False, help_text="With group: the document's passages, best first.")
    chunk_ids = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="With neighbours: what was joined, in reading order."
    )
    explain = PassageExplained(required=False)
    image = Image(allow_null=True, required=False, help_text="With details: the featured image.")
    categories = serializers.ListField(child=serializers.CharField(), required=False, help_text="With details: names.")
    tags = serializers.ListField(child=serializers.CharField(), required=False, help_text="With details: names.")


class Nearest(PassageExplained):
    title = serializers.CharField()
    url = serializers.CharField()


class Evidence(serializers.Serializer[Any]):
    """Whether anything is near enough to the query to be shown."""

    enough = serializers.BooleanField()
    nearness_floor = serializers.FloatField(allow_null=True, help_text="Null where words alone are compared.")
    coverage_floor = serializers.FloatField(allow_null=True, help_text="What counts then.")
    nearest = Nearest(many=True, help_text="What came nearest, when it was not enough.")


class Weighted(serializers.Serializer[Any]):
    semantic = serializers.FloatField()
    keyword = serializers.FloatField()


class SearchExplained(serializers.Serializer[Any]):
    """What decided the order."""

    mode = serializers.CharField()
    formula = serializers.ChoiceField(["weighted", "rrf"])
    weights = Weighted()
    languages = serializers.ListField(child=serializers.CharField(), help_text="Whose forms of words were looked for.")
    model = serializers.CharField(help_text="The embedding model.")
    index_version = serializers.IntegerField()
    reranked = serializers.BooleanField()
    evidence = Evidence()


class SearchReply(serializers.Serializer[Any]):
    results = Found(many=True, help_text="Best first; empty when nothing on the site is about the query.")
    language = serializers.CharField(help_text="The language the query was read as.")
    degraded = serializers.CharField(
        allow_null=True, help_text="'keyword' without the embedding model, 'rerank' without the reranker."
    )
    cursor = serializers.CharField(allow_null=True, help_text="Send it to get the next page; null when there is none.")
    explain = SearchExplained(required=False)
    checked_at = serializers.CharField(required=False, help_text=CHECKED_AT)
