"""What a migration does to the rows that are there."""
