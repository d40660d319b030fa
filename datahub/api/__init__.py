"""The data hub's API: programs of the departments deliver files and read what came of them."""
