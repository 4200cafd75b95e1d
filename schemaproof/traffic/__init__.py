"""What tells how a pool of connections behaves: observers of the server and of the event loop, barriers, loads."""
