"""What is said of failures."""
