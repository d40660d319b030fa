"""说一说: a voice note of at most a minute, or words."""

import io
from datetime import datetime, timedelta

from foundation import files
from villages.engine import sound, speech
from villages.engine.trust import Signs
from villages.models import Activity, Piece, Tap
from villages.models.activities import Mode

from .taps import Finding, TapOrder, UnableToTap, Upload, handles, position_in, presence_at

LONGEST_SECONDS = 60
SLACK_SECONDS = 2
LARGEST_BYTES = 3 * 1024 * 1024
LONGEST_TEXT = 500
COMPARED_DAYS, COMPARED_NOTES = 180, 400


@handles(Mode.NOTE)
def take_note(activity: Activity, order: TapOrder, now: datetime) -> Finding:
    """Voice, words, or both. Empty and copied speech lowers trust; a person reads it anyway."""
    text = str(order.body.get("text", "")).strip()[:LONGEST_TEXT]
    voice = next((upload for upload in order.files if upload.name == "voice"), None)
    if voice is None and not text:
        raise UnableToTap("请先录音，或写几句话。", code="empty")
    if voice is None and speech.says_nothing(text):
        raise UnableToTap("请多写几个字，说说具体的想法。", code="empty")
    mime, seconds = _checked(voice) if voice is not None else ("", None)
    position = position_in(order.body)
    presence, away = presence_at(activity, position)

    def keep(tap: Tap) -> None:
        if voice is not None:
            stored = files.store().put(io.BytesIO(voice.content), limit_bytes=LARGEST_BYTES)
            Piece.objects.create(
                tap=tap, village_id=tap.village_id, kind=Piece.Kind.VOICE, digest=stored.digest, mime=mime,
                size=stored.size, seconds=seconds, received_at=now,
            )  # fmt: skip

    signs = Signs(
        speech_likeness=_nearest(activity, order, text, now) if text else 0.0, seconds_of_voice=seconds
    )
    return Finding(
        signs, must_review=True, text=text, position=position, presence=presence, distance_m=away, after=keep
    )


def _checked(voice: Upload) -> tuple[str, float]:
    """Media type and length, both read from the bytes. Raises :class:`UnableToTap`."""
    if len(voice.content) > LARGEST_BYTES:
        raise UnableToTap("录音文件超过 3 MB，请重录。", code="too_large")
    mime = sound.kind_of_sound(voice.content)
    if mime == sound.AMR:
        raise UnableToTap(
            "AMR 格式的录音在审核电脑上放不出来。请直接在页面上录音，或把录音机的格式改为 M4A、MP3 后重录。",
            code="format",
        )
    seconds = sound.seconds_of(voice.content, mime) if mime else None
    if seconds is None:
        raise UnableToTap("这段录音无法播放，请重录，或改为写字。", code="format")
    if seconds > LONGEST_SECONDS + SLACK_SECONDS:
        raise UnableToTap(f"录音最长 60 秒，这段有 {seconds:.0f} 秒，请重录。", code="too_long")
    return mime, round(seconds, 1)


def _nearest(activity: Activity, order: TapOrder, text: str, now: datetime) -> float:
    """The greatest likeness with what the person, or anybody on this topic, has said."""
    recent = Tap.objects.filter(
        village_id=activity.village_id, received_at__gt=now - timedelta(days=COMPARED_DAYS)
    ).exclude(text="")
    own = recent.filter(resident=order.resident) | recent.filter(activity=activity)
    return max(
        (speech.likeness(text, other) for other in own.values_list("text", flat=True)[:COMPARED_NOTES]),
        default=0,
    )
