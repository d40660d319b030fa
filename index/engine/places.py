"""Reading a definition so that every fault names file, line and key, and says what to do.

The messages are Chinese: whoever writes definitions reads them.
"""

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml


class UnableToReadDefinition(ValueError):
    """The definition breaks a rule; the text names file, line, key and the remedy."""


Lines = dict[tuple[int | str, ...], int]


class _Loader(yaml.SafeLoader):
    """Plain YAML: 2020-12-01 stays text, and so do yes, no, on and off (NO is a country)."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if not tag.endswith((":timestamp", ":bool"))]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|false|True|False)$"), list("tTfF")
)


_STEP_WORDS = ("denominate", "screen", "impute", "treat", "winsorise", "log", "normalise")
_MEANT: dict[str, tuple[str, ...]] = {
    **{word: (f"steps: [{{{word}: ...}}]",) for word in _STEP_WORDS},
    "winsorize": ("winsorise", "steps: [{winsorise: ...}]"),
    "normalize": ("normalise", "steps: [{normalise: ...}]"),
    "normalisation": ("normalise", "steps: [{normalise: ...}]"),
    "normalization": ("normalise", "steps: [{normalise: ...}]"),
    "imputation": ("impute", "steps: [{impute: ...}]"),
    "min": ("goalposts: [下限, 上限]", "range: [下限, 上限]"),
    "max": ("goalposts: [下限, 上限]", "range: [下限, 上限]"),
    "transform": ("scale: ln", "log"),
    "polarity": ("direction",),
    "sign": ("direction",),
    "reverse": ("direction: low",),
    "aggregate": ("tree: {mean: ..., children: [...]}", "mean"),
    "aggregation": ("tree: {mean: ..., children: [...]}", "mean"),
    "method": ("mean",),
    "base": ("reference", "over: base"),
    **{
        method: (f"normalise: {{method: {method}}}",)
        for method in ("minmax", "zscore", "goalposts", "target", "percentile_rank", "borda")
    },
    "skewness": ("skew",),
    "kurt": ("kurtosis",),
}
"""What strangers write instead of our keys; offered where the key named first is allowed."""


@dataclass(frozen=True)
class Place:
    """A value of the definition together with where it stands."""

    value: Any
    path: tuple[int | str, ...] = ()
    source: str = "definition"
    lines: Lines = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """``steps[2].normalise``, as the messages print it."""
        words = [f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in self.path]
        return "".join(words).lstrip(".") or "（整个文件）"

    @property
    def line(self) -> int:
        path = self.path
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fault(self, message: str) -> UnableToReadDefinition:
        return UnableToReadDefinition(f"{self.source} 第 {self.line} 行 {self.name}：{message}")

    def at(self, key: int | str) -> "Place":
        """The child, which must exist."""
        step = str(key) if isinstance(self.value, dict) else key
        return Place(self.value[key], (*self.path, step), self.source, self.lines)

    def has(self, key: str) -> bool:
        return isinstance(self.value, dict) and self.value.get(key) is not None

    def mapping(self, *allowed: str) -> "Place":
        """Itself, after checking that it is a mapping of allowed keys only (any, when none are named)."""
        if not isinstance(self.value, dict):
            expected = f"，可用的键有：{'、'.join(allowed)}" if allowed else ""
            raise self.fault(f"应为“键: 值”的映射{expected}")
        for key in self.value:
            if allowed and key not in allowed:
                near = difflib.get_close_matches(str(key), allowed, n=1)
                meant = next((word for word in _MEANT.get(str(key), ()) if word.split(":")[0] in allowed), "")
                hint = f"，是否应写 {meant}" if meant else f"，是否应为 {near[0]}" if near else ""
                place = Place(self.value[key], (*self.path, str(key)), self.source, self.lines)
                raise place.fault(f"不认识的键 {key}{hint}；可用的键有：{'、'.join(allowed)}")
        return self

    def items(self) -> Iterator[tuple[str, "Place"]]:
        """Key and place of each entry of a mapping."""
        self.mapping()
        for key in self.value:
            yield str(key), self.at(key)

    def entries(self) -> list["Place"]:
        """The places of a list; a single value counts as a list of one."""
        if isinstance(self.value, list):
            return [self.at(place) for place in range(len(self.value))]
        return [self]

    def find(self, key: str) -> "Place | None":
        return self.at(key) if self.has(key) else None

    def need(self, key: str, what: str) -> "Place":
        if not self.has(key):
            raise self.fault(f"缺少 {key}，请写明{what}")
        return self.at(key)

    def text(self) -> str:
        if isinstance(self.value, bool) or not isinstance(self.value, str | int | float):
            raise self.fault("应为文字，请改为一个名称或用引号括起")
        return str(self.value)

    def texts(self) -> list[str]:
        return [entry.text() for entry in self.entries()]

    def number(self, low: float | None = None, high: float | None = None) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.fault(f"应为数字，现为 {self.value!r}")
        value = float(self.value)
        if value != value or (low is not None and value < low) or (high is not None and value > high):
            span = f"{'' if low is None else f'不小于 {low:g}'}{'' if high is None else f' 不大于 {high:g}'}"
            raise self.fault(f"应为{span.strip() or '有限'} 的数字，现为 {self.value}")
        return value

    def integer(self, low: int | None = None, high: int | None = None) -> int:
        value = self.number(low, high)
        if value != int(value):
            raise self.fault(f"应为整数，现为 {self.value}")
        return int(value)

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.fault(f"应为 true 或 false，现为 {self.value!r}")
        return self.value

    def choice(self, *options: str) -> str:
        text = self.text()
        if text not in options:
            near = difflib.get_close_matches(text, options, n=1)
            hint = f"，是否应为 {near[0]}" if near else ""
            raise self.fault(f"不认识 {text}{hint}；可选：{'、'.join(options)}")
        return text

    def pair(self) -> tuple[float, float]:
        """Two numbers: `[0, 100]`, or `{min: 0, max: 100}` (`low` and `high` do too)."""
        if isinstance(self.value, dict):
            for keys in (("min", "max"), ("low", "high")):
                if set(self.value) == set(keys):
                    return self.at(keys[0]).number(), self.at(keys[1]).number()
        entries = self.entries()
        if len(entries) != 2:
            raise self.fault("应为两个数字，如 [0, 100]")
        return entries[0].number(), entries[1].number()

    def numbers(self) -> list[float]:
        return [entry.number() for entry in self.entries()]

    def text_or(self, key: str, default: str) -> str:
        return self.at(key).text() if self.has(key) else default

    def number_or(
        self, key: str, default: float, low: float | None = None, high: float | None = None
    ) -> float:
        return self.at(key).number(low, high) if self.has(key) else default

    def integer_or(self, key: str, default: int, low: int | None = None, high: int | None = None) -> int:
        return self.at(key).integer(low, high) if self.has(key) else default

    def flag_or(self, key: str, default: bool) -> bool:
        return self.at(key).flag() if self.has(key) else default

    def choice_or(self, key: str, default: str, *options: str) -> str:
        return self.at(key).choice(*options) if self.has(key) else default

    def known(self, names: Collection[str], what: str) -> str:
        """A name among those; the fault lists near ones."""
        text = self.text()
        if text not in names:
            near = difflib.get_close_matches(text, list(names), n=3)
            hint = f"，是否应为 {'、'.join(near)}" if near else f"；现有：{'、'.join(list(names)[:12])}"
            raise self.fault(f"没有名为 {text} 的{what}{hint}")
        return text


def read_yaml(text: str, source: str) -> Place:
    """Parse YAML into a place with line numbers. UnableToReadDefinition for bad YAML or a key given twice."""
    lines: Lines = {}
    try:
        root = yaml.compose(text, Loader=_Loader)
        if root is None:
            raise UnableToReadDefinition(f"{source} 第 1 行：定义是空的，请按 docs/index-definition.md 填写")
        _note_lines(root, (), lines, source)
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 (a safe loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise UnableToReadDefinition(
            f"{source} 第 {line} 行：不是正确的 YAML（{error.problem}），请检查缩进、冒号与引号"
        ) from error
    except RecursionError as error:
        raise UnableToReadDefinition(f"{source}：YAML 中的引用（&、*）成环，请改为直接写出") from error
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, UnableToReadDefinition):
            raise
        raise UnableToReadDefinition(f"{source}：不是正确的 YAML（{error}），请检查") from error
    return Place(value, (), source, lines)


def _note_lines(node: yaml.Node, path: tuple[int | str, ...], lines: Lines, source: str) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            word = str(key.value)
            if word in seen:
                raise UnableToReadDefinition(
                    f"{source} 第 {key.start_mark.line + 1} 行：键 {word} 写了两次，请删去一处"
                )
            seen.add(word)
            lines[(*path, word)] = key.start_mark.line + 1
            _note_lines(child, (*path, word), lines, source)
    elif isinstance(node, yaml.SequenceNode):
        for place, child in enumerate(node.value):
            _note_lines(child, (*path, place), lines, source)
