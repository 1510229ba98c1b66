"""The engine's ports on DynamoDB."""
