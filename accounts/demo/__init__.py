"""Agencies and sign-ins of the demo city. None of them is real."""
