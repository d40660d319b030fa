"""Who gets what at every address of the app; ``tests/url_expectations.py`` says how to write a line."""

from tests.url_expectations import Expectation

EXPECTATIONS: dict[str, Expectation] = {}
