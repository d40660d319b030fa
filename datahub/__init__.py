"""Data collection: departments, data items, deliveries, records, the enterprise register."""
