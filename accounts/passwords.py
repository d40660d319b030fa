"""Password rules. Each refusal has its own reason; ``docs/passwords.md`` says where the rules come from."""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError

from .models import User

WEAK_WORDS_FILE = Path(__file__).with_name("weak_words.txt")
# What must be left of a password once the words everybody guesses are taken out.
LEAST_OWN_LETTERS = 8
LOOKALIKES = str.maketrans(
    {"@": "a", "4": "a", "3": "e", "1": "l", "!": "l", "0": "o", "$": "s", "5": "s", "7": "t"}
)


class LengthRule:
    """At least ``PASSWORD_MIN_LENGTH`` characters."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < settings.PASSWORD_MIN_LENGTH:
            raise ValidationError(self.get_help_text(), code="password_too_short")

    def get_help_text(self) -> str:
        return f"密码至少 {settings.PASSWORD_MIN_LENGTH} 位。"


class ClassesRule:
    """Characters of ``PASSWORD_CLASSES`` of the four classes."""

    def validate(self, password: str, user: Any = None) -> None:
        if _classes(password) < settings.PASSWORD_CLASSES:
            raise ValidationError(self.get_help_text(), code="password_too_uniform")

    def get_help_text(self) -> str:
        wanted = settings.PASSWORD_CLASSES
        if wanted >= 4:
            return "密码须同时包含大写字母、小写字母、数字和符号。"
        return f"密码须包含大写字母、小写字母、数字、符号中的至少 {wanted} 类。"


class OwnNamesRule:
    """The user name is no part of the password, forwards or backwards."""

    def validate(self, password: str, user: Any = None) -> None:
        name = str(getattr(user, "username", "") or "").casefold()
        typed = unicodedata.normalize("NFKC", password).casefold()
        if len(name) >= 3 and (name in typed or name[::-1] in typed):
            raise ValidationError(self.get_help_text(), code="password_like_name")

    def get_help_text(self) -> str:
        return "密码不能包含用户名。"


class WeakWordsRule:
    """Not one of the words, keyboard runs and counting rows that are tried first, nor mostly made of them."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(_without_weak_parts(password)) < LEAST_OWN_LETTERS:
            raise ValidationError(self.get_help_text(), code="password_weak")

    def get_help_text(self) -> str:
        return "密码不能主要由常见词、键盘顺序、连续或重复的字符组成。"


class HistoryRule:
    """None of the last ``PASSWORD_HISTORY`` passwords of this user."""

    def validate(self, password: str, user: Any = None) -> None:
        if not isinstance(user, User) or user.pk is None:
            return
        before = settings.PASSWORD_HISTORY - 1  # the present one is the first of the last five
        used = set(user.password_records.values_list("digest", flat=True)[:before])
        if user.has_usable_password():
            used.add(user.password)
        if any(check_password(password, digest) for digest in used):
            raise ValidationError(self.get_help_text(), code="password_used_before")

    def get_help_text(self) -> str:
        return f"密码不能与最近 {settings.PASSWORD_HISTORY} 次用过的相同。"


def _classes(password: str) -> int:
    kinds = (str.isupper, str.islower, str.isdigit, lambda letter: not letter.isalnum())
    return sum(any(kind(letter) for letter in password) for kind in kinds)


def _without_weak_parts(password: str) -> str:
    """What remains after listed words, runs (abcd, 4321) and repetitions (aaaa) are taken out."""
    plain = unicodedata.normalize("NFKC", password).casefold()
    shortest = ""
    for text in (plain, plain.translate(LOOKALIKES)):
        for word in weak_words():
            text = text.replace(word, "\0")
        rest = _without_runs(text).replace("\0", "")
        shortest = rest if text is plain or not shortest or len(rest) < len(shortest) else shortest
    return shortest


def _without_runs(text: str) -> str:
    """Shorten every run of four or more letters that repeat or count up or down to one letter."""
    kept: list[str] = []
    start = 0
    while start < len(text):
        end = start + 1
        step = ord(text[end]) - ord(text[start]) if end < len(text) else 9
        while end < len(text) and step in (-1, 0, 1) and ord(text[end]) - ord(text[end - 1]) == step:
            end += 1
        if end - start >= 4:
            kept.append(text[start])
            start = end
        else:
            kept.append(text[start])
            start += 1
    return "".join(kept)


@cache
def weak_words() -> tuple[str, ...]:
    """Listed words, longest first."""
    lines = WEAK_WORDS_FILE.read_text(encoding="utf-8").splitlines()
    words = {line.strip().casefold() for line in lines if line.strip() and not line.startswith("#")}
    return tuple(sorted(words, key=lambda word: (-len(word), word)))
