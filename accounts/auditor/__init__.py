"""The auditor's pages: the log read, verified and exported. Nobody else may open them."""
