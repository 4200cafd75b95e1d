"""Instruments for connection pools: observers of the server and of the event loop, barriers, load."""
