"""Text messages: one adapter, so that a gateway can be put in without touching who sends.

``settings.PORTAL_SMS_SENDER`` names a callable ``(phone, text, now) -> None``. The demonstration has none and
keeps its messages for a page of its own; elsewhere a missing gateway is a refusal, never a silent loss.
"""

from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from villages.models import SimulatedMessage

KEPT_MESSAGES = 200


class UnableToSendMessage(RuntimeError):
    """The message cannot be sent; the text is for the user."""


def send_message(phone: str, text: str, *, now: datetime) -> None:
    """Send ``text`` to ``phone`` (digits). Raises :class:`UnableToSendMessage`."""
    path = getattr(settings, "PORTAL_SMS_SENDER", "")
    if path:
        import_string(path)(phone, text, now)
    elif settings.PORTAL_DEMO:
        simulate(phone, text, now)
    else:
        raise UnableToSendMessage("短信通道尚未开通，请使用村管理员发放的绑定码登录。")


def simulate(phone: str, text: str, now: datetime) -> None:
    """Keep the message where the demonstration's page shows it; only the phone's last four digits are kept."""
    SimulatedMessage.objects.create(phone_tail=phone[-4:], text=text[:200], sent_at=now)
    old = SimulatedMessage.objects.values("pk")[KEPT_MESSAGES:]
    SimulatedMessage.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
