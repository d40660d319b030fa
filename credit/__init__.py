"""Enterprise credit cloud: profiles, search, scores, the bank port."""
