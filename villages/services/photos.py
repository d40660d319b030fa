"""拍一拍: one to three photos answering a challenge, looked up among the village's of half a year.

Pictures are decoded, turned upright, brought to at most 1600 pixels and stored without their EXIF; its date is kept
apart as a hint that may raise suspicion and never refuses. Near copies are refused, the person may ask for a human
look; alike ones wait for a reviewer, who alone sees the older photo.
"""

import hashlib
import io
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from django.utils import timezone
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from foundation import files
from villages.engine import picture_hash
from villages.engine.picture_hash import Fingerprint, Likeness
from villages.engine.trust import Signs
from villages.models import Activity, Challenge, Piece, Resident, Tap
from villages.models.activities import Mode

from .taps import Finding, TapOrder, UnableToTap, Upload, handles, position_in, presence_at

CHALLENGE_LIFE = timedelta(minutes=5)
COMPARED_DAYS = 180
LARGEST_BYTES = 6 * 1024 * 1024
MOST_PIXELS = 40_000_000
LONGEST_SIDE, SMALL_SIDE = 1600, 320
MOST_PHOTOS = 3
KINDS = {"before": Piece.Kind.BEFORE, "after": Piece.Kind.AFTER}
# JPEG takes MPO with it, which some phones' cameras write.
FORMATS = ("JPEG", "PNG", "WEBP")
# Pictures of the HEIF family: most reviewers' computers open none.
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
HEIF_REMEDY = (
    "这是 HEIC 格式的照片，审核电脑打不开。请直接在页面上拍照；"
    "或在苹果手机“设置—相机—格式”里选“兼容性最佳”，再拍一张。"
)
DHASH_SHIFT = 1 << 12
WEIGHT = {Likeness.SAME: 3, Likeness.NEAR: 2, Likeness.SIMILAR: 1, Likeness.OTHER: 0}


@dataclass(frozen=True)
class Picture:
    """A decoded photo: what is stored, what is compared, and the hint of its EXIF."""

    full: bytes
    small: bytes
    print: Fingerprint
    taken_at: datetime | None

    @property
    def bands(self) -> list[int]:
        shifted = [DHASH_SHIFT + band for band in picture_hash.bands_of(self.print.dhash)]
        return picture_hash.bands_of(self.print.phash) + shifted


@dataclass(frozen=True)
class Twin:
    """The most alike older photo, and how alike."""

    piece: Piece | None = None
    likeness: Likeness = Likeness.OTHER


def issue_challenge(activity: Activity, resident: Resident, *, now: datetime) -> str:
    """A word to be given back with the photos: five minutes, one use, this person, this activity."""
    word = secrets.token_urlsafe(12)
    Challenge.objects.create(
        activity=activity,
        resident=resident,
        digest=_digest(word),
        issued_at=now,
        expires_at=now + CHALLENGE_LIFE,
    )
    return word


@handles(Mode.PHOTOS, Mode.PAIR)
def take_photos(activity: Activity, order: TapOrder, now: datetime) -> Finding:
    """Photos become pieces; the likeness to older ones decides whether they are refused, reviewed or believed."""
    uploads = _checked(activity, order)
    pictures = [read_picture(upload.content) for upload in uploads]
    _refuse_copies_of_each_other(activity, pictures)
    twins = [find_twin(picture, activity, now) for picture in pictures]
    answered = _use_challenge(activity, order, now)
    # A "before" may look like what was there before; only what claims to be new must be new.
    judged = [twin for upload, twin in zip(uploads, twins, strict=True) if upload.name != "before"]
    worst = max((twin.likeness for twin in judged), key=WEIGHT.__getitem__, default=Likeness.OTHER)
    position = position_in(order.body)
    presence, away = presence_at(activity, position)
    gaps = [abs((order.at - p.taken_at).total_seconds()) / 86400 for p in pictures if p.taken_at]
    signs = Signs(
        likeness=worst.value if worst is not Likeness.OTHER else "", has_challenge=answered,
        is_complete=len(pictures) >= activity.photos_wanted, exif_gap_days=max(gaps, default=None),
    )  # fmt: skip
    refused = ("", "")
    if worst in (Likeness.SAME, Likeness.NEAR):
        refused = (
            "duplicate_photo",
            "这张照片与近半年内交过的照片几乎相同，请重新拍摄。如有不同意见，可在记录中申请人工复核。",
        )

    def keep(tap: Tap) -> None:
        for number, (upload, picture, twin) in enumerate(zip(uploads, pictures, twins, strict=True), 1):
            _store(tap, upload, picture, twin, number, answered, now)

    return Finding(
        signs, must_review=True, refused=refused, text=str(order.body.get("text", "")).strip()[:200],
        position=position, presence=presence, distance_m=away, after=keep,
    )  # fmt: skip


def read_picture(content: bytes) -> Picture:
    """Decode and reduce a photo. Raises :class:`UnableToTap` for what is none."""
    if content[4:8] == b"ftyp" and content[8:12] in HEIF_BRANDS:
        raise UnableToTap(HEIF_REMEDY, code="heic")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise UnableToTap("照片像素过大，请用手机直接拍摄。", code="too_large")
            taken_at = _taken_at(opened)
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnableToTap("照片无法打开，请重新拍摄。", code="format") from error
    full = upright.copy()
    full.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    small = upright.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return Picture(_jpeg(full, 85), _jpeg(small, 75), fingerprint_of(upright), taken_at)


def fingerprint_of(picture: Image.Image) -> Fingerprint:
    """Both fingerprints of an upright picture."""
    grey = picture.convert("L")
    nine = np.asarray(grey.resize((9, 8), Image.Resampling.BOX), dtype=np.uint8)
    many = np.asarray(grey.resize((32, 32), Image.Resampling.BOX), dtype=np.uint8)
    return Fingerprint(picture_hash.dhash_of(nine), picture_hash.phash_of(many))


def find_twin(picture: Picture, activity: Activity, now: datetime) -> Twin:
    """The most alike photo of the village's last half year; its bands find it, the distance decides."""
    candidates = Piece.objects.filter(
        village_id=activity.village_id, bands__overlap=picture.bands,
        received_at__gt=now - timedelta(days=COMPARED_DAYS), tap__state__in=("waiting", "counted", "refused"),
    ).only("id", "phash", "dhash", "tap_id")  # fmt: skip
    best = Twin()
    for piece in candidates.order_by("-received_at")[:2000]:
        other = Fingerprint(
            picture_hash.to_unsigned(piece.dhash or 0), picture_hash.to_unsigned(piece.phash or 0)
        )
        likeness = picture_hash.likeness_of(picture.print, other)
        if WEIGHT[likeness] > WEIGHT[best.likeness]:
            best = Twin(piece, likeness)
    return best


def _checked(activity: Activity, order: TapOrder) -> list[Upload]:
    names = ("before", "after") if activity.mode == Mode.PAIR else ("photo1", "photo2", "photo3")
    uploads = [upload for name in names for upload in order.files if upload.name == name]
    if activity.mode == Mode.PAIR and len(uploads) != 2:
        raise UnableToTap("请拍整治前、整治后各一张。", code="photos")
    if len(uploads) < min(activity.photos_wanted, MOST_PHOTOS):
        raise UnableToTap(f"请拍 {activity.photos_wanted} 张照片。", code="photos")
    if any(len(upload.content) > LARGEST_BYTES for upload in uploads):
        raise UnableToTap("单张照片不超过 6 MB。", code="too_large")
    return uploads


def _refuse_copies_of_each_other(activity: Activity, pictures: list[Picture]) -> None:
    for place, one in enumerate(pictures):
        for other in pictures[place + 1 :]:
            if picture_hash.likeness_of(one.print, other.print) in (Likeness.SAME, Likeness.NEAR):
                words = (
                    "整治前后两张照片几乎相同，请重新拍摄。"
                    if activity.mode == Mode.PAIR
                    else "有两张照片几乎相同，请换一张。"
                )
                raise UnableToTap(words, code="same_pair")


def _use_challenge(activity: Activity, order: TapOrder, now: datetime) -> bool:
    """True if the photos answer a live challenge and were taken on the page; it is used up."""
    word = str(order.body.get("challenge", ""))
    if not word:
        return False
    used = Challenge.objects.filter(
        activity=activity, resident=order.resident, digest=_digest(word), used_at__isnull=True, issued_at__lte=now,
        expires_at__gte=min(order.at, now),
    ).update(used_at=now)  # fmt: skip
    return bool(used) and bool(order.body.get("in_page"))


def _store(
    tap: Tap, upload: Upload, picture: Picture, twin: Twin, number: int, answered: bool, now: datetime
) -> None:
    store = files.store()
    full = store.put(io.BytesIO(picture.full), limit_bytes=LARGEST_BYTES)
    small = store.put(io.BytesIO(picture.small), limit_bytes=LARGEST_BYTES)
    Piece.objects.create(
        tap=tap, village_id=tap.village_id, kind=KINDS.get(upload.name, Piece.Kind.PHOTO), number=number,
        digest=full.digest, small_digest=small.digest, mime="image/jpeg", size=full.size,
        dhash=picture_hash.to_signed(picture.print.dhash), phash=picture_hash.to_signed(picture.print.phash),
        bands=picture.bands, exif_taken_at=picture.taken_at, has_challenge=answered, twin=twin.piece,
        twin_likeness=twin.likeness.value if twin.piece else "", received_at=now,
    )  # fmt: skip


def _taken_at(picture: Image.Image) -> datetime | None:
    """EXIF's date, read as local time; None if there is none or it is nonsense."""
    exif = picture.getexif()
    told = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or exif.get(
        ExifTags.Base.DateTime
    )
    try:
        naive = datetime.strptime(str(told), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - made aware below
        return timezone.make_aware(naive).astimezone(UTC)
    except ValueError:
        return None


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()
