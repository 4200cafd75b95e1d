"""What is said of deletes."""
