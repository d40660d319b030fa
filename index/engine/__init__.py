"""The quiet room where the index is made: arrays and tables in, arrays and tables out.

No Django, no clock, no network, no randomness. The daily index goes through ``scoring`` (frozen fences, integer
scores), ``cube`` (sums per cell and indicator), ``levels`` (cross-section 0-100), ``chain`` (time index),
``missing``, ``contributions``, ``vintages``, ``alerts`` and ``disclosure``. Any other table goes through
``table`` and the modules it names.
"""
