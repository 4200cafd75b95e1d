"""How a run is told: findings as text, JSON and JUnit XML; progress while it goes on."""
