"""Sending of documents to the approved platform, and following them. Off until the merchant switches it on."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from documents.issued.files import content_of
from documents.issued.models import Document, DocumentFile
from outbox.jobs.services import NewJob, enqueue_many
from shop.papers.platforms.addresses import NoAddress, check_address
from shop.papers.platforms.choosing import concerned, rule_of
from shop.papers.platforms.models import DocumentSending, PlatformSettings
from shop.papers.platforms.port import Outgoing, Progress, Rule, Told
from shop.papers.platforms.registry import get_platform, in_use
from shop.payments.port import CallRefused

State = DocumentSending.State
AT_ONCE = 100
# Older documents are left alone, however long the sending stood still.
NO_OLDER_THAN = timedelta(days=90)
# News are asked for again from so long before the last ones: platforms tell them in any order.
AGAIN_FROM = timedelta(days=2)
FOLLOWED_FOR = timedelta(days=400)
# The directory is asked so often about a buyer whom it does not know.
LOOKED_UP_EVERY = timedelta(days=1)
# State from which each progress is taken; an end is never left but for another end.
_BEFORE = {
    Progress.DEPOSITED: (State.SENT,),
    Progress.RECEIVED: (State.SENT, State.DEPOSITED),
    Progress.APPROVED: (State.SENT, State.DEPOSITED, State.RECEIVED),
    Progress.REFUSED: (State.SENT, State.DEPOSITED, State.RECEIVED, State.APPROVED),
    Progress.PAID: (State.SENT, State.DEPOSITED, State.RECEIVED, State.APPROVED),
}


def kind_of_sending(platform: str) -> str:
    return f"send_document_{platform}"


def kind_of_following(platform: str) -> str:
    return f"follow_documents_{platform}"


@transaction.atomic
def choose_documents(*, now: datetime) -> int:
    """Write a sending and its job for each document that is to be sent and has its file, at most 100; return their
    number. Nothing is sent while no platform is in use, nor what was issued before its keys were saved."""
    platform = in_use()
    if platform is None:
        return 0
    row = PlatformSettings.objects.filter(name=platform.name).first()
    if row is None or row.keys_at is None:
        return 0
    issued = Document.objects.filter(
        Exists(DocumentFile.objects.filter(document=OuterRef("pk"), form=DocumentFile.Form.PDF)),
        kind__in=Document.E_INVOICES, issued_at__gte=max(row.keys_at, now - NO_OLDER_THAN), sending__isnull=True,
        order_id__isnull=False, data__buyer_kind__in=("business", "public"),
    )  # fmt: skip
    issued = issued.filter(concerned(voluntary=platform.sends_voluntary())).order_by("pk")
    wanted = [each for each in issued if rule_of(each.data) is not None][:AT_ONCE]
    DocumentSending.objects.bulk_create(
        [DocumentSending(document=each, platform=platform.name, asked_at=now) for each in wanted],
        ignore_conflicts=True,
    )
    enqueue_many(
        NewJob(
            kind=kind_of_sending(platform.name),
            key=f"send_document:{each.pk}",
            payload={"document": each.pk},
            order_id=each.order_id,
        )
        for each in wanted
    )
    return len(wanted)


def send_document(*, document_id: int, now: datetime) -> None:
    """Send a document, unless the platform has it already, or the directory does not know the buyer: then it waits, and
    staff are told. Locks nothing while it waits for answers. Raises Unreachable.

    The platform is asked by the key first: a call before this one may have arrived, and its answer been lost.
    """
    sending = DocumentSending.objects.select_related("document").get(document=document_id)
    platform = get_platform(sending.platform)
    rule = rule_of(sending.document.data) if sending.document.emptied_at is None else None
    if platform is None or rule is None or sending.state != State.WAITING:
        return
    try:
        reference = platform.find(str(sending.key))
        if reference is None:
            check_address(platform, rule, sending.document.data)
            reference = platform.send(_outgoing(sending, rule))
    except NoAddress as lack:
        _change(sending, State.WAITING, now=now, code=lack.code)
        return
    except CallRefused as refusal:
        _change(sending, State.REFUSED, now=now, code=str(refusal)[:20])
        return
    _change(sending, State.SENT, now=now, code="", reference=reference)


@transaction.atomic
def look_up_again(*, now: datetime) -> int:
    """Record the jobs of documents whose buyer the directory did not know a day ago, at most 100; return their
    number. None while their platform is not in use."""
    platform = in_use()
    if platform is None:
        return 0
    due = without_address().filter(platform=platform.name, told_at__lte=now - LOOKED_UP_EVERY)
    wanted = list(due.select_related("document").order_by("told_at", "pk")[:AT_ONCE])
    enqueue_many(
        NewJob(
            kind=kind_of_sending(platform.name),
            key=f"send_document:{each.document_id}:{each.told_at}",
            payload={"document": each.document_id},
            order_id=each.document.order_id,
        )
        for each in wanted
    )
    return len(wanted)


def ask_for_news(*, now: datetime) -> bool:
    """Record a job that asks for news of documents that have not come to an end; tell whether there are any."""
    platforms = _unfinished(now).order_by().values_list("platform", flat=True).distinct()
    names = [name for name in platforms if get_platform(name) is not None]
    enqueue_many(
        NewJob(kind=kind_of_following(name), key=f"follow:{name}:{int(now.timestamp())}", payload={"platform": name})
        for name in names
    )
    return bool(names)


def follow_documents(*, name: str, now: datetime) -> None:
    """Ask a platform for news of what was sent to it, and note them. Raises Unreachable and CallRefused."""
    platform = get_platform(name)
    if platform is None:
        return
    open_ones = _unfinished(now).filter(platform=name)
    for sending in open_ones.filter(state=State.SENT).order_by("pk")[:AT_ONCE]:
        note(platform.fetch(sending.reference), platform=name)
    first = open_ones.order_by("asked_at").first()
    if first is None:
        return
    last = open_ones.exclude(told_at=None).order_by("-told_at").values_list("told_at", flat=True).first()
    since = max(first.asked_at, last - AGAIN_FROM) if last else first.asked_at
    for told in platform.news(since):
        note(told, platform=name)


def note(told: Told, *, platform: str) -> bool:
    """Note news of a document; tell whether they changed its state. News that came before, or come too late, change
    nothing, and neither do those of a document that we have not sent. One statement."""
    if told.progress is None:
        return False
    by = Q(reference=told.reference) if told.reference else Q(document__number=told.number)
    sent = DocumentSending.objects.filter(by, platform=platform, state__in=_BEFORE[told.progress])
    changed = sent.update(state=told.progress, code=told.code[:20], reasons=told.reasons[:120], told_at=told.at)
    return bool(changed)


def refused() -> QuerySet[DocumentSending]:
    """Return the sendings that were refused, and whose document was not taken back by a credit note since."""
    return DocumentSending.objects.filter(state=State.REFUSED, document__corrected_by__isnull=True)


def without_address() -> QuerySet[DocumentSending]:
    """Return the sendings that wait since the directory does not know their buyer."""
    return DocumentSending.objects.filter(state=State.WAITING).exclude(code="")


def needing_attention() -> QuerySet[DocumentSending]:
    return refused() | without_address()


def _unfinished(now: datetime) -> QuerySet[DocumentSending]:
    ends = (State.WAITING, State.REFUSED, State.PAID)
    return DocumentSending.objects.filter(asked_at__gte=now - FOLLOWED_FOR).exclude(state__in=ends)


def _outgoing(sending: DocumentSending, rule: Rule) -> Outgoing:
    document = sending.document
    return Outgoing(
        key=str(sending.key),
        number=document.number,
        rule=rule,
        content=content_of(document, DocumentFile.Form.PDF),
    )


def _change(sending: DocumentSending, state: State, *, now: datetime, **values: str) -> None:
    waiting = DocumentSending.objects.filter(pk=sending.pk, state=State.WAITING)
    waiting.update(state=state, told_at=now, **values)
