"""Measurements of the work the portal promises, each beside its yardstick: ``python -m bench [names]``.

A module here that defines ``run(scale) -> list[Row]`` is a measurement; ``scale`` is ``small`` or ``large``.
It prepares its own data, in :func:`bench.database.scratch_database`, and takes both figures of a ratio in
the same run.
"""
