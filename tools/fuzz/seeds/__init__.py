"""What is damaged: small intact files of every format, drawn anew for each folder."""
