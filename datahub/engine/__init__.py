"""Pure part of data collection: bytes and arrays in, arrays out; no Django, no clock, no network."""
