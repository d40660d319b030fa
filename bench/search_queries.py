"""What people type, drawn from a register: every kind of query the search promises."""

import random
from collections.abc import Callable

from bench.search_register import Register
from credit.search.pinyin import initials
from credit.search.query import understand
from credit.search.text import fold

PLACES = ("慈溪", "宁波", "cx", "nb")


class Typist:
    """Draws queries of each kind; the same seed types the same."""

    def __init__(self, register: Register, seed: int) -> None:
        self.register, self.rng = register, random.Random(seed)
        self.former = [name for name in register.former_names if name]
        self.kinds: dict[str, Callable[[], str]] = {
            "exact_code": lambda: self.rng.choice(register.codes),
            "code_prefix": lambda: self.rng.choice(register.codes)[: self.rng.randint(10, 15)],
            "two_characters": lambda: self.fragment(self.name(), 2),
            "one_character": lambda: self.fragment(self.name(), 1),
            "four_characters": lambda: self.fragment(self.name(), 4),
            "pinyin": lambda: self.letters(self.rng.randint(2, 6)),
            "mixed": lambda: f"{self.rng.choice(PLACES)} {self.fragment(self.name(), 2)}",
            "letters_and_characters": lambda: f"{self.letters(3)} {self.fragment(self.name(), 2)}",
            "legal_person": lambda: self.rng.choice(register.people),
            "former_name": lambda: self.fragment(self.rng.choice(self.former), 4),
            "full_name": self.name,
            "typo": self.typo,
            "short_name": self.short_name,
        }

    def queries(self, kind: str, number: int) -> list[str]:
        return [self.kinds[kind]() for _ in range(number)]

    def name(self) -> str:
        return self.rng.choice(self.register.names)

    def fragment(self, name: str, length: int) -> str:
        folded = fold(name)
        start = self.rng.randrange(len(folded) - length + 1)
        return folded[start : start + length]

    def letters(self, length: int) -> str:
        reading = initials(fold(self.name()))[0]
        start = self.rng.randrange(len(reading) - length + 1)
        return reading[start : start + length]

    def typo(self) -> str:
        """A name as people type it, its common parts left out, with one character of another firm's."""
        text = understand(self.name()).distinctive
        place = self.rng.randrange(len(text))
        return text[:place] + self.rng.choice(fold(self.name())) + text[place + 1 :]

    def short_name(self) -> str:
        """Place, brand and trade, as people call a firm."""
        return self.rng.choice(("", "慈溪", "宁波")) + self.rng.choice(self.register.short_names)
