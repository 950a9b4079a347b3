"""From what the rules found to findings: run, collect, accept, compare with a baseline."""
