"""The tables of those who ask: keys, what their answers cost and how they came about."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from askpress.models.site import Site


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
    # What was retrieved, best first: document, version, chunk, checksum, scores; never its text.
    passages = models.JSONField()
    # Of each citation: number, chunk, place of the quote, support; how many claims were dropped, and what was wanted of
    # unproven ones.
    checks = models.JSONField()
    usage = models.JSONField()

    class Meta:
        indexes = [
            models.Index("created_at", name="answer_age"),
            models.Index(
                "site", "conversation", "created_at", name="answer_conversation", condition=~Q(conversation="")
            ),
        ]
