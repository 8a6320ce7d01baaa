"""Tools of published benchmarks, as plain Python that runs in a session."""
