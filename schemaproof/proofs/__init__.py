"""What is proved of a history: a folder for each area, with its experiment and its checks."""
