"""Faults injected into migrations, and what they leave."""
