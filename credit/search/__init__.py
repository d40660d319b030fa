"""How firm names are taken apart and compared: pure text in, pure text out."""
