"""Tables: CSV, TSV, JSON Lines, JSON lists and Parquet."""
