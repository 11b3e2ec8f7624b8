"""The tables of the sites we answer for, and what was compared with them."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models


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
    # The categories that it meant when it was made: they stay excluded under another slug, or under none we are told.
    numbers = ArrayField(models.BigIntegerField(), null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("site", "kind", "value", name="exclusion_of_site")]


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


class WebhookSecret(models.Model):
    """What a site signs its webhooks with; two are valid while one replaces the other."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    # "whsec_" and base64: kept readable, since a signature is computed with it.
    secret = models.TextField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Refused from then on; None: valid.
    retired_at = models.DateTimeField(null=True)


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
