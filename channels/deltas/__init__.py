"""Shopify receives, once, the delta of each event that did not come from Shopify."""
