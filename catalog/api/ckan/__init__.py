"""CKAN's Action API, version 3, over the catalogue; everyone's client speaks it."""
