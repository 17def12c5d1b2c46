"""Measures the gateway beside other ways to answer the same queries from the same data, in one run."""
