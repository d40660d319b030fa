"""The demonstration city: departments' own files for enterprises that do not exist.

Pure: seeded, no Django, no clock (``as_of`` is an argument). Every number is made up; shares and rates are
assumptions. Credit codes lie in PDY00001-PDY99999, a block that the standard keeps from exchange, so no
code of this city can belong to a real enterprise.
"""
