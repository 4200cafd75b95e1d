"""What the foreign keys make of a delete, and what the models say that they make of it."""
