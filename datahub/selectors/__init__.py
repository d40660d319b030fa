"""What reads in the data hub."""
