"""The quiet room where scores are made: arrays and frames in, arrays and frames out.

No Django, no clock, no files, no randomness. Every number that leaves here depends on the arguments alone,
and an enterprise's number depends on that enterprise's facts and on the frozen model alone: scoring it by
itself, in a batch or in any partition gives the same bits.
"""
