"""The ledger in plain Python, one thing at a time: what the set-based functions must equal.

Slow, obvious and without a database. The simulator and the property tests hold its answers and its state
against what the database says.
"""

from .awards import PlainAwards
from .book import PlainAward, PlainCap, PlainHold, Refused
from .corrections import PlainCorrections
from .people import PlainPeople
from .spending import PlainSpending

__all__ = ["PlainAward", "PlainCap", "PlainHold", "PlainLedger", "Refused"]


class PlainLedger(PlainAwards, PlainCorrections, PlainSpending, PlainPeople):
    """One village: its pool, people, households and shops; and a neighbour that people move to."""
