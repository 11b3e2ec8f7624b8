"""The tables, no logic. Vectors and terms live in narrow tables made per index version (retrieval/versions.py)."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from pgvector.django import HalfVectorField


class Site(models.Model):
    """The WordPress we answer for."""

    # A short name that stays when the host moves.
    name = models.SlugField(max_length=60, unique=True)
    url = models.TextField()
    api_root = models.TextField(default="")
    title = models.TextField(default="")
    language = models.CharField(max_length=20, default="")
    # Part of every cache key: a new database never revives the answers of an old one.
    instance = models.UUIDField(default=uuid.uuid4, editable=False)
    # Rises with every change of what the site's index holds.
    corpus_version = models.BigIntegerField(default=0)
    # The last complete, believed comparison with the site; None before the first.
    reconciled_at = models.DateTimeField(null=True)
    # Why the last listing was not believed, or "".
    alarm = models.TextField(default="")
    # The newest modified_gmt that a poll has seen, never in the future; None before the first reconciliation.
    polled_until = models.DateTimeField(null=True)
    # "polling": the schedule finds changes; "webhook": the site's plugin tells of them, the schedule is the net.
    mode = models.CharField(max_length=10, db_default="polling")
    # When the last poll that was believed began; None before the first.
    polled_at = models.DateTimeField(null=True)
    # How old what a search finds may be; None: what mode and intervals promise.
    freshness_seconds = models.IntegerField(null=True)
    # Types that are read; None: ASKPRESS_POST_TYPES.
    post_types = ArrayField(models.TextField(), null=True)
    # What tells which posts are noindex, and their languages ("askpress", "yoast", ...); "": nothing does.
    noindex_source = models.TextField(db_default="")
    language_source = models.TextField(db_default="")
    # An application password of its own; kept readable, since it is sent with every request, and never shown.
    wordpress_user = models.TextField(db_default="")
    wordpress_password = models.TextField(db_default="")
    # How long its answers are kept; None: ASKPRESS_ANSWER_CACHE_SECONDS.
    answer_cache_seconds = models.IntegerField(null=True)
    # US dollars its answers may cost a day (UTC); None: ASKPRESS_DAILY_BUDGET_USD.
    daily_budget_usd = models.FloatField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)


class Exclusion(models.Model):
    """What the owner keeps out of the index, though readers may see it."""

    class Kind(models.TextChoices):
        # A pattern of the path of the post's address, such as /private/*.
        URL = "url"
        # The number of a category, or its slug.
        CATEGORY = "category"
        # The number of one post.
        POST = "post"

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("site", "kind", "value", name="exclusion_of_site")]


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


class WebhookSecret(models.Model):
    """What a site signs its webhooks with; two are valid while one replaces the other."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    # "whsec_" and base64: kept readable, since a signature is computed with it.
    secret = models.TextField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Refused from then on; None: valid.
    retired_at = models.DateTimeField(null=True)


class Term(models.Model):
    """A category, tag or author of a site, for filters and display."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    # "category", "tag" or "author"; authors only where the site names them.
    taxonomy = models.CharField(max_length=10)
    term_id = models.BigIntegerField()
    name = models.TextField()
    slug = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint("site", "taxonomy", "term_id", name="term_of_site")]


class Audit(models.Model):
    """One comparison of a site's complete listing with the index."""

    class Verdict(models.TextChoices):
        EQUAL = "equal"
        DIFFERS = "differs"
        INCOMPLETE = "incomplete"

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    # What kind of proof: "listing" compares ids and dates, "deep" contents too.
    proof = models.CharField(max_length=10)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, default="")
    # The four exact sets (sync/sides.py), each a list of {"id": ..., "type": ..., "reason": ...}.
    sets = models.JSONField(default=dict)
    # SHA-256 over the site's and over our side.
    site_digest = models.CharField(max_length=64, default="")
    index_digest = models.CharField(max_length=64, default="")
    # Why it is incomplete, or "".
    reason = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["site", "-started_at"], name="audit_latest")]


class SyncRun(models.Model):
    """One run over a site: what it found and did, written as it goes."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    kind = models.CharField(max_length=20)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    # Posts to look at; None until the listing is complete.
    total = models.IntegerField(null=True)
    done = models.IntegerField(default=0)
    added = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    removed = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    # Tokens that were embedded, and texts whose vectors were already known.
    tokens = models.BigIntegerField(default=0)
    reused = models.IntegerField(default=0)
    # Posts with a reason each: {"failed": {"12": "..."}, "empty": {...}}, at most 100 a reason.
    details = models.JSONField(default=dict)
    error = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["site", "-started_at"], name="sync_run_latest")]


class ApiKey(models.Model):
    """An API key; only its hash is kept."""

    name = models.TextField()
    # First eight characters, for people.
    prefix = models.CharField(max_length=8)
    # SHA-256: the key is 256 random bits, so a slow hash would protect nothing.
    hash = models.BinaryField(unique=True)
    scopes = ArrayField(models.TextField())
    # None: every site.
    sites = ArrayField(models.BigIntegerField(), null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    # US dollars its answers may cost a day (UTC); None: no limit of its own.
    daily_budget_usd = models.FloatField(null=True)


class Spend(models.Model):
    """What a site's or a key's answers have cost on one day (UTC), what runs at the moment included."""

    day = models.DateField()
    # One of the two: a site's answers for whoever asked, or a key's (0: API_KEY of the environment) on any site.
    site = models.ForeignKey(Site, null=True, on_delete=models.CASCADE)
    key = models.BigIntegerField(null=True)
    usd = models.FloatField(db_default=0.0)
    calls = models.IntegerField(db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint("day", "site", "key", name="spend_of_day", nulls_distinct=False)]


class Answer(models.Model):
    """How one answer came about, so that it can be looked at again; purged after ASKPRESS_ANSWER_LOG_DAYS."""

    id = models.UUIDField(primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    # 0: API_KEY of the environment; None: a command.
    key = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # "" unless ASKPRESS_KEEP_QUESTIONS is on; e-mail addresses, phone and card numbers are blacked out.
    question = models.TextField(db_default="")
    # The client's name of a conversation; "" outside of one, and where questions are not kept.
    conversation = models.CharField(max_length=64, db_default="")
    # It rested on earlier turns, so its question alone does not say what was asked.
    follow_up = models.BooleanField(db_default=False)
    language = models.CharField(max_length=20)
    # As in the answer; "" for null.
    code = models.CharField(max_length=40, db_default="")
    degraded = models.CharField(max_length=40, db_default="")
    model = models.TextField()
    # What else it was made with: prompt version, embedding model, floors, versions of index and corpus.
    made_with = models.JSONField()
    # What was retrieved, best first: document, version, chunk, checksum, scores, excerpt it went into; never its text.
    passages = models.JSONField()
    # Of each claim: chunk, place of the quote, support; and how many were dropped.
    checks = models.JSONField()
    usage = models.JSONField()

    class Meta:
        indexes = [
            models.Index("created_at", name="answer_age"),
            models.Index(
                "site", "conversation", "created_at", name="answer_conversation", condition=~Q(conversation="")
            ),
        ]
