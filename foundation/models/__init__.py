"""Models of the foundation."""

from .progress import Progress

__all__ = ["Progress"]
