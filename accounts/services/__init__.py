"""What changes people, agencies, rights and notices: one transaction, one verb, one audit event."""
