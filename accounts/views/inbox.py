"""The inbox: what waits, what is new, what is done."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.access import any_signed_in
from accounts.inbox import items_of, mark_read
from accounts.models import InboxItem

from .common import actor, page_of

TABS = {
    "tasks": ("待办", InboxItem.Kind.TASK, True),
    "messages": ("新消息", InboxItem.Kind.MESSAGE, True),
    "done": ("已办", InboxItem.Kind.TASK, False),
    "read": ("已读消息", InboxItem.Kind.MESSAGE, False),
}


@any_signed_in
@never_cache
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    user = actor(request)
    counts = {name: items_of(user, kind, waiting).count() for name, (_, kind, waiting) in TABS.items()}
    tab = request.GET.get("tab", "")
    if tab not in TABS:
        tab = "messages" if counts["messages"] and not counts["tasks"] else "tasks"
    tabs = [
        {"label": label, "url": f"?tab={name}", "count": counts[name], "active": name == tab}
        for name, (label, _, _) in TABS.items()
    ]
    label, kind, waiting = TABS[tab]
    context = {
        "tabs": tabs,
        "tab": tab,
        "label": label,
        "page_obj": page_of(request, items_of(user, kind, waiting)),
        "today": timezone.localdate(),
    }
    return render(request, "accounts/inbox.html", context)


@any_signed_in
@never_cache
@require_GET
def inbox_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Go to what an item is about; a message is read thereby, a task is not done thereby."""
    item = get_object_or_404(InboxItem, pk=pk, user=actor(request))
    mark_read(actor(request), item.pk, timezone.now())
    if item.url and url_has_allowed_host_and_scheme(item.url, None):
        return HttpResponseRedirect(item.url)
    return redirect("accounts:inbox")


@any_signed_in
@require_POST
def inbox_read(request: HttpRequest) -> HttpResponse:
    """Mark one message (``item``) or all of them as read."""
    wanted = request.POST.get("item", "")
    mark_read(actor(request), int(wanted) if wanted.isdecimal() else None, timezone.now())
    return redirect("/inbox/?tab=messages")
