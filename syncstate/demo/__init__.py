"""A merchant to look at: goods, a shop that sells them, and a voice that tells what happens."""
