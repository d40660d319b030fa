"""The villagers' API: what the mobile pages use, and what a mini-programme may use instead of them."""
