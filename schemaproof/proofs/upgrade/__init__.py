"""Whether every upgrade runs, and gives the same schema whichever way it is run."""
