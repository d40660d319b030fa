"""Reading; where rows are restricted the viewer is handed in."""
