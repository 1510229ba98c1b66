"""The program as functions on AWS Lambda: a module each, with a `handler`."""
