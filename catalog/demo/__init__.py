"""Invented datasets for the demonstration city."""

from .service import raise_demo

__all__ = ["raise_demo"]
