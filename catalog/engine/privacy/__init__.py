"""Privacy of a table: how anonymous it is, and what makes it more so. Frames in, frames and figures out."""
