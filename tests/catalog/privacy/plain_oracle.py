"""The measures as their papers define them, in plain loops over rows: slow and obvious."""

import math
from collections import Counter

WILDCARD, CATEGORY, DISTINCT = "wildcard", "category", "distinct"


def matches(one, other, missing):
    """Whether two keys could be the same person's."""
    if one is other:
        return True
    for a, b in zip(one, other, strict=True):
        if missing == WILDCARD and (a is None or b is None):
            continue
        if missing == DISTINCT and (a is None or b is None):
            return False
        if a != b:
            return False
    return True


def matching_rows(keys, missing):
    """For each row the numbers of the rows that match it."""
    return [[j for j, other in enumerate(keys) if matches(one, other, missing)] for one in keys]


def distinct_l(values):
    return len(set(values))


def entropy(values):
    return -sum(n / len(values) * math.log(n / len(values)) for n in Counter(values).values())


def recursive_level(values, c):
    counts = sorted(Counter(values).values(), reverse=True)
    return max(
        (level for level in range(1, len(counts) + 1) if counts[0] < c * sum(counts[level - 1 :])), default=0
    )


def shares(values, domain):
    counts = Counter(values)
    return [counts[v] / len(values) for v in domain]


def equal_distance(values, table):
    domain = list(dict.fromkeys(table))
    return sum(abs(a - b) for a, b in zip(shares(values, domain), shares(table, domain), strict=True)) / 2


def ordered_distance(values, table):
    domain = sorted(set(table))
    if len(domain) < 2:
        return 0.0
    gap, total = 0.0, 0.0
    for q, p in zip(shares(values, domain), shares(table, domain), strict=True):
        gap += q - p
        total += abs(gap)
    return total / (len(domain) - 1)


def hierarchical_distance(values, table, paths):
    """``paths``: leaf to ancestors, nearest first, the last common to all."""
    height = len(next(iter(paths.values())))
    domain = list(paths)
    extra = {
        leaf: p - q for leaf, p, q in zip(domain, shares(table, domain), shares(values, domain), strict=True)
    }
    nodes = {(leaf,): amount for leaf, amount in extra.items()}
    cost = 0.0
    for level in range(1, height + 1):
        above = {}
        for node, amount in nodes.items():
            leaf = node[0]
            above.setdefault(paths[leaf][level - 1], []).append((leaf, amount))
        nodes = {}
        for children in above.values():
            surplus = sum(max(a, 0) for _, a in children)
            lack = sum(max(-a, 0) for _, a in children)
            cost += min(surplus, lack) * level / height
            nodes[(children[0][0],)] = surplus - lack
    return cost
