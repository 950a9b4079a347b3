"""From rules to findings: run, collect, accept, compare with a baseline."""
