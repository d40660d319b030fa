"""Who: agencies, users, roles, sign-in, tokens, inbox."""
