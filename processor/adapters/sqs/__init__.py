"""Queues on Amazon SQS, standard ones."""
