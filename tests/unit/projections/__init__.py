"""The folds of the read models: given events, when one more, then these documents."""
