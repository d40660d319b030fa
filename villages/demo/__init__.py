"""The villages of the demonstration: invented people in Qiaotou's villages, and a year of what they did."""

from .raising import UnableToRaiseVillages, raise_demo

__all__ = ["UnableToRaiseVillages", "raise_demo"]
