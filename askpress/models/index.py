"""The tables of the index: documents, versions, chunks, and vectors that were paid for."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from pgvector.django import HalfVectorField

from askpress.models.site import Site


class Document(models.Model):
    """Our row for one post."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    post_id = models.BigIntegerField()
    type = models.TextField()
    url = models.TextField(default="")
    slug = models.TextField(default="")
    title = models.TextField(default="")
    language = models.CharField(max_length=20, default="")
    # Who says so: "askpress", "polylang", "wpml", "yoast", "detected" out of its text; "": nobody.
    language_source = models.CharField(max_length=20, db_default="")
    # The smallest number among its translations and itself; 0 where no plugin says.
    translation_group = models.BigIntegerField(db_default=0)
    # Whether search engines are asked to leave it out; None where no plugin says.
    noindex = models.BooleanField(null=True)
    author = models.BigIntegerField(default=0)
    # The featured image: its number, 0 without one; address and description as the site gives them.
    image = models.BigIntegerField(db_default=0)
    image_url = models.TextField(db_default="")
    image_alt = models.TextField(db_default="")
    categories = ArrayField(models.BigIntegerField(), default=list)
    tags = ArrayField(models.BigIntegerField(), default=list)
    published_at = models.DateTimeField(null=True)
    modified_at = models.DateTimeField(null=True)
    # The post's JSON as we keep it, zlib-compressed: a new chunker never needs WordPress.
    source = models.BinaryField(default=b"")
    # Post.checksum of `source`; "" until the post was read once.
    source_checksum = models.CharField(max_length=64, default="")
    # The cleaned text; chunks are slices of it.
    text = models.TextField(default="")
    # From one sequence over all documents: never used twice, so a cached answer names contents by it.
    version = models.BigIntegerField(default=0)
    # Set when the post is no longer public: out of search at once, purged after a grace period.
    gone_at = models.DateTimeField(null=True)
    # What the site said when it was found gone.
    evidence = models.TextField(default="")
    # "empty", "shortcodes", "noindex": why a public post has no chunks; "plain": cleaned with loss of structure.
    note = models.CharField(max_length=20, default="")
    # Why the last attempt to ingest failed, or "".
    error = models.TextField(default="")
    attempts = models.IntegerField(default=0)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("site", "post_id", name="document_site_post")]
        indexes = [
            models.Index("version", name="document_version"),
            models.Index("site", "url", name="document_url"),
            models.Index("gone_at", name="document_gone", condition=Q(gone_at__isnull=False)),
        ]


class IndexVersion(models.Model):
    """One complete index made by one recipe; the live row is the only truth about the recipe."""

    class State(models.TextChoices):
        BUILDING = "building"
        LIVE = "live"
        # Was live; a rollback may still return to it.
        RETIRED = "retired"
        # Given up: its tables are going or gone, its chunks not yet.
        DROPPING = "dropping"

    state = models.CharField(max_length=10, choices=State.choices)
    provider = models.TextField()
    model = models.TextField()
    dimensions = models.IntegerField()
    chunk_tokens = models.IntegerField()
    overlap_tokens = models.IntegerField()
    cleaner = models.IntegerField()
    chunker = models.IntegerField()
    terms = models.IntegerField()
    # Mean number of lexemes of a chunk, frozen with the first ones: BM25's length normalisation needs it.
    mean_lexemes = models.FloatField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    live_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    # Kind of the index over its vectors, "hnsw" or "ivfflat", and how wide a search in it goes.
    ann = models.CharField(max_length=10, db_default="hnsw")
    ef_search = models.IntegerField(db_default=80)
    probes = models.IntegerField(db_default=1)
    # Rows that IVFFlat's lists were made of; 0 before it was built.
    ann_rows = models.BigIntegerField(db_default=0)
    # While it is built: whether the worker goes on with it by itself, tokens embedded for it, the most that these may
    # cost in US dollars (None: no limit), and why it stands still, or "".
    unattended = models.BooleanField(db_default=False)
    tokens = models.BigIntegerField(db_default=0)
    max_cost = models.FloatField(null=True)
    error = models.TextField(db_default="")
    # What the last probe found (retrieval/probe.py); None before the first.
    recall = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("state", name="index_version_one_live", condition=Q(state="live")),
            models.UniqueConstraint("state", name="index_version_one_building", condition=Q(state="building")),
            models.UniqueConstraint("state", name="index_version_one_retired", condition=Q(state="retired")),
        ]


class Indexed(models.Model):
    """Says which content of a document an index version holds; documents without chunks have a row too."""

    index_version = models.ForeignKey(IndexVersion, on_delete=models.CASCADE)
    document = models.ForeignKey(Document, on_delete=models.CASCADE)
    # SHA-256 of the content that was embedded, with the settings that shape it.
    checksum = models.CharField(max_length=64)
    chunks = models.IntegerField()
    # Document.version of that content: a version whose number lags behind the live one's must be brought up to date.
    content = models.BigIntegerField(db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint("index_version", "document", name="indexed_document")]


class Chunk(models.Model):
    """A stored piece of a document."""

    index_version = models.ForeignKey(IndexVersion, on_delete=models.CASCADE)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, db_index=False)
    position = models.IntegerField()
    # Stable while the text is.
    public_id = models.CharField(max_length=32)
    text = models.TextField()
    headings = ArrayField(models.TextField(), default=list)
    anchor = models.TextField(default="")
    # text == document.text[start:end]; from `fresh` on it is not shared with the chunk before.
    start = models.IntegerField()
    end = models.IntegerField()
    fresh = models.IntegerField()
    token_count = models.IntegerField()
    # Embedding.key of its vector.
    key = models.BinaryField(db_default=b"")

    class Meta:
        constraints = [
            models.UniqueConstraint("document", "index_version", "position", name="chunk_position"),
            models.CheckConstraint(condition=Q(start__lte=F("fresh")) & Q(fresh__lt=F("end")), name="chunk_slice"),
        ]
        indexes = [models.Index("public_id", name="chunk_public_id")]


class Embedding(models.Model):
    """A vector that was paid for once: kept by vector space and text, so that no text is embedded twice."""

    # SHA-256 of the space's name, a zero byte and the embedded text.
    key = models.BinaryField(primary_key=True)
    vector = HalfVectorField()
    created_at = models.DateTimeField(auto_now_add=True)
    # Since when no chunk is known to have it (kept.py); None: one has.
    unused_since = models.DateTimeField(null=True)
