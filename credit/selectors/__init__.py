"""What reads in the credit cloud."""
