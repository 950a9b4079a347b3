"""The built-in rules: a folder a family, a file a rule, named after the rule."""
