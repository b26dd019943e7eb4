"""Mails that leave in the stand-in world, with the real product in between, and whether they are right."""
