"""What a migration that fails leaves behind."""
