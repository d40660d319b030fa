"""What every app stands on, without a word of any domain."""
