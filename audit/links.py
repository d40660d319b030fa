"""Single links of the chain: is this entry genuine, does it follow, and if not, what happened to it?"""

from collections.abc import Iterator
from typing import Any

from foundation import keys

from . import chain
from .contracts import Finding, Kind
from .models import AuditEntry

BATCH = 2000
NEIGHBOURS = 1000
FIELDS = (*chain.CONTENT_FIELDS, "prev_mac", "mac")
Entry = dict[str, Any]


def verify_stretch(after: tuple[int, str], until_seq: int) -> Finding | None:
    """Check the entries after a known good ``(seq, mac)`` up to ``until_seq``; None if all are good."""
    seq, mac = after
    for entry in entries(seq, until_seq):
        finding = check_entry(entry, seq + 1, mac)
        if finding:
            return finding
        seq, mac = entry["seq"], entry["mac"]
    return cut_tail(seq + 1, until_seq) if seq < until_seq else None


def entries(after_seq: int, until_seq: int) -> Iterator[Entry]:
    """Stored entries in order, a batch at a time."""
    while True:
        batch = list(
            AuditEntry.objects.filter(seq__gt=after_seq, seq__lte=until_seq)
            .order_by("seq")
            .values(*FIELDS)[:BATCH]
        )
        yield from batch
        if len(batch) < BATCH:
            return
        after_seq = batch[-1]["seq"]


def check_entry(entry: Entry, expected_seq: int, prev_mac: str) -> Finding | None:
    """What is wrong with one entry, given the one before; None if it is good."""
    if entry["seq"] != expected_seq:
        return Finding(
            expected_seq, Kind.MISSING, f"第 {expected_seq} 条缺失，下一条是第 {entry['seq']} 条。"
        )
    try:
        genuine = keys.same(
            entry["mac"], chain.mac_of(entry["prev_mac"], chain.content_of(entry), entry["key_id"])
        )
    except keys.UnableToUseKeys:
        told = f"第 {expected_seq} 条所用的密钥编号 {entry['key_id']} 不在密钥环中，无法核验。"
        return Finding(expected_seq, Kind.UNKNOWN_KEY, told)
    except ValueError:
        genuine = False
    if genuine and keys.same(entry["prev_mac"], prev_mac):
        return None
    return _explain(entry, prev_mac)


def cut_tail(first: int, last: int) -> Finding:
    return Finding(first, Kind.TAIL_CUT, f"第 {first} 条至第 {last} 条缺失，日志末尾被截去。")


def _explain(entry: Entry, prev_mac: str) -> Finding:
    """Tell apart a changed, an inserted, a moved and a removed entry."""
    seq = entry["seq"]
    written_as = _original_seq(entry)
    if written_as == seq:  # genuine by itself, but it does not follow its neighbour
        return Finding(seq, Kind.REWRITTEN, f"第 {seq} 条与前一条不相连，此前的内容曾被替换。")
    if written_as is not None:
        if written_as > seq and not AuditEntry.objects.filter(mac=entry["prev_mac"]).exists():
            return Finding(seq, Kind.MISSING, f"原第 {seq} 条被删除，其后的条目被重新编号。")
        return Finding(seq, Kind.REORDERED, f"第 {seq} 条原为第 {written_as} 条，顺序被调换。")
    following = AuditEntry.objects.filter(seq=seq + 1).values(*FIELDS).first()
    if following and following["prev_mac"] == prev_mac and _original_seq(following) == seq:
        return Finding(seq, Kind.INSERTED, f"第 {seq} 条是插入的，其后的条目被重新编号。")
    return Finding(seq, Kind.CHANGED, f"第 {seq} 条的内容与校验码不符，曾被改动或伪造。")


def _original_seq(entry: Entry) -> int | None:
    """The number under which the entry was sealed, looked for in its neighbourhood; None if it never was."""
    around = sorted(
        range(max(1, entry["seq"] - NEIGHBOURS), entry["seq"] + NEIGHBOURS),
        key=lambda n: abs(n - entry["seq"]),
    )
    for seq in around:
        try:
            sealed = chain.mac_of(entry["prev_mac"], chain.content_of(entry | {"seq": seq}), entry["key_id"])
        except (keys.UnableToUseKeys, ValueError):
            return None
        if keys.same(sealed, entry["mac"]):
            return seq
    return None
