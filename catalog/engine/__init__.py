"""The quiet room: arrays and values in, arrays and values out."""
