"""Whether every upgrade runs, and leads to the same schema whichever way it is run."""
